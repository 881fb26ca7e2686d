//! Sliding sync over the wire.
use endpoint::testing::Reply;
use serde_json::{Value, json};

use crate::testing::TestUser;

mod bad_input;
mod extensions;
mod lists;
mod membership;
mod positions;
mod rooms;
mod waiting;

pub(super) const PATH: &str = "/_matrix/client/unstable/org.matrix.simplified_msc3575/sync";

/// A client's connection.
pub(in crate::sync::tests) struct Connection<'a> {
    user: &'a TestUser,
    name: &'static str,
    pub(in crate::sync::tests) pos: Option<String>,
}

impl<'a> Connection<'a> {
    pub(in crate::sync::tests) fn new(user: &'a TestUser, name: &'static str) -> Self {
        Self { user, name, pos: None }
    }

    /// Asks with the position of the last answer; `body` without `conn_id`.
    pub(in crate::sync::tests) async fn ask(&mut self, body: Value) -> Value {
        self.wait(body, 0).await
    }

    /// The same, with a timeout.
    pub(in crate::sync::tests) async fn wait(&mut self, body: Value, timeout_ms: u64) -> Value {
        let reply = self.reply(body, timeout_ms).await;
        assert_eq!(reply.verdict(), "200", "{}", reply.json());
        let answer = reply.json();
        self.pos = Some(answer["pos"].as_str().unwrap().to_owned());
        answer
    }

    pub(in crate::sync::tests) async fn reply(&self, mut body: Value, timeout_ms: u64) -> Reply {
        body["conn_id"] = json!(self.name);
        let pos = self.pos.as_ref().map(|pos| format!("&pos={pos}")).unwrap_or_default();
        self.user.post(&format!("{PATH}?timeout={timeout_ms}{pos}"), body).await
    }
}

/// One list of the first `rooms` rooms.
pub(in crate::sync::tests) fn first(
    rooms: u64,
    timeline_limit: u64,
    required_state: Value,
) -> Value {
    json!({ "lists": { "all": {
        "ranges": [[0, rooms - 1]],
        "timeline_limit": timeline_limit,
        "required_state": required_state,
    } } })
}

/// The rooms of an answer.
pub(in crate::sync::tests) fn told(answer: &Value) -> Vec<&str> {
    answer["rooms"].as_object().unwrap().keys().map(String::as_str).collect()
}

/// The texts of a room's timeline.
pub(in crate::sync::tests) fn words(answer: &Value, room: &str) -> Vec<String> {
    let timeline = answer["rooms"][room]["timeline"].as_array().cloned().unwrap_or_default();
    let bodies = timeline.iter().filter_map(|event| event["content"]["body"].as_str());
    bodies.map(str::to_owned).collect()
}

/// Type and state key of each event of a room's `required_state`.
pub(super) fn keys(answer: &Value, room: &str) -> Vec<(String, String)> {
    let state = answer["rooms"][room]["required_state"].as_array().cloned().unwrap_or_default();
    let text = |event: &Value, field: &str| event[field].as_str().unwrap_or_default().to_owned();
    let mut keys: Vec<_> =
        state.iter().map(|event| (text(event, "type"), text(event, "state_key"))).collect();
    keys.sort();
    keys
}

pub(super) fn named(name: &str) -> Value {
    json!({ "name": name, "preset": "public_chat" })
}
