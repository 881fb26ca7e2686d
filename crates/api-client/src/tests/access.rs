//! The access matrix: every endpoint that reads, for everybody who may or may not read a room, under each history
//! visibility. The endpoints come from the registry, what is expected from one table ([`rules`]).
//!
//! A room's timeline has four moments. At each the creator sends a message and sets the topic; between them the user
//! whose access is tested becomes what their [`Story`] says.
//!
//! It is F17 of the faults seen in the field.
use endpoint::{Endpoint, RateClass};
use http::Method;
use serde_json::{Value, json};

use self::{
    rules::{Rule, rule_of},
    story::{MOMENTS, Story, Visibility},
};
use crate::{
    ENDPOINTS,
    testing::{TestApp, TestUser, encode},
};

mod rules;
mod story;

/// One room: what is in it, and what its user may see of it.
struct Cell<'a> {
    story: &'a Story,
    visibility: Visibility,
    user: &'a TestUser,
    room: String,
    /// The ids of the messages, one a moment.
    messages: Vec<String>,
}

impl Cell<'_> {
    fn words(&self, moment: usize) -> String {
        format!("words-{}-{:?}-{moment}", self.story.name, self.visibility)
    }

    fn topic(&self, moment: usize) -> String {
        format!("topic-{}-{:?}-{moment}", self.story.name, self.visibility)
    }

    /// The path of an endpoint, for this room and a message.
    fn fill(&self, path: &str, moment: usize) -> String {
        let path = endpoint::testing::fill_path(path, |name| match name {
            "room" | "room_or_alias" => encode(&self.room),
            "event" | "root" => encode(&self.messages[moment]),
            "user" => encode(self.user.id.as_str()),
            "kind" => "m.room.topic".to_owned(),
            "state_key" => String::new(),
            _ => "x".to_owned(),
        });
        // A page needs a direction.
        if path.ends_with("/messages") {
            path + "?dir=b&limit=100"
        } else if path.ends_with("/initialSync") {
            path + "?limit=100"
        } else if path.ends_with("/timestamp_to_event") {
            path + "?dir=f&ts=0"
        } else {
            path
        }
    }

    /// Asks for as much as there is.
    async fn ask(&self, endpoint: &Endpoint, moment: usize) -> endpoint::testing::Reply {
        let path = self.fill(endpoint.path(), moment);
        if endpoint.method == endpoint::Method::Get {
            return self.user.get(&path).await;
        }
        let all = json!({ "timeline_limit": 100, "required_state": [["*", "*"]] });
        let mut list = all.clone();
        list["ranges"] = json!([[0, 100]]);
        let body = json!({
            "lists": { "all": list }, "room_subscriptions": { &self.room: all },
            "extensions": { "account_data": { "enabled": true }, "receipts": { "enabled": true } },
            "device_keys": {}, "one_time_keys": {}, "limit": 100,
            "search_term": "words",
            "search_categories": { "room_events": {
                "search_term": "words", "order_by": "recent", "filter": { "limit": 100 },
                "event_context": {},
            } },
        });
        self.user.post(&path, body).await
    }

    /// Checks one endpoint against its rule and returns what is wrong.
    async fn check(&self, endpoint: &Endpoint, rule: Rule) -> Vec<String> {
        let path = endpoint.path();
        let mut faults = Vec::new();
        for moment in 0..MOMENTS {
            let expected = rule.expected(self.story, self.visibility, moment);
            let reply = self.ask(endpoint, moment).await;
            let verdict = reply.verdict();
            let place = format!("{} {:?} {path} {moment}", self.story.name, self.visibility);
            if !expected.contains(&verdict.as_str()) {
                faults.push(format!("{place}: {verdict}, not {expected:?}"));
            }
            let text = String::from_utf8_lossy(&reply.body);
            for hidden in (0..MOMENTS).filter(|at| !self.story.sees(self.visibility, *at)) {
                if text.contains(&self.words(hidden)) {
                    faults.push(format!("{place}: shows message {hidden}"));
                }
            }
            if verdict == "200" {
                faults.extend(
                    self.missing(rule, &reply.json()).map(|what| format!("{place}: {what}")),
                );
            }
        }
        faults
    }

    /// What a reply of status 200 should say and does not.
    fn missing(&self, rule: Rule, reply: &Value) -> Option<String> {
        match rule {
            Rule::Timeline | Rule::Snapshot => {
                let mut chunk = reply["chunk"].as_array().cloned().unwrap_or_default();
                if rule == Rule::Snapshot {
                    chunk = reply["messages"]["chunk"].as_array().cloned().unwrap_or_default();
                    chunk.reverse();
                }
                let seen: Vec<_> = (0..MOMENTS)
                    .rev()
                    .filter(|moment| self.story.sees(self.visibility, *moment))
                    .map(|moment| json!(self.words(moment)))
                    .collect();
                let bodies = chunk.iter().filter(|event| event["type"] == "m.room.message");
                let bodies: Vec<_> = bodies.map(|event| event["content"]["body"].clone()).collect();
                (bodies != seen).then(|| format!("shows {bodies:?}, not {seen:?}"))
            }
            Rule::StateEvent => {
                let moment = self.story.state_seen(self.visibility)?;
                let topic = self.topic(moment);
                (reply["topic"] != topic.as_str()).then(|| format!("{reply}, not {topic}"))
            }
            _ => None,
        }
    }
}

