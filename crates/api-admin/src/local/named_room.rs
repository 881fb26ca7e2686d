//! The room that a command names.
use protocol::ids::{OwnedRoomId, RoomAliasId, RoomId};

use super::{Error, room_document::Room};
use crate::App;

/// The room with this id or alias. Whether the server has it is another question.
pub(super) async fn find(app: &App, name: &str) -> Result<OwnedRoomId, Error> {
    if let Ok(alias) = RoomAliasId::parse(name) {
        return Ok(app.rooms.resolve_alias(&alias).await?);
    }
    RoomId::parse(name).map_err(|_| Error::NoRoom(name.to_owned()))
}

/// The room as it is now: what commands that change it answer with.
pub(super) async fn document(app: &App, room_id: &RoomId) -> Result<Room, Error> {
    let block = app.rooms.block_of(room_id).await?;
    let mut document = Room {
        room_id: room_id.to_string(),
        known: false,
        name: None,
        topic: None,
        canonical_alias: None,
        aliases: Vec::new(),
        room_type: None,
        room_version: None,
        creator: None,
        created_ms: None,
        join_rule: None,
        history_visibility: None,
        guests: false,
        encrypted: false,
        joined: 0,
        invited: 0,
        events: 0,
        published: false,
        blocked: block.is_some(),
        block_message: block.and_then(|block| block.message),
    };
    let Some(room) = app.rooms.find(room_id).await? else { return Ok(document) };
    let facts = room.facts(&app.rooms).await?;
    let aliases = app.rooms.all_aliases(room.num).await?;
    document.known = true;
    document.name = facts.state_text("m.room.name", "name");
    document.topic = facts.state_text("m.room.topic", "topic");
    document.canonical_alias = facts.state_text("m.room.canonical_alias", "alias");
    document.aliases = aliases.iter().map(ToString::to_string).collect();
    document.room_type = facts.room_type();
    document.room_version = Some(facts.version.as_str().to_owned());
    document.creator = facts.creator().map(ToString::to_string);
    document.created_ms = Some(facts.created_ts);
    document.join_rule = Some(facts.join_rule().as_str().to_owned());
    document.history_visibility = Some(facts.history_visibility().as_str().to_owned());
    document.guests = facts.guest_can_join();
    document.encrypted = facts.is_encrypted();
    document.joined = facts.joined;
    document.invited = facts.invited;
    document.events = app.rooms.count_events(room.num).await?;
    document.published = app.rooms.is_published(room_id).await?;
    Ok(document)
}
