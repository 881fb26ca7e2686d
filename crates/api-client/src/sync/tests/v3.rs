//! `/v3/sync` over the wire.
use serde_json::{Value, json};

use crate::testing::{TestUser, encode};

mod filters;
mod membership;
mod state;
mod timeline;

/// A client that syncs.
pub(super) struct Client<'a> {
    pub(super) user: &'a TestUser,
    pub(super) since: Option<String>,
    /// The rest of the query.
    query: String,
}

impl<'a> Client<'a> {
    pub(super) fn new(user: &'a TestUser) -> Self {
        Self { user, since: None, query: String::new() }
    }

    pub(super) fn with_filter(user: &'a TestUser, filter: Value) -> Self {
        Self { query: format!("&filter={}", encode(&filter.to_string())), ..Self::new(user) }
    }

    pub(super) fn and(mut self, query: &str) -> Self {
        self.query.push_str(query);
        self
    }

    /// Asks from where the last answer ended.
    pub(super) async fn sync(&mut self) -> Value {
        self.wait(0).await
    }

    pub(super) async fn wait(&mut self, timeout_ms: u64) -> Value {
        let since = self.since.as_ref().map(|since| format!("&since={since}")).unwrap_or_default();
        let path = format!("/sync?timeout={timeout_ms}{since}{}", self.query);
        let reply = self.user.get(&path).await;
        assert_eq!(reply.verdict(), "200", "{}", reply.json());
        let answer = reply.json();
        self.since = Some(answer["next_batch"].as_str().unwrap().to_owned());
        answer
    }
}

/// The texts of a joined room's timeline.
pub(super) fn words(answer: &Value, room: &str) -> Vec<String> {
    bodies(&answer["rooms"]["join"][room]["timeline"]["events"])
}

pub(super) fn bodies(events: &Value) -> Vec<String> {
    let events = events.as_array().cloned().unwrap_or_default();
    let bodies = events.iter().filter_map(|event| event["content"]["body"].as_str());
    bodies.map(str::to_owned).collect()
}

/// Type and state key of each event of a joined room's state, under whatever name.
pub(super) fn state(answer: &Value, room: &str, name: &str) -> Vec<(String, String)> {
    keys(&answer["rooms"]["join"][room][name]["events"])
}

pub(super) fn keys(events: &Value) -> Vec<(String, String)> {
    let events = events.as_array().cloned().unwrap_or_default();
    let text = |event: &Value, field: &str| event[field].as_str().unwrap_or_default().to_owned();
    let mut keys: Vec<_> =
        events.iter().map(|event| (text(event, "type"), text(event, "state_key"))).collect();
    keys.sort();
    keys
}

pub(super) fn key(kind: &str, state_key: &str) -> (String, String) {
    (kind.to_owned(), state_key.to_owned())
}

pub(super) async fn set_state(user: &TestUser, room: &str, kind: &str, content: Value) {
    let reply = user.put(&format!("/rooms/{}/state/{kind}", encode(room)), content).await;
    assert_eq!(reply.verdict(), "200", "{}", reply.json());
}

pub(in crate::sync::tests) async fn act(user: &TestUser, room: &str, verb: &str, body: Value) {
    let reply = user.post(&format!("/rooms/{}/{verb}", encode(room)), body).await;
    assert_eq!(reply.verdict(), "200", "{verb}: {}", reply.json());
}

/// A public room whose history is for members only.
pub(super) fn secretive() -> Value {
    json!({ "preset": "public_chat", "initial_state": [{
        "type": "m.room.history_visibility", "content": { "history_visibility": "joined" },
    }] })
}
