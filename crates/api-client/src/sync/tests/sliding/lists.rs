//! Lists: their order, their windows, their filters.
use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Connection, first, named, told};
use crate::testing::{TestApp, TestUser, encode};

async fn set_direct(user: &TestUser, content: Value) {
    let path = format!("/user/{}/account_data/m.direct", encode(user.id.as_str()));
    assert_eq!(user.put(&path, content).await.verdict(), "200");
}

async fn rooms(user: &TestUser, names: &[&str]) -> Vec<String> {
    let mut rooms = Vec::new();
    for name in names {
        rooms.push(user.create_room(named(name)).await);
    }
    rooms
}

#[tokio::test]
async fn a_window_has_the_most_recent_rooms_and_grows() {
    for app in TestApp::on_each_engine().await {
        let ada = app.user("ada").await;
        let rooms = rooms(&ada, &["zero", "one", "two", "three"]).await;
        ada.say(&rooms[1], "now I am the first").await;
        let mut connection = Connection::new(&ada, "c");

        let answer = connection.ask(first(2, 1, json!([]))).await;
        assert_eq!(answer["lists"]["all"]["count"], 4);
        let expected: BTreeSet<&str> = [&*rooms[1], &*rooms[3]].into();
        assert_eq!(told(&answer).into_iter().collect::<BTreeSet<_>>(), expected);

        // Only the rooms that were not told before.
        let answer = connection.ask(first(10, 1, json!([]))).await;
        let expected: BTreeSet<&str> = [&*rooms[0], &*rooms[2]].into();
        assert_eq!(told(&answer).into_iter().collect::<BTreeSet<_>>(), expected);
        assert!(told(&connection.ask(first(10, 1, json!([]))).await).is_empty());

        // A room that nobody sees for now is told once it comes into the window.
        let body = || {
            json!({ "lists": {
            "top": { "ranges": [[0, 0]], "timeline_limit": 1, "required_state": [] },
        } })
        };
        assert!(told(&connection.ask(body()).await).is_empty());
        ada.say(&rooms[0], "hello").await;
        assert_eq!(told(&connection.ask(body()).await), [&*rooms[0]]);
    }
}

#[tokio::test]
async fn several_ranges_and_lists_are_told_together() {
    for app in TestApp::on_each_engine().await {
        let ada = app.user("ada").await;
        let rooms = rooms(&ada, &["zero", "one", "two", "three"]).await;
        let body = json!({ "lists": {
            "ends": { "ranges": [[0, 0], [3, 7]], "timeline_limit": 0, "required_state": [] },
            "first": { "ranges": [[0, 0]], "timeline_limit": 5, "required_state": [["m.room.name", ""]] },
            "nothing": { "ranges": [], "timeline_limit": 5, "required_state": [] },
        } });
        let answer = Connection::new(&ada, "c").ask(body).await;
        let expected: BTreeSet<&str> = [&*rooms[3], &*rooms[0]].into();
        assert_eq!(told(&answer).into_iter().collect::<BTreeSet<_>>(), expected);
        for list in ["ends", "first", "nothing"] {
            assert_eq!(answer["lists"][list]["count"], 4);
        }
        // What is in two lists gets what either wants.
        assert_eq!(answer["rooms"][&rooms[3]]["timeline"].as_array().unwrap().len(), 5);
        assert_eq!(super::keys(&answer, &rooms[3]).len(), 1);
        assert_eq!(answer["rooms"][&rooms[0]]["timeline"], json!([]));
    }
}

