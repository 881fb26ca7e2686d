//! Agreeing to the terms of the server, as clients and people see it.
use config::{Config, Policy, RegistrationMode};
use db::testing::TestDatabase;
use endpoint::testing::Reply;
use http::Method;
use serde_json::{Value, json};

use crate::testing::{TestApp, TestUser, encode};

fn policy(id: &str, version: &str, language: &str) -> Policy {
    Policy {
        id: id.to_owned(),
        version: version.to_owned(),
        language: language.to_owned(),
        name: format!("<{id}> in {language}"),
        url: format!("https://example.org/{id}-{language}"),
    }
}

fn with_terms(config: &mut Config) {
    config.registration.mode = RegistrationMode::Open;
    config.registration.guests = true;
    config.terms.policies =
        vec![policy("tos", "1.2", "en"), policy("tos", "1.2", "fr"), policy("privacy", "2", "en")];
    config.terms.require = true;
    config.server_notices.enabled = true;
}

/// The part of a link behind the server's name.
fn path_of(text: &str) -> String {
    let (_, rest) = text.split_once("/_longhouse/client/v1/terms?").unwrap();
    format!("/_longhouse/client/v1/terms?{}", rest.split_whitespace().next().unwrap())
}

/// Opens the page of a link, and answers its question.
async fn agree(app: &TestApp, link: &str) -> Reply {
    let page = app.get(&path_of(link)).await;
    assert_eq!(page.status, 200);
    assert_eq!(page.headers["content-type"], "text/html; charset=utf-8");
    let html = String::from_utf8(page.body.to_vec()).unwrap();
    assert!(html.contains("&lt;tos&gt; in fr") && !html.contains("<tos>"), "{html}");
    assert!(html.contains("https:&#x2F;&#x2F;example.org&#x2F;privacy-en"), "{html}");
    let field = |name: &str| {
        let start = html.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap();
        start.split('"').next().unwrap().to_owned()
    };
    let form =
        ["user", "signature", "terms"].map(|name| format!("{name}={}", encode(&field(name))));
    let form = form.join("&");
    app.request_raw(Method::POST, "/_longhouse/client/v1/terms", None, form.into()).await
}

fn is_told(sync: &Value) -> bool {
    sync["rooms"]["invite"].as_object().is_some_and(|rooms| !rooms.is_empty())
}

#[tokio::test]
async fn whoever_makes_an_account_agrees_to_the_terms() {
    for app in TestApp::on_each_engine_with(with_terms).await {
        let body = json!({ "username": "alice", "password": "a good password" });
        let asked = app.request(Method::POST, "/register", None, &body).await.json();
        assert_eq!(asked["flows"], json!([{ "stages": ["m.login.terms"] }]));
        let policies = &asked["params"]["m.login.terms"]["policies"];
        assert_eq!(policies["tos"]["version"], "1.2");
        let french = json!({ "name": "<tos> in fr", "url": "https://example.org/tos-fr" });
        assert_eq!(policies["tos"]["fr"], french);
        assert_eq!(policies["privacy"]["en"]["url"], "https://example.org/privacy-en");
        let with = |kind: &str| {
            let mut body = body.clone();
            body["auth"] = json!({ "type": kind, "session": asked["session"] });
            body
        };
        let refused = app.request(Method::POST, "/register", None, &with("m.login.dummy")).await;
        assert_eq!(refused.verdict(), "401 M_UNRECOGNIZED");
        let made = app.request(Method::POST, "/register", None, &with("m.login.terms")).await;
        assert_eq!(made.verdict(), "200", "{}", made.json());
        let db = &app.app.rooms.store().db;
        let alice = app.app.accounts.find_by_name("alice").await.unwrap().unwrap();
        let agreed = store::accepted_policies::of_user(db, alice.user_num).await.unwrap();
        let agreed: Vec<_> = agreed.iter().map(|(policy, _)| policy.name()).collect();
        assert_eq!(agreed, ["privacy 2", "tos 1.2"]);
        let made = made.json();
        let token = made["access_token"].as_str();
        let room = app.request(Method::POST, "/createRoom", token, &json!({})).await;
        assert_eq!(room.verdict(), "200");
        assert_eq!(app.app.notices.tell_of_terms().await.unwrap(), 0);
    }
}

