//! What events say of each other: stored, taken out, found again after a restart.
use std::sync::Arc;

use db::{Write, params};
use protocol::{
    RoomVersion,
    ids::{EventId, OwnedEventId, RoomId},
    signing::{EventIntent, Placement},
};
use serde_json::{Value, json};
use store::{RoomNum, UserNum, events::Direction, relations, schema::MIGRATIONS, threads};

use super::receiving::shared_room;
use crate::{
    ChildrenQuery, Format, Preset, Received, Rooms, Transaction, Viewer,
    testing::{
        TestServer, object,
        peer::{Sent, peers},
        servers, user,
    },
};

async fn relate(
    server: &TestServer,
    room: &RoomId,
    parent: &EventId,
    rel_type: &str,
    words: &str,
) -> OwnedEventId {
    server.clock.advance_ms(1);
    let content = json!({
        "body": words, "m.new_content": { "body": words },
        "m.relates_to": { "rel_type": rel_type, "event_id": parent },
    });
    let transaction = Transaction { device_id: "D", transaction_id: words };
    let alice = user("alice");
    let content = object(content);
    server.rooms.send(&alice, room, "m.room.message", transaction, content).await.unwrap()
}

/// `unsigned.m.relations` of an event, for alice.
async fn bundled(rooms: &Arc<Rooms>, room: &RoomId, event: &EventId) -> Value {
    let alice = user("alice");
    let seen = rooms.seen_event(&alice, room, event).await.unwrap();
    let user_num = rooms.store().interner.find_user(&alice).await.unwrap().unwrap();
    let viewer = Viewer { user_num, device_id: "D" };
    let rendered =
        rooms.render_timeline(&[seen.event], &seen.view, viewer, Format::Whole).await.unwrap();
    let event: Value = serde_json::from_str(rendered[0].get()).unwrap();
    event["unsigned"]["m.relations"].clone()
}

#[tokio::test]
async fn relations_outlive_the_memory() {
    for (server, _database) in servers().await {
        let room = server.room("alice", Preset::PrivateChat).await;
        let opener = server.say("alice", &room, "root").await;
        assert_eq!(bundled(&server.rooms, &room, &opener).await, Value::Null);
        relate(&server, &room, &opener, "m.thread", "one").await;
        let two = relate(&server, &room, &opener, "m.thread", "two").await;
        let edit = relate(&server, &room, &opener, "m.replace", "edit").await;
        let reference = relate(&server, &room, &opener, "m.reference", "reference").await;
        for rooms in [Arc::clone(&server.rooms), server.restarted()] {
            let relations = bundled(&rooms, &room, &opener).await;
            assert_eq!(relations["m.thread"]["count"], 2);
            assert_eq!(relations["m.thread"]["latest_event"]["event_id"], two.as_str());
            assert_eq!(relations["m.replace"]["event_id"], edit.as_str());
            assert_eq!(relations["m.reference"]["chunk"], json!([{ "event_id": reference }]));
        }
    }
}