/// Checks an endpoint that is not about one room: whatever it answers, it shows nothing that is hidden in any.
async fn check_all(cells: &[Cell<'_>], endpoint: &Endpoint) -> Vec<String> {
    let [first, ..] = cells else { return Vec::new() };
    let mut faults = Vec::new();
    for cell in cells {
        let reply = cell.ask(endpoint, 0).await;
        let (name, path, verdict) = (first.story.name, endpoint.path(), reply.verdict());
        if !rules::ANYTHING.contains(&verdict.as_str()) {
            faults.push(format!("{name} {path}: {verdict}"));
        }
        let text = String::from_utf8_lossy(&reply.body);
        for cell in cells {
            for hidden in (0..MOMENTS).filter(|at| !cell.story.sees(cell.visibility, *at)) {
                if text.contains(&cell.words(hidden)) {
                    faults.push(format!(
                        "{name} {path}: shows message {hidden} of {:?}",
                        cell.visibility
                    ));
                }
            }
        }
    }
    faults
}

/// Lets the story happen.
async fn tell<'a>(
    creator: &TestUser,
    user: &'a TestUser,
    story: &'a Story,
    visibility: Visibility,
) -> Cell<'a> {
    let rule = if story.knocks() { "knock" } else { "invite" };
    let state = json!([
        { "type": "m.room.history_visibility", "content": { "history_visibility": visibility.as_str() } },
        { "type": "m.room.join_rules", "content": { "join_rule": rule } },
    ]);
    let room = creator.create_room(json!({ "initial_state": state })).await;
    let mut cell = Cell { story, visibility, user, room, messages: Vec::new() };
    for moment in 0..MOMENTS {
        for action in story.before(moment) {
            let (actor, path, body) = action.request(user);
            let actor = if actor == user.id { user } else { creator };
            let path = path.replace("{room}", &encode(&cell.room));
            let reply = actor.post(&path, body).await;
            assert_eq!(reply.verdict(), "200", "{} {path}: {}", story.name, reply.json());
        }
        let topic = json!({ "topic": cell.topic(moment) });
        let path = format!("/rooms/{}/state/m.room.topic", encode(&cell.room));
        assert_eq!(creator.put(&path, topic).await.verdict(), "200");
        let message = creator.say(&cell.room, &cell.words(moment)).await;
        cell.messages.push(message);
    }
    if story.forgotten {
        let path = format!("/rooms/{}/forget", encode(&cell.room));
        assert_eq!(user.post(&path, json!({})).await.verdict(), "200");
    }
    cell
}

/// The endpoints that read: by their method, or by what a call of them costs.
fn reads() -> impl Iterator<Item = &'static Endpoint> {
    ENDPOINTS.iter().filter(|endpoint| {
        let costs = matches!(endpoint.rate, RateClass::Read | RateClass::Search);
        let is_poll = endpoint.path().ends_with("/sync");
        endpoint.method == endpoint::Method::Get || costs || is_poll
    })
}

#[test]
fn every_endpoint_that_reads_a_room_has_a_rule() {
    let without: Vec<_> = reads()
        .map(Endpoint::path)
        .filter(|path| path.contains("{room") && rule_of(path).is_none())
        .collect();
    assert_eq!(without, Vec::<&str>::new(), "add them to the table in tests/access/rules.rs");
    let gone: Vec<_> =
        rules::RULES.iter().filter(|(path, _)| !reads().any(|read| read.path() == *path)).collect();
    assert!(gone.is_empty(), "rules without an endpoint: {gone:?}");
}

#[tokio::test]
async fn nobody_reads_more_of_a_room_than_they_may() {
    for app in TestApp::on_each_engine().await {
        let creator = app.user("creator").await;
        let mut faults = Vec::new();
        for story in story::STORIES {
            let user = app.user(story.name).await;
            let mut cells = Vec::new();
            for visibility in Visibility::ALL {
                cells.push(tell(&creator, &user, story, visibility).await);
            }
            for endpoint in reads() {
                match rule_of(endpoint.path()) {
                    Some(rule) => {
                        for cell in &cells {
                            faults.extend(cell.check(endpoint, rule).await);
                        }
                    }
                    None => faults.extend(check_all(&cells, endpoint).await),
                }
            }
        }
        assert_eq!(faults, Vec::<String>::new());
    }
}

#[tokio::test]
async fn whoever_is_deactivated_reads_nothing() {
    for app in TestApp::on_each_engine().await {
        let creator = app.user("creator").await;
        let story = &story::STORIES[0];
        let user = app.user("gone").await;
        let cell = tell(&creator, &user, story, Visibility::WorldReadable).await;
        app.app.accounts.deactivate_user(&user.id, true).await.unwrap();
        for endpoint in ENDPOINTS.iter().filter(|endpoint| endpoint.auth.needs_token()) {
            let method: Method = endpoint.method.as_str().parse().unwrap();
            let path = cell.fill(endpoint.path(), 0);
            let reply = user.request(method, &path, &json!({})).await;
            assert_eq!(reply.verdict(), "401 M_UNKNOWN_TOKEN", "{} {path}", endpoint.method);
        }
    }
}
