//! The tables of redaction: which keys survive, by type and room version.
use crate::{
    RoomVersion,
    canonical::{Object, Value},
};

/// What is kept of a content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    All,
    Keys(&'static [&'static str]),
}

/// Whether the key at the top of an event survives. `unsigned` never does.
pub(super) fn top_level(key: &str, version: RoomVersion) -> bool {
    match key {
        "event_id" | "type" | "room_id" | "sender" | "state_key" | "content" | "hashes"
        | "signatures" | "depth" | "prev_events" | "auth_events" | "origin_server_ts" => true,
        "origin" | "membership" | "prev_state" => version < RoomVersion::V11,
        _ => false,
    }
}

/// Which keys of the content survive.
pub(super) fn content(kind: &str, version: RoomVersion) -> Content {
    use RoomVersion::{V6, V8, V9, V11};
    Content::Keys(match kind {
        "m.room.create" if version >= V11 => return Content::All,
        "m.room.create" => &["creator"],
        "m.room.member" if version >= V11 => {
            &["membership", "join_authorised_via_users_server", "third_party_invite"]
        }
        "m.room.member" if version >= V9 => &["membership", "join_authorised_via_users_server"],
        "m.room.member" => &["membership"],
        "m.room.join_rules" if version >= V8 => &["join_rule", "allow"],
        "m.room.join_rules" => &["join_rule"],
        "m.room.power_levels" if version >= V11 => &[
            "ban",
            "events",
            "events_default",
            "invite",
            "kick",
            "redact",
            "state_default",
            "users",
            "users_default",
        ],
        "m.room.power_levels" => &[
            "ban",
            "events",
            "events_default",
            "kick",
            "redact",
            "state_default",
            "users",
            "users_default",
        ],
        "m.room.history_visibility" => &["history_visibility"],
        "m.room.aliases" if version < V6 => &["aliases"],
        "m.room.redaction" if version >= V11 => &["redacts"],
        _ => &[],
    })
}

/// Whether an event of this type loses its whole content.
pub(crate) fn keeps_no_content(kind: &str, version: RoomVersion) -> bool {
    content(kind, version) == Content::Keys(&[])
}

/// Whether an event of this type keeps its whole content.
pub(crate) fn keeps_all_content(kind: &str, version: RoomVersion) -> bool {
    content(kind, version) == Content::All
}

/// A member event keeps of its `third_party_invite` only `signed` (version 11+; before, the key is gone already). An
/// object without `signed` stays as an empty object, as other servers hash it; anything else goes.
pub(super) fn prune_third_party_invite(content: &mut Object, kind: &str) {
    if kind != "m.room.member" {
        return;
    }
    if let Some(Value::Object(invite)) = content.get_mut("third_party_invite") {
        invite.retain(|key, _| key == "signed");
    } else {
        content.remove("third_party_invite");
    }
}
