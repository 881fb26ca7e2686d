//! The answer, as it is on the wire.
use std::collections::BTreeMap;

use protocol::ids::{OwnedRoomId, OwnedUserId};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::{ThreadSubscriptions, profiles::Profiles};

/// The answer.
#[derive(Debug, Default, Serialize)]
pub struct Response {
    /// What to ask with the next time.
    pub pos: String,
    /// As the request had it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub txn_id: Option<String>,
    /// How many rooms each list has.
    pub lists: BTreeMap<String, ListAnswer>,
    /// The rooms with news.
    pub rooms: BTreeMap<OwnedRoomId, RoomAnswer>,
    /// What was asked for beside the rooms.
    pub extensions: ExtensionAnswers,
}

/// A list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ListAnswer {
    /// How many rooms pass the list's filters.
    pub count: u64,
}

/// A room. What is absent has not changed, or where `initial` is set, is not there.
#[derive(Debug, Default, Serialize)]
pub struct RoomAnswer {
    /// The name that somebody gave it.
    #[serde(skip_serializing_if = "Field::is_unchanged")]
    pub name: Field<String>,
    /// Its picture.
    #[serde(skip_serializing_if = "Field::is_unchanged")]
    pub avatar: Field<String>,
    /// Some other members, if it has no name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heroes: Option<Vec<Hero>>,
    /// Whether this replaces everything that was told before.
    #[serde(skip_serializing_if = "is_false")]
    pub initial: bool,
    /// Whether the user counts it as a room with one other person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_dm: Option<bool>,
    /// What the user is in the room.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub membership: Option<&'static str>,
    /// What the user may know of a room that they are asked into, or ask to be let into.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invite_state: Option<Vec<Box<RawValue>>>,
    /// The same for a room that the user asks to be let into.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub knock_state: Option<Vec<Box<RawValue>>>,
    /// The wanted state: all of it, or what has changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub required_state: Option<Vec<Box<RawValue>>>,
    /// What was sent, the oldest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeline: Option<Vec<Box<RawValue>>>,
    /// From where to page back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prev_batch: Option<String>,
    /// Whether there is more before the timeline that the client has not got.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limited: Option<bool>,
    /// Whether the timeline goes back further than what the client has got.
    #[serde(skip_serializing_if = "is_false")]
    pub unstable_expanded_timeline: bool,
    /// How many of the timeline's last events were sent since the client asked before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub num_live: Option<u64>,
    /// How many users are in the room.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub joined_count: Option<u64>,
    /// How many users are asked in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invited_count: Option<u64>,
    /// How much is unread.
    #[serde(flatten)]
    pub unread: Option<push::Counts>,
    /// Greater in rooms that are more recent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bump_stamp: Option<i64>,
}

/// A part of a room that can be taken away.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Field<T> {
    /// As the client knows it.
    #[default]
    Unchanged,
    /// Not there any more.
    Removed,
    /// This.
    Set(T),
}

impl<T> Field<T> {
    fn is_unchanged(&self) -> bool {
        matches!(self, Self::Unchanged)
    }
}

impl<T: Serialize> Serialize for Field<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Set(value) => value.serialize(serializer),
            Self::Unchanged | Self::Removed => serializer.serialize_none(),
        }
    }
}

/// A member that stands for a room without a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hero {
    /// Who.
    pub user_id: String,
    /// How they call themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub displayname: Option<String>,
    /// Their picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub avatar_url: Option<String>,
}

