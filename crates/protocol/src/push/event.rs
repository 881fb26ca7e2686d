//! An event as push rules look at it.
use std::{borrow::Cow, cell::OnceCell};

use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use super::path::Path;
use crate::{
    Pdu,
    ids::{OwnedUserId, RoomId, UserId},
};

/// What conditions ask about the room, at the event, and about the event's place in it.
#[derive(Clone, Copy)]
pub struct RoomContext<'a> {
    /// How many have joined.
    pub member_count: u64,
    /// Whether the event is in a thread.
    pub in_thread: bool,
    /// Whether the sender has the power to notify by this key of `notifications` (`room` for `@room`). Asked only where
    /// a rule depends on it.
    pub sender_may_notify: &'a (dyn Fn(&str) -> bool + Send + Sync),
}

/// An event prepared for the rules of many users: what the server's rules ask for was found in one pass over the
/// content, and a tree is built only if a user's own rule looks elsewhere.
pub struct PushEvent<'a> {
    pub(super) kind: &'a str,
    pub(super) sender: &'a str,
    pub(super) room_id: &'a RoomId,
    pub(super) state_key: Option<&'a str>,
    pub(super) room: RoomContext<'a>,
    event_id: &'a str,
    content: &'a str,
    glance: Glance<'a>,
    mentions: Mentions<'a>,
    tree: OnceCell<Value>,
    body: OnceCell<Option<String>>,
}

const PLAIN: &str = r#"{"body":"","msgtype":"m.text"}"#;

/// The parts of a content that most rules are about.
#[derive(Default, Deserialize)]
struct Glance<'a> {
    #[serde(borrow)]
    body: Option<&'a RawValue>,
    #[serde(borrow)]
    membership: Option<&'a RawValue>,
    #[serde(borrow)]
    msgtype: Option<&'a RawValue>,
    #[serde(borrow, rename = "m.mentions")]
    mentions: Option<&'a RawValue>,
    #[serde(borrow, rename = "m.relates_to")]
    relates_to: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
struct Mentions<'a> {
    #[serde(borrow)]
    user_ids: Option<&'a RawValue>,
    #[serde(borrow)]
    room: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
struct Relation<'a> {
    #[serde(borrow)]
    rel_type: Option<&'a RawValue>,
}

/// An object read field by field; what is none has no fields. serde's derive would take an array too.
fn object<'a, T: Default + Deserialize<'a>>(json: Option<&'a str>) -> T {
    let json = json.filter(|json| json.starts_with('{'));
    json.and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default()
}

/// A string's value.
fn text(raw: &RawValue) -> Option<Cow<'_, str>> {
    let inner = raw.get().strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') {
        return serde_json::from_str(raw.get()).ok().map(Cow::Owned);
    }
    Some(Cow::Borrowed(inner))
}

/// The users whom an event mentions by name ([spec]), as far as these are user ids; some may be repeated.
///
/// [spec]: https://spec.matrix.org/v1.16/client-server-api/#user-and-room-mentions
#[must_use]
pub fn mentioned_users(event: &Pdu) -> Vec<OwnedUserId> {
    let glance: Glance<'_> = object(Some(event.content()));
    object::<Mentions<'_>>(glance.mentions.map(RawValue::get)).users()
}

impl Mentions<'_> {
    fn users(&self) -> Vec<OwnedUserId> {
        let Some(users) = self.user_ids else { return Vec::new() };
        let users: Vec<&RawValue> = serde_json::from_str(users.get()).unwrap_or_default();
        let users = users.into_iter().filter_map(text);
        users.filter_map(|user| UserId::parse(&*user).ok()).collect()
    }
}

impl<'a> PushEvent<'a> {
    /// Prepares `event`.
    #[must_use]
    pub fn new(event: &'a Pdu, room: RoomContext<'a>) -> Self {
        let glance: Glance<'a> = object(Some(event.content()));
        Self {
            kind: event.kind(),
            sender: event.sender().as_str(),
            room_id: event.room_id(),
            state_key: event.state_key(),
            room,
            event_id: event.event_id().as_str(),
            content: event.content(),
            mentions: object(glance.mentions.map(RawValue::get)),
            glance,
            tree: OnceCell::new(),
            body: OnceCell::new(),
        }
    }

    /// The users mentioned by name: see [`mentioned_users`].
    #[must_use]
    pub fn mentioned_users(&self) -> Vec<OwnedUserId> {
        self.mentions.users()
    }

    /// A text message without anything in it, as somebody else would send it.
    #[must_use]
    pub fn plain_message(room_id: &'a RoomId, room: RoomContext<'a>) -> Self {
        Self {
            kind: "m.room.message",
            sender: "",
            room_id,
            state_key: None,
            room,
            event_id: "",
            content: PLAIN,
            glance: object(Some(PLAIN)),
            mentions: Mentions::default(),
            tree: OnceCell::new(),
            body: OnceCell::new(),
        }
    }

    /// The body in lowercase; what is no text is not there.
    pub(super) fn body(&self) -> Option<&str> {
        let body = || self.text(&Path::Body).map(|body| body.to_lowercase());
        self.body.get_or_init(body).as_deref()
    }

    /// The string at `path`.
    pub(super) fn text(&self, path: &Path) -> Option<Cow<'_, str>> {
        match path {
            Path::Type => Some(self.kind.into()),
            Path::Sender => Some(self.sender.into()),
            Path::RoomId => Some(self.room_id.as_str().into()),
            Path::EventId => Some(self.event_id.into()),
            Path::StateKey => self.state_key.map(Into::into),
            Path::Body => self.glance.body.and_then(text),
            Path::Membership => self.glance.membership.and_then(text),
            Path::MsgType => self.glance.msgtype.and_then(text),
            Path::RelType => {
                let relation: Relation<'_> = object(self.glance.relates_to.map(RawValue::get));
                relation.rel_type.and_then(text)
            }
            Path::MentionsRoom | Path::Content(_) => self.value(path)?.as_str().map(Cow::Borrowed),
            Path::Nowhere => None,
        }
    }

    /// Whether what stands at `path` is `wanted`.
    pub(super) fn is(&self, path: &Path, wanted: &Value) -> bool {
        match wanted {
            Value::String(wanted) => self.text(path).is_some_and(|text| text == wanted.as_str()),
            Value::Bool(wanted) if *path == Path::MentionsRoom => {
                let room = self.mentions.room.map(RawValue::get);
                room == Some(if *wanted { "true" } else { "false" })
            }
            _ => self.value(path) == Some(wanted),
        }
    }

    /// Whether the array at `path` has `wanted` in it.
    pub(super) fn contains(&self, path: &Path, wanted: &Value) -> bool {
        self.value(path).and_then(Value::as_array).is_some_and(|array| array.contains(wanted))
    }

    /// What stands in the content at `path`.
    fn value(&self, path: &Path) -> Option<&Value> {
        let tree = self.tree.get_or_init(|| serde_json::from_str(self.content).unwrap_or_default());
        path.in_content()?.into_iter().try_fold(tree, |value, name| value.as_object()?.get(name))
    }
}
