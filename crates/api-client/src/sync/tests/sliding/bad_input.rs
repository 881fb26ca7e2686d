//! Requests that are refused.
use serde_json::{Map, Value, json};

use super::{Connection, PATH, first};
use crate::testing::TestApp;

fn list(change: Value) -> Value {
    let mut body = first(5, 1, json!([]));
    for (key, value) in change.as_object().unwrap() {
        body["lists"]["all"][key] = value.clone();
    }
    body
}

#[tokio::test]
async fn what_has_the_wrong_form_is_refused() {
    for app in TestApp::on_each_engine().await {
        let ada = app.user("ada").await;
        let connection = Connection::new(&ada, "c");
        let bodies = [
            json!({ "lists": [] }),
            json!({ "lists": { "all": [] } }),
            json!({ "lists": { "all": null } }),
            list(json!({ "ranges": [0, 10] })),
            list(json!({ "ranges": [[0]] })),
            list(json!({ "ranges": [[0, 1, 2]] })),
            list(json!({ "ranges": [[-1, 2]] })),
            list(json!({ "ranges": [[0, 1.5]] })),
            list(json!({ "ranges": [["0", "1"]] })),
            list(json!({ "timeline_limit": -1 })),
            list(json!({ "timeline_limit": "1" })),
            list(json!({ "required_state": {} })),
            list(json!({ "required_state": [["m.room.name"]] })),
            list(json!({ "required_state": [["m.room.name", "", ""]] })),
            list(json!({ "required_state": [["m.room.name", null]] })),
            list(json!({ "filters": [] })),
            list(json!({ "filters": { "is_dm": "yes" } })),
            list(json!({ "filters": { "spaces": ["no room"] } })),
            list(json!({ "filters": { "room_types": "m.space" } })),
            json!({ "room_subscriptions": { "no room": { "timeline_limit": 1 } } }),
            json!({ "room_subscriptions": { "!a:b": [] } }),
            json!({ "extensions": [] }),
            json!({ "extensions": { "to_device": { "enabled": 1 } } }),
            json!({ "extensions": { "to_device": [] } }),
            json!({ "extensions": { "to_device": { "enabled": true, "limit": "all" } } }),
            json!({ "extensions": { "typing": { "enabled": true, "rooms": "*" } } }),
            json!({ "txn_id": 5 }),
        ];
        for body in bodies {
            let reply = connection.reply(body.clone(), 0).await;
            assert_eq!(reply.verdict(), "400 M_BAD_JSON", "{body}");
        }
        for (body, verdict) in
            [("[]", "400 M_BAD_JSON"), ("", "400 M_NOT_JSON"), ("{", "400 M_NOT_JSON")]
        {
            let reply = ada.request_raw(http::Method::POST, PATH, body.to_owned()).await;
            assert_eq!(reply.verdict(), verdict, "{body}");
        }
        for query in ["timeout=-1", "timeout=x", "timeout=1.5"] {
            let reply = ada.post(&format!("{PATH}?{query}"), json!({})).await;
            assert_eq!(reply.verdict(), "400 M_INVALID_PARAM", "{query}");
        }
        let reply = ada.post(PATH, json!({ "conn_id": ["a"] })).await;
        assert_eq!(reply.verdict(), "400 M_BAD_JSON");
    }
}

#[tokio::test]
async fn what_is_too_much_is_refused() {
    for app in TestApp::on_each_engine().await {
        let ada = app.user("ada").await;
        let connection = Connection::new(&ada, "c");
        let many =
            |count: usize| -> Vec<String> { (0..count).map(|one| format!("n{one}")).collect() };
        let lists: Map<String, Value> = many(101)
            .into_iter()
            .map(|name| (name, json!({ "timeline_limit": 1, "required_state": [] })))
            .collect();
        let rooms: Map<String, Value> = many(1_001)
            .into_iter()
            .map(|name| (format!("!{name}:example.org"), json!({ "timeline_limit": 1 })))
            .collect();
        let pairs: Vec<_> = many(1_001).into_iter().map(|kind| json!([kind, ""])).collect();
        let bodies = [
            json!({ "lists": lists }),
            json!({ "room_subscriptions": rooms }),
            json!({ "lists": { "n".repeat(256): { "timeline_limit": 1 } } }),
            list(json!({ "required_state": pairs })),
            list(json!({ "ranges": vec![[0, 1]; 101] })),
            list(json!({ "ranges": [[5, 4]] })),
            list(json!({ "filters": { "tags": many(1_001) } })),
            json!({ "txn_id": "x".repeat(256) }),
            json!({ "extensions": { "typing": { "enabled": true, "rooms": many(1_001) } } }),
            json!({ "extensions": { "to_device": { "enabled": true, "since": "x" } } }),
        ];
        for body in bodies {
            let reply = connection.reply(body.clone(), 0).await;
            assert_eq!(reply.verdict(), "400 M_INVALID_PARAM", "{body}");
        }
        let reply = ada.post(PATH, json!({ "conn_id": "x".repeat(256) })).await;
        assert_eq!(reply.verdict(), "400 M_INVALID_PARAM");
        let reply = ada.post(PATH, json!({ "conn_id": "a\u{0}b" })).await;
        assert_eq!(reply.verdict(), "400 M_INVALID_PARAM");
        let body = format!("{{\"x\":\"{}\"}}", "x".repeat(3 << 20));
        let reply = ada.request_raw(http::Method::POST, PATH, body).await;
        assert_eq!(reply.verdict(), "413 M_TOO_LARGE");
    }
}

#[tokio::test]
async fn what_is_only_odd_is_answered() {
    for app in TestApp::on_each_engine().await {
        let ada = app.user("ada").await;
        ada.create_room(json!({})).await;
        let bodies = [
            json!({}),
            json!({ "lists": null, "room_subscriptions": null, "extensions": null, "other": [1] }),
            json!({ "lists": { "": { "timeline_limit": 1 } } }),
            list(json!({ "ranges": null, "filters": null, "slow_get_all_rooms": true })),
            list(json!({ "ranges": [[0, u64::MAX]], "timeline_limit": u64::MAX })),
            list(json!({ "ranges": [[u64::MAX, u64::MAX]] })),
            list(json!({ "filters": { "room_name_like": "x", "is_dm": null } })),
            list(json!({ "required_state": [["", ""], ["*", "$ME"], ["m.room.name", "$LAZY"]] })),
            json!({ "extensions": { "receipts": { "enabled": true, "rooms": ["no room"], "lists": ["?"] } } }),
            json!({ "room_subscriptions": { "!a:b": {} } }),
        ];
        for body in bodies {
            let mut connection = Connection::new(&ada, "c");
            connection.ask(body.clone()).await;
            connection.ask(body).await;
        }
    }
}