#[tokio::test]
async fn redactions_take_relations_out() {
    for (server, _database) in servers().await {
        let room = server.room("alice", Preset::PrivateChat).await;
        let opener = server.say("alice", &room, "root").await;
        let one = relate(&server, &room, &opener, "m.thread", "one").await;
        let two = relate(&server, &room, &opener, "m.thread", "two").await;
        let edit = relate(&server, &room, &opener, "m.replace", "edit").await;
        let num = server.rooms.room(&room).await.unwrap().num;
        let redact = async |event: &EventId| {
            let transaction = Transaction { device_id: "D", transaction_id: event.as_str() };
            let content = object(json!({}));
            let alice = user("alice");
            server.rooms.redact(&alice, &room, event, transaction, content).await.unwrap();
        };
        redact(&two).await;
        redact(&edit).await;
        let relations = bundled(&server.rooms, &room, &opener).await;
        assert_eq!(relations["m.thread"]["count"], 1);
        assert_eq!(relations["m.thread"]["latest_event"]["event_id"], one.as_str());
        assert_eq!(relations["m.replace"], Value::Null);
        let listed = threads::page(&server.store.db, num, i64::MAX, None, 10).await.unwrap();
        let first = server.rooms.event(&one).await.unwrap().unwrap();
        assert_eq!(Some(listed[0].last_position), first.position());
        redact(&one).await;
        assert_eq!(bundled(&server.rooms, &room, &opener).await, Value::Null);
        assert!(threads::page(&server.store.db, num, i64::MAX, None, 10).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn children_of_children_are_found() {
    for (server, _database) in servers().await {
        let room = server.room("alice", Preset::PrivateChat).await;
        let opener = server.say("alice", &room, "root").await;
        let mut chain = vec![opener.clone()];
        for level in ["1", "2", "3", "4"] {
            let next = relate(&server, &room, chain.last().unwrap(), "org.x", level).await;
            chain.push(next);
        }
        let mut query = ChildrenQuery {
            parent: opener,
            rel_type: None,
            kind: None,
            recurse: true,
            from: None,
            to: None,
            direction: Direction::Forward,
            limit: 10,
        };
        let ids = async |query: &ChildrenQuery| {
            let page = server.rooms.children(&user("alice"), &room, query).await.unwrap();
            let ids = page.events.iter().map(|event| event.pdu.event_id().to_owned());
            ids.collect::<Vec<_>>()
        };
        assert_eq!(ids(&query).await, chain[1..4]);
        query.direction = Direction::Backward;
        let backward = ids(&query).await;
        assert_eq!(backward.iter().rev().cloned().collect::<Vec<_>>(), chain[1..4]);
        query.recurse = false;
        assert_eq!(ids(&query).await, chain[1..2]);
    }
}

#[tokio::test]
async fn relations_are_found_in_what_was_stored_before_they_were() {
    for database in db::testing::engines().await {
        let db = database.open().await;
        let first = MIGRATIONS.iter().position(|one| one.name.ends_with("relations")).unwrap();
        db.migrate(&MIGRATIONS[..first]).await.unwrap();
        let relates = |rel_type: &str, more: Value| {
            let mut content = json!({ "m.relates_to": { "rel_type": rel_type, "event_id": "$1" } });
            content.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            content
        };
        let contents = [
            json!({ "body": "root" }),
            relates("m.thread", json!({})),
            relates("m.replace", json!({ "m.new_content": {} })),
            relates("m.replace", json!({ "m.new_content": 3 })),
            json!({ "m.relates_to": { "rel_type": "m.annotation", "event_id": "$1", "key": "k" } }),
            json!({ "m.relates_to": { "rel_type": 3, "event_id": "$1" } }),
            json!({ "m.relates_to": "nothing" }),
            json!({ "body": "\"m.relates_to\"" }),
            json!({ "m.relates_to": { "rel_type": "m.thread", "event_id": "1" } }),
        ];
        let mut write = Write::new();
        for (number, content) in (1_i64..).zip(contents) {
            let json =
                json!({ "content": content, "type": "m.t", "origin_server_ts": number * 10 });
            write.execute(
                "INSERT INTO events (event_num, event_id, room_num, position, sender_num, json) \
                 VALUES ($1, $2, 7, $1, 9, $3)",
                params![number, format!("${number}"), json.to_string()],
            );
        }
        drop(db.write(write).await.unwrap());
        db.migrate(MIGRATIONS).await.unwrap();
        let (room, parent) = (RoomNum(7), EventId::parse("$1").unwrap());
        let wanted = relations::Wanted {
            parent_id: &parent,
            rel_type: None,
            kind: Some("m.t"),
            recurse: false,
        };
        let range = (i64::MIN, i64::MAX);
        let found =
            relations::page(&db, room, wanted, range, Direction::Forward, 10).await.unwrap();
        assert_eq!(found.iter().map(|num| num.0).collect::<Vec<_>>(), [2, 3, 4, 5]);
        let edits = relations::edits(&db, room, &["$1".to_owned()], range).await.unwrap();
        assert_eq!(edits.len(), 1);
        assert_eq!(edits[0].order, (30, "$3".to_owned()));
        let sender = UserNum(9);
        let has = async |key| {
            relations::has_annotation(&db, room, &parent, sender, "m.t", key).await.unwrap()
        };
        assert!(has("k").await && !has("l").await);
        let listed = threads::page(&db, room, i64::MAX, Some(sender), 10).await.unwrap();
        assert_eq!(listed.iter().map(|row| row.last_position).collect::<Vec<_>>(), [2]);
        let opener = store::events::find(&db, &parent).await.unwrap().unwrap();
        assert!(opener.related_by.has(relations::RelatedBy::THREAD));
        assert!(opener.related_by.has(relations::RelatedBy::REPLACE));
        assert!(!opener.related_by.has(relations::RelatedBy::REFERENCE));
    }
}

#[tokio::test]
async fn an_edit_may_come_before_what_it_edits() {
    let version = RoomVersion::V11;
    for peers in peers().await {
        let room = shared_room(&peers[..2], version).await;
        let (ours, theirs) = (&peers[0], &peers[1]);
        let (ends, state) = theirs.now(&room).await;
        let deciding =
            ["m.room.create ", "m.room.power_levels ", &format!("m.room.member {}", theirs.user)];
        let placement = Placement {
            prev_events: ends,
            auth_events: deciding.iter().map(|key| state[*key].clone()).collect(),
            depth: 20,
            origin_server_ts: 1_700_000_000_500,
        };
        let sent = |content: Value| {
            let (server, sender) = (theirs.user.server_name(), theirs.user.clone());
            let (room, content) = (room.clone(), object(content));
            let kind = "m.room.message";
            let intent = EventIntent::message(server, version, room, sender, kind, content);
            Sent(theirs.signer().build(&intent.unwrap(), &placement).unwrap().json().to_owned())
        };
        let said = sent(json!({ "body": "said" }));
        let said_id = said.id(version);
        let edit = sent(json!({
            "body": "better", "m.new_content": { "body": "better" },
            "m.relates_to": { "rel_type": "m.replace", "event_id": said_id },
        }));
        for event in [&edit, &said] {
            assert!(matches!(ours.receive(event, version).await, Received::Stored { .. }));
        }
        let said = ours.rooms.event(&said_id).await.unwrap().unwrap();
        let newest = ours.rooms.newest_edit(&said).await.unwrap().unwrap();
        assert_eq!(newest.pdu.event_id(), &*edit.id(version));
    }
}
