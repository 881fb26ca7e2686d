//! The body of a request, as it is on the wire.
use std::{collections::BTreeMap, hash::Hash};

use protocol::{ids::OwnedRoomId, object};
use serde::{Deserialize, Deserializer, de::Error as _};

/// The body. What is not named here is ignored.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Body {
    pub(super) conn_id: Option<String>,
    pub(super) txn_id: Option<String>,
    pub(super) lists: Option<BTreeMap<String, Whole<ListBody>>>,
    pub(super) room_subscriptions: Option<BTreeMap<OwnedRoomId, Whole<RoomBody>>>,
    #[serde(deserialize_with = "object::optional")]
    pub(super) extensions: Option<ExtensionsBody>,
}

/// What is read from an object only; serde's derive would also take an array, field by field.
#[derive(Debug)]
pub(super) struct Whole<T>(pub(super) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Whole<T> {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        object::optional(input)?.map(Self).ok_or_else(|| D::Error::custom("an object is wanted"))
    }
}

/// A list of rooms.
#[derive(Debug, Deserialize)]
pub(super) struct ListBody {
    pub(super) ranges: Option<Vec<(u64, u64)>>,
    #[serde(default, deserialize_with = "object::optional")]
    pub(super) filters: Option<Filters>,
    #[serde(flatten)]
    pub(super) room: RoomBody,
}

/// What is wanted of each room.
#[derive(Debug, Deserialize)]
pub(super) struct RoomBody {
    #[serde(default)]
    pub(super) timeline_limit: Option<u64>,
    #[serde(default)]
    pub(super) required_state: Option<Vec<(String, String)>>,
    #[serde(default)]
    pub(super) include_heroes: Option<bool>,
}

/// Which rooms a list has. What is absent filters nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(default)]
pub(crate) struct Filters {
    /// Rooms to talk with one other person, as the user's `m.direct` has it, or no such.
    pub(crate) is_dm: Option<bool>,
    /// Rooms of these spaces.
    pub(crate) spaces: Option<Vec<OwnedRoomId>>,
    /// Encrypted rooms, or others.
    pub(crate) is_encrypted: Option<bool>,
    /// Rooms that the user is invited to, or others.
    #[serde(alias = "is_invited")]
    pub(crate) is_invite: Option<bool>,
    /// Rooms of these types; `null` for those without a type.
    pub(crate) room_types: Option<Vec<Option<String>>>,
    /// No rooms of these types.
    pub(crate) not_room_types: Option<Vec<Option<String>>>,
    /// Rooms with one of these tags.
    pub(crate) tags: Option<Vec<String>>,
    /// No rooms with one of these tags.
    pub(crate) not_tags: Option<Vec<String>>,
}

/// The extensions: what is wanted beside the rooms.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ExtensionsBody {
    #[serde(deserialize_with = "object::optional")]
    pub(super) to_device: Option<ToDeviceBody>,
    #[serde(deserialize_with = "object::optional")]
    pub(super) e2ee: Option<SwitchBody>,
    #[serde(deserialize_with = "object::optional")]
    pub(super) account_data: Option<SelectorBody>,
    #[serde(deserialize_with = "object::optional")]
    pub(super) receipts: Option<SelectorBody>,
    #[serde(deserialize_with = "object::optional")]
    pub(super) typing: Option<SelectorBody>,
    #[serde(rename = "org.matrix.msc4354.sticky_events", deserialize_with = "object::optional")]
    pub(super) sticky_events: Option<ToDeviceBody>,
    #[serde(rename = "org.matrix.msc4262.profiles", deserialize_with = "object::optional")]
    pub(super) profiles: Option<ProfilesBody>,
    #[serde(
        rename = "io.element.msc4308.thread_subscriptions",
        deserialize_with = "object::optional"
    )]
    pub(super) thread_subscriptions: Option<LimitedBody>,
}

/// On or off, and how many.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct LimitedBody {
    pub(super) enabled: Option<bool>,
    pub(super) limit: Option<u64>,
}

/// Messages to the device, and sticky events: what is told once.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ToDeviceBody {
    pub(super) enabled: Option<bool>,
    pub(super) limit: Option<u64>,
    pub(super) since: Option<String>,
}

/// On or off.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct SwitchBody {
    pub(super) enabled: Option<bool>,
}

/// On or off, and for which rooms.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct SelectorBody {
    pub(super) enabled: Option<bool>,
    pub(super) lists: Option<Vec<String>>,
    pub(super) rooms: Option<Vec<String>>,
}

/// On or off, for whom of which rooms, and which fields.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ProfilesBody {
    #[serde(flatten)]
    pub(super) selector: SelectorBody,
    pub(super) fields: Option<Vec<String>>,
}
