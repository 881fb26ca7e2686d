use http::Method;
use serde_json::json;

use crate::testing::{TestApp, encode};

/// Nothing of what follows is stored, and nothing breaks: the room afterwards has the events that it had before.
#[tokio::test]
async fn what_is_no_event_is_refused_with_the_right_code_and_leaves_nothing() {
    for app in TestApp::on_each_engine().await {
        let alice = app.user("alice").await;
        let room = alice.create_room(json!({})).await;
        alice.say(&room, "the last").await;
        let send = format!("/rooms/{}/send/m.room.message/t", encode(&room));
        let long = format!(r#"{{"body":"{}"}}"#, "x".repeat(66_000));
        let huge = format!(r#"{{"body":"{}"}}"#, "x".repeat(300_000));
        let deep = format!(r#"{{"a":{}1{}}}"#, "[".repeat(200_000), "]".repeat(200_000));
        let nested = format!(r#"{{"a":{}1{}}}"#, "[".repeat(200), "]".repeat(200));
        let cases: [(&[u8], &str); 16] = [
            (b"", "400 M_NOT_JSON"),
            (b"{", "400 M_NOT_JSON"),
            (b"{} {}", "400 M_NOT_JSON"),
            (b"{\"a\":\"\xff\"}", "400 M_NOT_JSON"),
            (br#"{"a":"\ud800"}"#, "400 M_NOT_JSON"),
            (b"[]", "400 M_BAD_JSON"),
            (b"null", "400 M_BAD_JSON"),
            (br#"{"a":1.5}"#, "400 M_BAD_JSON"),
            (br#"{"a":1e3}"#, "400 M_BAD_JSON"),
            (br#"{"a":9007199254740992}"#, "400 M_BAD_JSON"),
            (br#"{"a":99999999999999999999999}"#, "400 M_BAD_JSON"),
            (br#"{"a":1,"a":2}"#, "400 M_BAD_JSON"),
            (nested.as_bytes(), "400 M_BAD_JSON"),
            (deep.as_bytes(), "413 M_TOO_LARGE"),
            (long.as_bytes(), "413 M_TOO_LARGE"),
            (huge.as_bytes(), "413 M_TOO_LARGE"),
        ];
        for (body, expected) in cases {
            let reply = alice.request_raw(Method::PUT, &send, body.to_vec()).await;
            let shown = String::from_utf8_lossy(&body[..body.len().min(40)]).into_owned();
            assert_eq!(reply.verdict(), expected, "{shown}: {}", reply.json());
        }
        for (path, expected) in [
            (format!("/rooms/{}/send/{}/t", encode(&room), "x".repeat(256)), "413 M_TOO_LARGE"),
            (format!("/rooms/{}/state/m.x/{}", encode(&room), "x".repeat(256)), "413 M_TOO_LARGE"),
            (format!("/rooms/{}/send/m.x/%ff", encode(&room)), "400 M_INVALID_PARAM"),
            (format!("/rooms/!{}:example.org/send/m.x/t", "x".repeat(300)), "400 M_INVALID_PARAM"),
        ] {
            let reply = alice.put(&path, json!({})).await;
            assert_eq!(reply.verdict(), expected, "{path}: {}", reply.json());
        }
        let page =
            alice.get(&format!("/rooms/{}/messages?dir=b&limit=1", encode(&room))).await.json();
        assert_eq!(page["chunk"][0]["content"]["body"], "the last");
    }
}

#[tokio::test]
async fn queries_are_checked() {
    for app in TestApp::on_each_engine().await {
        let alice = app.user("alice").await;
        let room = encode(&alice.create_room(json!({})).await);
        for (query, expected) in [
            ("", "400 M_MISSING_PARAM"),
            ("dir=x", "400 M_INVALID_PARAM"),
            ("dir=b&limit=-1", "400 M_INVALID_PARAM"),
            ("dir=b&limit=99999999999", "400 M_INVALID_PARAM"),
            ("dir=b&limit=4294967295", "200"),
            ("dir=b&limit=0", "200"),
            ("dir=b&from=yesterday", "400 M_INVALID_PARAM"),
            ("dir=b&from=t99_1", "400 M_INVALID_PARAM"),
            ("dir=b&filter=nonsense", "400 M_INVALID_PARAM"),
            ("dir=b&filter=%7B%22limit%22%3A%22x%22%7D", "400 M_INVALID_PARAM"),
            ("dir=b&to=", "400 M_INVALID_PARAM"),
        ] {
            let reply = alice.get(&format!("/rooms/{room}/messages?{query}")).await;
            assert_eq!(reply.verdict(), expected, "{query}: {}", reply.json());
        }
    }
}
