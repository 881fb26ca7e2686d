//! F11: JSON that nests deeper than anybody needs never reaches the end of a stack, at any endpoint.
use endpoint::{Endpoint, body};
use http::Method;
use serde_json::{Value, json};

use crate::{
    ENDPOINTS,
    testing::{TestApp, TestUser, encode},
};

/// What tokio's worker threads have.
const STACK_BYTES: usize = 2 << 20;

/// An object with `depth` arrays or objects inside each other.
fn nested(depth: usize, open: &str, close: &str) -> Vec<u8> {
    let (open, close) = (open.repeat(depth), close.repeat(depth));
    // At places where some endpoint looks, and where none does.
    format!(r#"{{"x":{open}1{close},"filter":{open}1{close},"auth":{open}1{close}}}"#).into_bytes()
}

fn fill(endpoint: &Endpoint, user: &TestUser, room: &str, event: &str) -> String {
    let path = endpoint::testing::fill_path(endpoint.path(), |name| match name {
        "room" | "room_or_alias" => encode(room),
        "event" => encode(event),
        "user" => encode(user.id.as_str()),
        "alias" => encode("#x:example.org"),
        "kind" if endpoint.path().contains("/receipt/") => "m.read".to_owned(),
        "field" => "displayname".to_owned(),
        _ => "x".to_owned(),
    });
    path + "?version=1"
}

async fn nest_everywhere() {
    for app in TestApp::on_each_engine().await {
        let user = app.user("alice").await;
        let room = user.create_room(json!({})).await;
        let event = user.say(&room, "hello").await;
        let (mut faults, mut read) = (Vec::new(), 0);
        let reads_json =
            |endpoint: &&Endpoint| !matches!(endpoint.body_bytes_max, body::NONE | body::STREAMED);
        for (number, endpoint) in ENDPOINTS.iter().filter(reads_json).enumerate() {
            // Some endpoints end sessions.
            let user = app.user(&format!("user{number}")).await;
            let path = fill(endpoint, &user, &room, &event);
            let method: Method = endpoint.method.as_str().parse().unwrap();
            // Some endpoints need no body, and some refuse the made-up path before they look at it.
            let probe = user.request_raw(method.clone(), &path, "no JSON").await.verdict();
            let is_read = probe == "400 M_NOT_JSON";
            read += usize::from(is_read);
            for depth in [10, 128, 10_000, 1_000_000] {
                for (open, close) in [("[", "]"), (r#"{"x":"#, "}"), ("[", "")] {
                    let reply = user.request_raw(method.clone(), &path, nested(depth, open, close));
                    let verdict = reply.await.verdict();
                    let refused = ["400 M_BAD_JSON", "400 M_NOT_JSON", "413 M_TOO_LARGE"];
                    let is_right = depth == 10 || refused.contains(&verdict.as_str());
                    if verdict.starts_with('5') || (is_read && !is_right) {
                        faults.push(format!("{method} {path}: {verdict} at depth {depth}"));
                    }
                }
            }
        }
        for path in ["messages?dir=b&filter=", "context/{event}?filter="] {
            let path = path.replace("{event}", &encode(&event));
            // An address has less than 64 KiB.
            for depth in [128, 10_000] {
                let filter = encode(&format!("{}{}", "[".repeat(depth), "]".repeat(depth)));
                let reply = user.get(&format!("/rooms/{}/{path}{filter}", encode(&room))).await;
                if reply.verdict() != "400 M_INVALID_PARAM" {
                    faults.push(format!("{path}: {} at depth {depth}", reply.verdict()));
                }
            }
        }
        assert_eq!(faults, Vec::<String>::new());
        assert!(read > 40, "{read} endpoints read a body");
        assert_eq!(
            user.get("/account/whoami").await.json()["user_id"],
            Value::from(user.id.as_str())
        );
    }
}

#[test]
fn no_depth_of_json_reaches_the_end_of_a_stack() {
    let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(nest_everywhere());
    });
    thread.unwrap().join().unwrap();
}
