//! The path of one piece of a room's state.
use protocol::ids::OwnedRoomId;
use serde::Deserialize;

/// Without the last part, the state key is the empty text.
#[derive(Deserialize)]
pub(crate) struct StatePath {
    pub(crate) room: OwnedRoomId,
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) state_key: String,
}

/// The paths of an endpoint that reads or sets it: an empty state key may leave out the slash before it.
pub(crate) const PATHS: &[&str] = &[
    "/_matrix/client/v3/rooms/{room}/state/{kind}/{state_key}",
    "/_matrix/client/v3/rooms/{room}/state/{kind}/",
    "/_matrix/client/v3/rooms/{room}/state/{kind}",
    "/_matrix/client/r0/rooms/{room}/state/{kind}/{state_key}",
    "/_matrix/client/r0/rooms/{room}/state/{kind}/",
    "/_matrix/client/r0/rooms/{room}/state/{kind}",
];
