//! The filters of the client-server API ([spec]): which events a client wants to see.
//!
//! A filter that is absent lets everything through; a list that is present and empty lets nothing through. A `null`
//! counts as absent.
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#filtering
use serde::{Deserialize, Serialize};

use crate::{
    ids::{OwnedRoomId, OwnedUserId, RoomId},
    object,
};

mod event_fields;
mod matching;

pub use event_fields::EventFields;
pub use matching::Globs;

/// The most entries of one list of a filter.
pub const LIST_MAX: usize = 1_000;

/// Why a filter is not one (`M_BAD_JSON`, or `M_NOT_JSON` where it is not even JSON).
#[derive(Debug, thiserror::Error)]
#[error("the filter is not valid: {0}")]
pub struct FilterError(#[from] serde_json::Error);

impl FilterError {
    /// Whether the text is not JSON at all.
    #[must_use]
    pub fn is_not_json(&self) -> bool {
        !self.0.is_data()
    }
}

/// A whole filter, as `POST /user/{userId}/filter` and `/sync` take it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct Filter {
    /// The paths of the fields to leave in events; all if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_fields: Option<EventFields>,
    /// The form of the events.
    #[serde(deserialize_with = "null_is_default")]
    pub event_format: EventFormat,
    /// For presence.
    #[serde(deserialize_with = "object_or_default")]
    pub presence: EventFilter,
    /// For account data that belongs to no room.
    #[serde(deserialize_with = "object_or_default")]
    pub account_data: EventFilter,
    /// For everything in rooms.
    #[serde(deserialize_with = "object_or_default")]
    pub room: RoomFilter,
    /// Of which fields of profiles, the user's own and those of who shares a room with them, the client is told ([MSC4429]).
    ///
    /// [MSC4429]: https://github.com/matrix-org/matrix-spec-proposals/pull/4429
    #[serde(
        skip_serializing_if = "ProfileFields::are_none",
        deserialize_with = "object_or_default"
    )]
    pub profile_fields: ProfileFields,
    /// The same under its unstable name: what it asks for is answered under one, too.
    #[serde(
        rename = "org.matrix.msc4429.profile_fields",
        skip_serializing_if = "ProfileFields::are_none",
        deserialize_with = "object_or_default"
    )]
    pub unstable_profile_fields: ProfileFields,
}

impl Filter {
    /// Reads a filter.
    ///
    /// # Errors
    /// Fails on JSON that is not a filter, with the place.
    pub fn parse(json: &[u8]) -> Result<Self, FilterError> {
        Ok(object::from_slice(json)?)
    }
}

/// Of which fields of profiles a client is told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct ProfileFields {
    /// Their names; none by default.
    #[serde(deserialize_with = "bounded_or_default")]
    pub ids: Vec<String>,
}

impl ProfileFields {
    /// Whether the client wants none.
    #[must_use]
    pub fn are_none(&self) -> bool {
        self.ids.is_empty()
    }
}

/// In which form a client wants events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum EventFormat {
    /// The client format.
    #[default]
    Client,
    /// As servers exchange them.
    Federation,
}

/// Which of a room's parts a client wants to see, and of which rooms.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct RoomFilter {
    /// Only these rooms.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "bounded")]
    pub rooms: Option<Vec<OwnedRoomId>>,
    /// Not these rooms, even if `rooms` names them.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "bounded")]
    pub not_rooms: Option<Vec<OwnedRoomId>>,
    /// Whether to include rooms that the user has left. Default false.
    #[serde(deserialize_with = "null_is_default")]
    pub include_leave: bool,
    /// For receipts and typing notices.
    #[serde(deserialize_with = "object_or_default")]
    pub ephemeral: RoomEventFilter,
    /// For state.
    #[serde(deserialize_with = "object_or_default")]
    pub state: RoomEventFilter,
    /// For the timeline.
    #[serde(deserialize_with = "object_or_default")]
    pub timeline: RoomEventFilter,
    /// For the user's data about the room.
    #[serde(deserialize_with = "object_or_default")]
    pub account_data: RoomEventFilter,
}

impl RoomFilter {
    /// Whether the client wants to see anything of `room`.
    #[must_use]
    pub fn allows_room(&self, room: &RoomId) -> bool {
        matching::allows(self.rooms.as_deref(), self.not_rooms.as_deref(), |listed| listed == room)
    }
}

/// Which events a client wants, by sender and type.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct EventFilter {
    /// The most events to return; the server may have a lower limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Only from these senders.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "bounded")]
    pub senders: Option<Vec<OwnedUserId>>,
    /// Not from these, even if `senders` names them.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "bounded")]
    pub not_senders: Option<Vec<OwnedUserId>>,
    /// Only of these types; `*` stands for any characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub types: Option<Globs>,
    /// Not of these types, even if `types` names them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_types: Option<Globs>,
}

/// Which events of a room a client wants.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct RoomEventFilter {
    /// What every filter of events has.
    #[serde(flatten)]
    pub events: EventFilter,
    /// Only these rooms.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "bounded")]
    pub rooms: Option<Vec<OwnedRoomId>>,
    /// Not these rooms, even if `rooms` names them.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "bounded")]
    pub not_rooms: Option<Vec<OwnedRoomId>>,
    /// Only events whose content has, or has not, a `url`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contains_url: Option<bool>,
    /// Whether to leave out the members that the client does not need to show the events. Default false.
    #[serde(deserialize_with = "null_is_default")]
    pub lazy_load_members: bool,
    /// Whether to repeat members that the client has got before. Default false.
    #[serde(deserialize_with = "null_is_default")]
    pub include_redundant_members: bool,
    /// Whether unread counts are split by thread. Default false.
    #[serde(deserialize_with = "null_is_default")]
    pub unread_thread_notifications: bool,
    /// Only events that some event of these senders relates to (`/messages`).
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "bounded")]
    pub related_by_senders: Option<Vec<OwnedUserId>>,
    /// Only events that some event with one of these relations relates to (`/messages`).
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "bounded")]
    pub related_by_rel_types: Option<Vec<String>>,
}

impl RoomEventFilter {
    /// Reads a filter, as `/messages` and `/context` take it.
    ///
    /// # Errors
    /// Fails on JSON that is not a filter, with the place.
    pub fn parse(json: &[u8]) -> Result<Self, FilterError> {
        Ok(object::from_slice(json)?)
    }
}

fn null_is_default<'de, D, T>(input: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(input)?.unwrap_or_default())
}

fn object_or_default<'de, D, T>(input: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(object::optional(input)?.unwrap_or_default())
}

/// A list of at most [`LIST_MAX`] entries, or nothing.
fn bounded<'de, D, T>(input: D) -> Result<Option<Vec<T>>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    let list = Option::<Vec<T>>::deserialize(input)?;
    if list.as_ref().is_some_and(|list| list.len() > LIST_MAX) {
        return Err(serde::de::Error::custom(format_args!(
            "a list has more than {LIST_MAX} entries"
        )));
    }
    Ok(list)
}

/// A list of at most [`LIST_MAX`] entries, empty if there is none.
fn bounded_or_default<'de, D, T>(input: D) -> Result<Vec<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    Ok(bounded(input)?.unwrap_or_default())
}

#[cfg(test)]
mod tests;