#[tokio::test]
async fn filters_choose_rooms() {
    for app in TestApp::on_each_engine().await {
        let (ada, bob) = (app.user("ada").await, app.user("bob").await);
        let plain = ada.create_room(named("plain")).await;
        let encrypted = ada
            .create_room(json!({ "initial_state": [{
                "type": "m.room.encryption",
                "content": { "algorithm": "m.megolm.v1.aes-sha2" },
            }] }))
            .await;
        let space = ada.create_room(json!({ "creation_content": { "type": "m.space" } })).await;
        let child = format!("/rooms/{}/state/m.space.child/{}", encode(&space), encode(&plain));
        assert_eq!(ada.put(&child, json!({ "via": ["example.org"] })).await.verdict(), "200");
        let invite = bob.create_room(json!({ "invite": [ada.id] })).await;
        set_direct(&ada, json!({ "@bob:example.org": [encrypted], "@x:y": "nonsense" })).await;
        let tag =
            format!("/user/{}/rooms/{}/tags/m.favourite", encode(ada.id.as_str()), encode(&plain));
        assert_eq!(ada.put(&tag, json!({})).await.verdict(), "200");

        let cases = [
            (json!({}), vec![&plain, &encrypted, &space, &invite]),
            (json!({ "is_invite": null }), vec![&plain, &encrypted, &space, &invite]),
            (json!({ "is_dm": true }), vec![&encrypted]),
            (json!({ "is_dm": false }), vec![&plain, &space, &invite]),
            (json!({ "is_encrypted": true }), vec![&encrypted]),
            (json!({ "is_encrypted": false }), vec![&plain, &space, &invite]),
            (json!({ "is_invite": true }), vec![&invite]),
            (json!({ "is_invite": false }), vec![&plain, &encrypted, &space]),
            (json!({ "room_types": ["m.space"] }), vec![&space]),
            (json!({ "room_types": [null] }), vec![&plain, &encrypted, &invite]),
            (json!({ "room_types": [null, "m.space"], "not_room_types": [null] }), vec![&space]),
            (json!({ "not_room_types": ["m.space"] }), vec![&plain, &encrypted, &invite]),
            (json!({ "spaces": [space] }), vec![&plain]),
            (json!({ "spaces": [plain, "!nowhere:example.org"] }), vec![]),
            (json!({ "tags": ["m.favourite", "u.other"] }), vec![&plain]),
            (json!({ "not_tags": ["m.favourite"] }), vec![&encrypted, &space, &invite]),
            (json!({ "tags": ["m.favourite"], "not_tags": ["m.favourite"] }), vec![]),
            (
                json!({ "is_encrypted": false, "not_room_types": ["m.space"], "is_invite": false }),
                vec![&plain],
            ),
        ];
        for (filters, expected) in cases {
            let body = json!({ "lists": { "some": {
                "ranges": [[0, 20]], "timeline_limit": 1, "required_state": [], "filters": filters,
            } } });
            let answer = Connection::new(&ada, "c").ask(body).await;
            let expected: BTreeSet<&str> = expected.into_iter().map(String::as_str).collect();
            assert_eq!(told(&answer).into_iter().collect::<BTreeSet<_>>(), expected, "{filters}");
            assert_eq!(answer["lists"]["some"]["count"], expected.len(), "{filters}");
        }
    }
}

#[tokio::test]
async fn a_filter_follows_what_it_asks() {
    for app in TestApp::on_each_engine().await {
        let ada = app.user("ada").await;
        let room = ada.create_room(named("room")).await;
        let body = || {
            json!({ "lists": { "encrypted": {
            "ranges": [[0, 20]], "timeline_limit": 1, "required_state": [],
            "filters": { "is_encrypted": true },
        }, "dm": {
            "ranges": [[0, 20]], "timeline_limit": 1, "required_state": [],
            "filters": { "is_dm": true },
        } } })
        };
        let mut connection = Connection::new(&ada, "c");
        let answer = connection.ask(body()).await;
        assert_eq!(answer["lists"], json!({ "encrypted": { "count": 0 }, "dm": { "count": 0 } }));

        let path = format!("/rooms/{}/state/m.room.encryption", encode(&room));
        let content = json!({ "algorithm": "m.megolm.v1.aes-sha2" });
        assert_eq!(ada.put(&path, content).await.verdict(), "200");
        let answer = connection.ask(body()).await;
        assert_eq!(answer["lists"]["encrypted"]["count"], 1);
        assert_eq!(answer["rooms"][&room]["initial"], true);
        assert!(answer["rooms"][&room].get("is_dm").is_none());

        set_direct(&ada, json!({ "@bob:example.org": [room] })).await;
        let answer = connection.ask(body()).await;
        assert_eq!(answer["lists"]["dm"]["count"], 1);
        assert_eq!(answer["rooms"][&room]["is_dm"], true);
        set_direct(&ada, json!({})).await;
        let answer = connection.ask(body()).await;
        assert_eq!(answer["lists"]["dm"]["count"], 0);
        assert_eq!(answer["rooms"][&room]["is_dm"], false);
    }
}