/// What is refused to somebody who has not agreed.
fn refused_requests(user: &TestUser, room: &str, event: &str) -> Vec<(Method, String, Value)> {
    let place = format!("/rooms/{}", encode(room));
    let unstable = "/_matrix/client/unstable/org.matrix.msc4140";
    let member = format!("{place}/state/m.room.member/{}", encode(user.id.as_str()));
    let carol = json!({ "user_id": "@carol:example.org" });
    vec![
        (Method::PUT, format!("{place}/send/m.room.message/x"), json!({ "body": "x" })),
        (Method::PUT, format!("{place}/state/m.room.topic/"), json!({ "topic": "x" })),
        (Method::PUT, member, json!({ "membership": "join" })),
        (Method::PUT, format!("{place}/redact/{}/x", encode(event)), json!({})),
        (
            Method::PUT,
            format!("{unstable}{place}/delayed_event/m.room.message/x"),
            json!({ "delay": 1, "content": {} }),
        ),
        (Method::POST, format!("{place}/join"), json!({})),
        (Method::POST, format!("/join/{}", encode(room)), json!({})),
        (Method::POST, format!("/knock/{}", encode(room)), json!({})),
        (Method::POST, format!("{place}/invite"), carol.clone()),
        (Method::POST, format!("{place}/kick"), carol.clone()),
        (Method::POST, format!("{place}/ban"), carol.clone()),
        (Method::POST, format!("{place}/unban"), carol),
        (Method::POST, format!("{place}/upgrade"), json!({ "new_version": "11" })),
        (Method::POST, "/createRoom".to_owned(), json!({})),
    ]
}

#[tokio::test]
async fn whoever_has_not_agreed_reads_and_leaves_but_does_not_send() {
    for app in TestApp::on_each_engine_with(with_terms).await {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let link = app.app.accounts.terms_link(&bob.id).await.unwrap();
        assert_eq!(agree(&app, &link).await.status, 200);
        let room = bob.create_room(json!({ "preset": "public_chat" })).await;
        let event = bob.say(&room, "hello").await;
        let room_id = protocol::ids::RoomId::parse(&room).unwrap();
        app.app.rooms.join(&alice.id, &room_id, None).await.unwrap();
        for (method, path, body) in refused_requests(&alice, &room, &event) {
            let reply = alice.request(method.clone(), &path, &body).await;
            assert_eq!(reply.verdict(), "403 M_CONSENT_NOT_GIVEN", "{method} {path}");
            let reply = reply.json();
            let link = reply["consent_uri"].as_str().unwrap();
            assert!(reply["error"].as_str().unwrap().contains(link), "{reply}");
        }
        let place = format!("/rooms/{}", encode(&room));
        assert_eq!(alice.get("/sync").await.verdict(), "200");
        assert_eq!(alice.get(&format!("{place}/messages?dir=b")).await.verdict(), "200");
        let topic = json!({ "displayname": "A" });
        let name = format!("/profile/{}/displayname", encode(alice.id.as_str()));
        assert_eq!(alice.put(&name, topic).await.verdict(), "200");
        // The room in which the server says so can be joined, and any room can be left.
        assert_eq!(app.app.notices.tell_of_terms().await.unwrap(), 1);
        let sync = alice.get("/sync").await.json();
        let (told, _) = sync["rooms"]["invite"].as_object().unwrap().iter().next().unwrap();
        alice.join(told).await;
        let member = format!("{place}/state/m.room.member/{}", encode(alice.id.as_str()));
        assert_eq!(alice.put(&member, json!({ "membership": "leave" })).await.verdict(), "200");
        let messages = format!("/rooms/{}/messages?dir=b", encode(told));
        let messages = alice.get(&messages).await.json();
        let notice = messages["chunk"].as_array().unwrap();
        let notice = notice.iter().find(|event| event["type"] == "m.room.message").unwrap();
        let text = notice["content"]["body"].as_str().unwrap().to_owned();
        assert_eq!(agree(&app, &text).await.status, 200);
        alice.join(&room).await;
        alice.say(&room, "I have agreed").await;
    }
}

