use protocol::ids::{OwnedRoomId, UserId};
use store::events::Direction;

use crate::{
    MessagesQuery, Preset, Transaction,
    testing::{TestServer, servers, user},
};

async fn bodies(
    server: &TestServer,
    who: &UserId,
    room: &OwnedRoomId,
    query: &MessagesQuery,
) -> (Vec<String>, Option<i64>) {
    let page = server.rooms.messages(who, room, query).await.unwrap();
    let body = |event: &std::sync::Arc<crate::Event>| {
        let content: serde_json::Value = event.pdu.content_as().unwrap();
        content["body"].as_str().map_or_else(|| event.pdu.kind().to_owned(), ToOwned::to_owned)
    };
    (page.events.iter().map(body).collect(), page.end)
}

fn query(direction: Direction, from: Option<i64>, limit: usize) -> MessagesQuery {
    let filter =
        protocol::filter::RoomEventFilter::parse(br#"{"types":["m.room.message"]}"#).unwrap();
    MessagesQuery { from, to: None, direction, limit, filter }
}

#[tokio::test]
async fn pages_meet_without_a_gap_and_without_a_repetition() {
    for (server, _database) in servers().await {
        let alice = user("alice");
        let room = server.room("alice", Preset::PrivateChat).await;
        let mut sent = Vec::new();
        for number in 0..25 {
            server.say("alice", &room, &format!("{number}")).await;
            sent.push(format!("{number}"));
        }
        for (direction, limit) in
            [(Direction::Forward, 4), (Direction::Backward, 7), (Direction::Backward, 5)]
        {
            let (mut read, mut from) = (Vec::new(), None);
            loop {
                let (page, end) =
                    bodies(&server, &alice, &room, &query(direction, from, limit)).await;
                read.extend(page);
                match end {
                    Some(end) => from = Some(end),
                    None => break,
                }
            }
            if direction == Direction::Backward {
                read.reverse();
            }
            assert_eq!(read, sent, "{direction:?} by {limit}");
        }
    }
}

#[tokio::test]
async fn the_context_of_an_event_is_what_stands_around_it() {
    for (server, _database) in servers().await {
        let alice = user("alice");
        let room = server.room("alice", Preset::PrivateChat).await;
        server.say("alice", &room, "one").await;
        let two = server.say("alice", &room, "two").await;
        server.say("alice", &room, "three").await;
        let context = server.rooms.context(&alice, &room, &two, 2, None).await.unwrap();
        assert_eq!((context.before.len(), context.after.len()), (1, 1));
        assert!(context.before.iter().all(|event| event.pdu.content().contains("one")));
        assert!(context.after.iter().all(|event| event.pdu.content().contains("three")));
        assert!(context.state.get("m.room.create", "").is_some());
    }
}

#[tokio::test]
async fn the_end_of_a_timeline_is_the_same_in_memory_and_in_the_database() {
    for (server, _database) in servers().await {
        let alice = user("alice");
        let room = server.room("alice", Preset::PrivateChat).await;
        let mut last = server.say("alice", &room, "0").await;
        for number in 1..40 {
            last = server.say("alice", &room, &format!("{number}")).await;
        }
        let transaction = Transaction { device_id: "A", transaction_id: "redact" };
        let reason = protocol::canonical::Object::new();
        server.rooms.redact(&alice, &room, &last, transaction, reason).await.unwrap();

        let read = async || {
            let mut pages = Vec::new();
            for (direction, limit) in
                [(Direction::Backward, 3), (Direction::Backward, 60), (Direction::Forward, 60)]
            {
                pages.push(bodies(&server, &alice, &room, &query(direction, None, limit)).await);
            }
            pages
        };
        let from_memory = read().await;
        server.rooms.room(&room).await.unwrap().distrust();
        let from_database = read().await;
        assert_eq!(from_database, from_memory);
        assert_eq!(read().await, from_memory, "what was read is kept");
        assert_eq!(from_memory[0].0, ["m.room.message", "38", "37"]);
    }
}
