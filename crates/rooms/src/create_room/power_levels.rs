//! The power levels that a new room starts with.
use protocol::{
    RoomVersion,
    canonical::{Object, Value},
    ids::{OwnedUserId, UserId},
};

use super::{CreateRoom, Preset};
use crate::{
    draft::Draft,
    error::{Error, Result},
};

/// What each type of state needs, where it is not the default of 50.
const EVENTS: &[(&str, i64)] = &[
    ("m.room.avatar", 50),
    ("m.room.canonical_alias", 50),
    ("m.room.encryption", 100),
    ("m.room.history_visibility", 100),
    ("m.room.name", 50),
    ("m.room.power_levels", 100),
    ("m.room.server_acl", 100),
];

/// What a tombstone needs where creators stand above every level: more than an administrator (MSC4289).
const TOMBSTONE_LEVEL_ABOVE_ADMINISTRATORS: i64 = 150;

pub(crate) fn draft(creator: &UserId, version: RoomVersion, request: &CreateRoom) -> Result<Draft> {
    let mut events = Object::new();
    for (kind, level) in EVENTS {
        insert_level(&mut events, kind, *level);
    }
    let privileged = version.creators_are_privileged();
    let tombstone = if privileged { TOMBSTONE_LEVEL_ABOVE_ADMINISTRATORS } else { 100 };
    insert_level(&mut events, "m.room.tombstone", tombstone);
    let mut users = Object::new();
    if !privileged {
        insert_level(&mut users, creator.as_str(), 100);
        if request.preset == Preset::TrustedPrivateChat {
            for user in &request.invite {
                insert_level(&mut users, user.as_str(), 100);
            }
        }
    }
    let mut content = Object::new();
    for (field, level) in [
        ("ban", 50),
        ("events_default", 0),
        ("invite", if request.preset == Preset::PublicChat { 50 } else { 0 }),
        ("kick", 50),
        ("redact", 50),
        ("state_default", 50),
        ("users_default", 0),
    ] {
        insert_level(&mut content, field, level);
    }
    content.insert("events".into(), Value::Object(events));
    content.insert("users".into(), Value::Object(users));
    content.extend(request.power_level_content_override.clone());
    check_creators(creator, version, request, &content)?;
    Ok(Draft::state("m.room.power_levels", "", content))
}

/// Creators have no level where they stand above all of them: the authorization rules refuse such power levels, and
/// the client is told why before.
fn check_creators(
    creator: &UserId,
    version: RoomVersion,
    request: &CreateRoom,
    content: &Object,
) -> Result<()> {
    if !version.creators_are_privileged() {
        return Ok(());
    }
    let Some(Value::Object(users)) = content.get("users") else { return Ok(()) };
    let trusted = request.preset == Preset::TrustedPrivateChat;
    let invited = request.invite.iter().filter(|_| trusted).map(|user| &**user);
    let mut creators = std::iter::once(creator).chain(invited);
    if creators.any(|creator| users.contains_key(creator.as_str())) {
        return Err(Error::InvalidRoomState(
            "creators of a room of this version have no power level of their own".into(),
        ));
    }
    Ok(())
}

/// Adds users to the creators of a room.
pub(super) fn add_creators(content: &mut Object, users: &[OwnedUserId]) {
    if users.is_empty() {
        return;
    }
    let mut creators = match content.remove("additional_creators") {
        Some(Value::Array(creators)) => creators,
        _ => Vec::new(),
    };
    for user in users {
        let user = Value::String(user.as_str().to_owned());
        if !creators.contains(&user) {
            creators.push(user);
        }
    }
    content.insert("additional_creators".into(), Value::Array(creators));
}

fn insert_level(levels: &mut Object, name: &str, level: i64) {
    if let Ok(level) = level.try_into() {
        levels.insert(name.to_owned(), Value::Integer(level));
    }
}