/// What was asked for beside the rooms.
#[derive(Debug, Default, Serialize)]
pub struct ExtensionAnswers {
    /// Messages to the device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_device: Option<ToDeviceAnswer>,
    /// Keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub e2ee: Option<E2eeAnswer>,
    /// The user's own data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_data: Option<AccountDataAnswer>,
    /// Who has read how far.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipts: Option<RoomEvents>,
    /// Who is typing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub typing: Option<RoomEvents>,
    /// Sticky events (MSC4354).
    #[serde(rename = "org.matrix.msc4354.sticky_events", skip_serializing_if = "Option::is_none")]
    pub sticky_events: Option<StickyAnswer>,
    /// What people show of themselves (MSC4262).
    #[serde(rename = "org.matrix.msc4262.profiles", skip_serializing_if = "Option::is_none")]
    pub profiles: Option<ProfilesAnswer>,
    /// Subscriptions to threads that have changed (MSC4308).
    #[serde(
        rename = "io.element.msc4308.thread_subscriptions",
        skip_serializing_if = "Option::is_none"
    )]
    pub thread_subscriptions: Option<ThreadSubscriptionsAnswer>,
}

/// Subscriptions to threads that have changed.
#[derive(Debug, Serialize)]
pub struct ThreadSubscriptionsAnswer {
    /// The last ones.
    #[serde(flatten)]
    pub changed: ThreadSubscriptions,
    /// Where the others are, if there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prev_batch: Option<String>,
}

/// Sticky events that no timeline of the answer has.
#[derive(Debug, Serialize)]
pub struct StickyAnswer {
    /// What to ask with the next time.
    pub next_batch: String,
    /// By room.
    pub rooms: BTreeMap<OwnedRoomId, StickyRoom>,
}

/// The sticky events of a room.
#[derive(Debug, Serialize)]
pub struct StickyRoom {
    /// The events, oldest first.
    pub events: Vec<Box<RawValue>>,
}

/// What people show of themselves.
#[derive(Debug, Serialize)]
pub struct ProfilesAnswer {
    /// By user; nothing of those who share no room with the client's user any more.
    pub users: Profiles,
}

/// Messages to the device.
#[derive(Debug, Serialize)]
pub struct ToDeviceAnswer {
    /// What to ask with the next time, which says that these messages have arrived.
    pub next_batch: String,
    /// The messages.
    pub events: Vec<Box<RawValue>>,
}

/// Keys.
#[derive(Debug, Serialize)]
#[expect(clippy::struct_field_names, reason = "they are so called on the wire")]
pub struct E2eeAnswer {
    /// Whose keys have changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_lists: Option<DeviceLists>,
    /// How many one-time keys the device has left, by algorithm.
    pub device_one_time_keys_count: BTreeMap<String, i64>,
    /// Algorithms with a fallback key that nobody has got yet.
    pub device_unused_fallback_key_types: Vec<String>,
}

/// Whose keys have changed, and who is met no more.
#[derive(Debug, Serialize)]
pub struct DeviceLists {
    /// Whose keys have changed, or who shares a room since.
    pub changed: Vec<OwnedUserId>,
    /// Who shares no room any more.
    pub left: Vec<OwnedUserId>,
}

/// The user's own data.
#[derive(Debug, Default, Serialize)]
pub struct AccountDataAnswer {
    /// What belongs to no room.
    pub global: Vec<Box<RawValue>>,
    /// What belongs to rooms.
    pub rooms: BTreeMap<OwnedRoomId, Vec<Box<RawValue>>>,
}

/// One event a room.
#[derive(Debug, Default, Serialize)]
pub struct RoomEvents {
    /// The events.
    pub rooms: BTreeMap<OwnedRoomId, Box<RawValue>>,
}

impl ExtensionAnswers {
    /// Whether there is anything that the client has not known, or could not know.
    pub(super) fn have_news(&self) -> bool {
        let Self {
            to_device,
            e2ee,
            account_data,
            receipts,
            typing,
            sticky_events,
            profiles,
            thread_subscriptions,
        } = self;
        to_device.as_ref().is_some_and(|to_device| !to_device.events.is_empty())
            || e2ee.as_ref().is_some_and(|e2ee| e2ee.device_lists.is_some())
            || account_data.is_some()
            || receipts.is_some()
            || typing.is_some()
            || profiles.is_some()
            || thread_subscriptions.is_some()
            || sticky_events.as_ref().is_some_and(|sticky| !sticky.rooms.is_empty())
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands in a reference")]
fn is_false(value: &bool) -> bool {
    !value
}
