//! `longhouse room` and `longhouse notice`, on a node with people in rooms.
use serde_json::{Value, json};

use crate::{
    http::Client,
    node::{Node, text},
};

const PASSWORD: &str = "a good password";

/// What a command prints with `--json`.
fn told(node: &Node, arguments: &[&str]) -> Value {
    let output = node.command(&[&["--json"], arguments].concat()).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn client(node: &Node, name: &str) -> Client {
    let file = node.file("password", PASSWORD);
    told(node, &["user", "create", name, "--password-file", &file]);
    Client::log_in(&node.address, name, PASSWORD)
}

/// A public room with `messages`, by its id and the ids of what was said.
fn room_of(client: &Client, messages: u32) -> (String, Vec<String>) {
    let room = json!({ "preset": "public_chat", "name": "Tea", "room_alias_name": "tea" });
    let (status, made) = client.call("POST", "/createRoom", &room);
    assert_eq!(status, 200, "{made}");
    let room = made["room_id"].as_str().unwrap().to_owned();
    let say = |number: u32| {
        let path = format!("/rooms/{}/send/m.room.message/{number}", room.replace('!', "%21"));
        let content = json!({ "msgtype": "m.text", "body": number.to_string() });
        client.call("PUT", &path, &content).1["event_id"].as_str().unwrap().to_owned()
    };
    let said = (0..messages).map(say).collect();
    (room, said)
}

#[test]
fn a_room_is_found_blocked_purged_and_deleted() {
    let node = Node::start(&[]);
    let (alice, bob) = (client(&node, "alice"), client(&node, "bob"));
    let (room, said) = room_of(&alice, 3);
    let listed = told(&node, &["room", "list"]);
    assert_eq!(listed["rooms"][0]["room_id"], room.as_str());
    let shown = told(&node, &["room", "show", "#tea:localhost"]);
    assert_eq!((&shown["name"], &shown["joined"]), (&json!("Tea"), &json!(1)));

    told(&node, &["room", "block", &room, "--message", "closed for today"]);
    let (status, refused) = bob.call("POST", "/join/%23tea%3Alocalhost", &json!({}));
    assert_eq!((status, &refused["errcode"]), (403, &json!("M_FORBIDDEN")));
    assert!(refused["error"].as_str().unwrap().contains("closed for today"), "{refused}");
    told(&node, &["room", "unblock", &room]);
    assert_eq!(bob.call("POST", "/join/%23tea%3Alocalhost", &json!({})).0, 200);

    let unconfirmed = node.command(&["room", "purge", &room, "--before", &said[2]]).output();
    assert_eq!(unconfirmed.unwrap().status.code(), Some(2), "without a terminal it needs --yes");
    let wrong = node.command(&["room", "purge", &room, "--before", "yesterday", "--yes"]).output();
    let wrong = wrong.unwrap();
    assert_eq!(wrong.status.code(), Some(2));
    assert!(text(&wrong.stderr).contains("2026-01-31"), "{}", text(&wrong.stderr));
    let purged = told(&node, &["room", "purge", &room, "--before", &said[2], "--yes"]);
    assert_eq!((&purged["status"], &purged["done"]), (&json!("done"), &json!(2)));
    let path = format!("/rooms/{}/messages?dir=b", room.replace('!', "%21"));
    let (_, left) = alice.call("GET", &path, &Value::Null);
    let bodies: Vec<&str> = left["chunk"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|event| event["content"]["body"].as_str())
        .collect();
    assert_eq!(bodies, ["2"]);

    let deleted = told(&node, &["room", "delete", &room, "--block", "--yes"]);
    assert_eq!(deleted["kind"], "delete");
    let (_, joined) = bob.call("GET", "/joined_rooms", &Value::Null);
    assert_eq!(joined["joined_rooms"], json!([]));
    let shown = told(&node, &["room", "show", &room]);
    assert_eq!((&shown["blocked"], &shown["known"]), (&json!(true), &json!(false)));
    let jobs = told(&node, &["room", "jobs"]);
    let kinds: Vec<&str> =
        jobs["jobs"].as_array().unwrap().iter().filter_map(|job| job["kind"].as_str()).collect();
    assert_eq!(kinds, ["delete", "purge"]);
}

#[test]
fn a_user_is_told_something_in_the_servers_name() {
    let node = Node::start_with(
        &[
            ("LONGHOUSE_SERVER_NOTICES__ENABLED", "true"),
            ("LONGHOUSE_SERVER_NOTICES__AUTO_JOIN", "true"),
        ],
        &[],
    );
    let alice = client(&node, "alice");
    let sent = told(&node, &["notice", "send", "alice", "We move on Sunday."]);
    assert_eq!(sent["user_id"], "@alice:localhost");
    let (_, rooms) = alice.call("GET", "/joined_rooms", &Value::Null);
    let room = rooms["joined_rooms"][0].as_str().unwrap().replace('!', "%21");
    let (_, said) =
        alice.call("GET", &format!("/rooms/{room}/messages?dir=b&limit=1"), &Value::Null);
    assert_eq!(said["chunk"][0]["content"]["body"], "We move on Sunday.");
    assert_eq!(said["chunk"][0]["sender"], "@server:localhost");
    let nobody = node.command(&["notice", "send", "nobody", "hello"]).output().unwrap();
    assert_eq!(nobody.status.code(), Some(1));
    assert!(!nobody.stderr.is_empty());
}

#[test]
fn a_node_without_notices_says_so() {
    let node = Node::start(&[]);
    client(&node, "alice");
    let refused = node.command(&["notice", "send", "alice", "hello"]).output().unwrap();
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("[server_notices]"), "{}", text(&refused.stderr));
}