#[tokio::test]
async fn guests_have_to_agree_and_are_told_only_if_that_is_wanted() {
    for wanted in [false, true] {
        let settings = |config: &mut Config| {
            with_terms(config);
            config.terms.notify_guests = wanted;
        };
        for app in TestApp::on_each_engine_with(settings).await {
            let bob = app.user("bob").await;
            let link = app.app.accounts.terms_link(&bob.id).await.unwrap();
            agree(&app, &link).await;
            let state = json!([{
                "type": "m.room.guest_access", "content": { "guest_access": "can_join" },
            }]);
            let options = json!({ "preset": "public_chat", "initial_state": state });
            let room = bob.create_room(options).await;
            let made = app.request(Method::POST, "/register?kind=guest", None, &json!({})).await;
            let made = made.json();
            let token = made["access_token"].as_str();
            let path = format!("/rooms/{}/join", encode(&room));
            let refused = app.request(Method::POST, &path, token, &json!({})).await;
            assert_eq!(refused.verdict(), "403 M_CONSENT_NOT_GIVEN");
            assert_eq!(app.app.notices.tell_of_terms().await.unwrap(), u64::from(wanted));
            let link = refused.json()["consent_uri"].as_str().unwrap().to_owned();
            agree(&app, &link).await;
            let joined = app.request(Method::POST, &path, token, &json!({})).await;
            assert_eq!(joined.verdict(), "200", "{}", joined.json());
        }
    }
}

#[tokio::test]
async fn a_link_is_for_one_user_and_asks_for_what_counts_now() {
    for app in TestApp::on_each_engine_with(with_terms).await {
        let alice = app.user("alice").await;
        let path = "/_longhouse/client/v1/terms";
        for query in ["", "?user=%40alice%3Aexample.org", "?signature=a"] {
            assert_eq!(app.get(&format!("{path}{query}")).await.status, 400, "{query}");
        }
        let link = path_of(&app.app.accounts.terms_link(&alice.id).await.unwrap());
        for wrong in [link.replace("alice", "bob"), format!("{link}0")] {
            assert_eq!(app.get(&wrong).await.status, 400, "{wrong}");
            let form = wrong.split_once('?').unwrap().1.to_owned() + "&terms=x";
            let reply = app.request_raw(Method::POST, path, None, form.into()).await;
            assert_eq!(reply.status, 400, "{wrong}");
        }
        let older = link.split_once('?').unwrap().1.to_owned() + "&terms=older";
        let reply = app.request_raw(Method::POST, path, None, older.into()).await;
        assert_eq!(reply.status, 409);
        assert!(String::from_utf8_lossy(&reply.body).contains("<form"));
        assert_eq!(agree(&app, &link).await.status, 200);
        let page = app.get(&link).await;
        assert!(!String::from_utf8_lossy(&page.body).contains("<form"), "it was answered");
    }
}

/// A server on this database with this version of its terms.
async fn start(database: TestDatabase, version: &str) -> TestApp {
    TestApp::start(database, |config| {
        config.server_notices.enabled = true;
        config.terms.policies = vec![policy("tos", version, "en")];
    })
    .await
}

#[tokio::test]
async fn everybody_who_is_there_is_told_of_each_version_once() {
    for database in db::testing::engines().await {
        let app = start(database, "1").await;
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let notices = &app.app.notices;
        assert_eq!(notices.tell_of_terms().await.unwrap(), 0, "nobody has used the server");
        assert!(!is_told(&alice.get("/sync").await.json()));
        assert_eq!(notices.tell_of_terms().await.unwrap(), 1);
        assert!(is_told(&alice.get("/sync").await.json()));
        assert!(!is_told(&bob.get("/sync").await.json()));
        // Both are there now, and one has been told.
        assert_eq!(notices.tell_of_terms().await.unwrap(), 1);
        assert_eq!(notices.tell_of_terms().await.unwrap(), 0);
        // Sending is not kept from anybody unless that is configured.
        let room = bob.create_room(json!({})).await;
        bob.say(&room, "hello").await;
    }
}
