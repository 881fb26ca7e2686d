//! What the tests of counts share.
use ::push::{Push, Unread};
use clock::Clock as _;
use protocol::ids::RoomId;
use serde_json::{Value, json};

use crate::testing::{SERVER_NAME, TestApp, TestUser, encode};

/// A room with members, and how much of it is unread for them.
pub(super) struct Chat<'a> {
    pub(super) app: &'a TestApp,
    pub(super) id: String,
}

impl<'a> Chat<'a> {
    /// A room of the first, into which the others have come.
    pub(super) async fn new(app: &'a TestApp, users: &[&TestUser]) -> Self {
        let id = users[0].create_room(json!({ "preset": "public_chat" })).await;
        for user in &users[1..] {
            user.join(&id).await;
        }
        Self { app, id }
    }

    /// Sends an event and returns its id.
    pub(super) async fn send(&self, user: &TestUser, kind: &str, content: Value) -> String {
        let number = self.app.clock.now_ms();
        self.app.clock.advance_ms(1);
        let path = format!("/rooms/{}/send/{kind}/{number}", encode(&self.id));
        let reply = user.put(&path, content).await.json();
        reply["event_id"].as_str().unwrap_or_else(|| panic!("{reply}")).to_owned()
    }

    /// Sends a message that mentions users.
    pub(super) async fn mention(&self, user: &TestUser, mentioned: &[&TestUser]) -> String {
        let ids: Vec<&str> = mentioned.iter().map(|user| user.id.as_str()).collect();
        let content =
            json!({ "msgtype": "m.text", "body": "you", "m.mentions": { "user_ids": ids } });
        self.send(user, "m.room.message", content).await
    }

    pub(super) async fn say(&self, user: &TestUser, body: &str) -> String {
        self.send(user, "m.room.message", json!({ "msgtype": "m.text", "body": body })).await
    }

    /// Sends an event into the thread of `root`.
    pub(super) async fn reply(&self, user: &TestUser, root: &str, body: &str) -> String {
        let relation = json!({ "rel_type": "m.thread", "event_id": root });
        let content = json!({ "msgtype": "m.text", "body": body, "m.relates_to": relation });
        self.send(user, "m.room.message", content).await
    }

    /// Sets a receipt and returns the verdict.
    pub(super) async fn read(
        &self,
        user: &TestUser,
        kind: &str,
        event: &str,
        thread: Option<&str>,
    ) -> String {
        let path = format!("/rooms/{}/receipt/{kind}/{}", encode(&self.id), encode(event));
        let body = thread.map_or(json!({}), |thread| json!({ "thread_id": thread }));
        user.post(&path, body).await.verdict()
    }

    /// What a sync says of the room to somebody who has seen nothing yet.
    pub(super) async fn room(&self, user: &TestUser, threads: bool) -> Value {
        let timeline = json!({ "limit": 1, "unread_thread_notifications": threads });
        let filter = json!({ "room": { "timeline": timeline } }).to_string();
        let reply = user.get(&format!("/sync?filter={}", encode(&filter))).await.json();
        reply["rooms"]["join"][self.id.as_str()].clone()
    }

    /// Notifications and highlights of the whole room.
    pub(super) async fn unread(&self, user: &TestUser) -> (u64, u64) {
        let room = self.room(user, false).await;
        assert_eq!(room.get("unread_thread_notifications"), None);
        let counts = pair(&room["unread_notifications"]);
        let cold = self.stored(user).await.total();
        let cold = (cold.notification_count, cold.highlight_count);
        assert_eq!(counts, cold, "what is kept in memory is what is stored, for {}", user.id);
        counts
    }

    /// Notifications and highlights of the main timeline, and of a thread.
    pub(super) async fn threaded(&self, user: &TestUser, root: &str) -> [(u64, u64); 2] {
        let told = self.room(user, true).await;
        let cold = self.stored(user).await;
        let main = pair(&told["unread_notifications"]);
        assert_eq!(main, (cold.main.notification_count, cold.main.highlight_count));
        let threads = told.get("unread_thread_notifications").and_then(Value::as_object);
        assert_eq!(threads.map_or(0, serde_json::Map::len), cold.threads.len());
        let thread = threads.and_then(|threads| threads.get(root));
        [main, thread.map_or((0, 0), pair)]
    }

    /// As a server that has just started would count.
    async fn stored(&self, user: &TestUser) -> Unread {
        let rooms = &self.app.app.rooms;
        let push = Push::new(rooms.store().clone(), SERVER_NAME.try_into().unwrap());
        let room = rooms.room(<&RoomId>::try_from(self.id.as_str()).unwrap()).await.unwrap();
        let number = rooms.store().interner.find_user(&user.id).await.unwrap().unwrap();
        push.unread(rooms, &user.id, number, &room).await.unwrap()
    }
}

fn pair(counts: &Value) -> (u64, u64) {
    let count = |name: &str| counts[name].as_u64().unwrap_or_else(|| panic!("{counts}"));
    (count("notification_count"), count("highlight_count"))
}

/// Puts one of a user's push rules.
pub(super) async fn rule(user: &TestUser, path: &str, body: Value) {
    let verdict = user.put(&format!("/pushrules/global/{path}"), body).await.verdict();
    assert_eq!(verdict, "200", "{path}");
}
