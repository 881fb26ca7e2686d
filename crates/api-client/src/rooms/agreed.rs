//! What somebody can do who has not agreed to the terms of the server: leave, and join the room in which the server says so.
use std::sync::Arc;

use accounts::Session;
use endpoint::{Authority as _, Failure, error::INTERNAL};
use protocol::{
    canonical::{self, Object},
    ids::RoomId,
};

use crate::App;

/// Whether the caller may join a room.
///
/// # Errors
/// 403 `M_CONSENT_NOT_GIVEN` for somebody who has to agree first.
pub(super) async fn may_join(
    app: &App,
    caller: &Arc<Session>,
    room: &RoomId,
) -> Result<(), Failure> {
    let Err(refused) = app.check_agreed(caller).await else { return Ok(()) };
    match app.notices.is_room_of(caller.user_num, room).await {
        Ok(true) => Ok(()),
        Ok(false) => Err(refused),
        Err(error) => Err(INTERNAL.from_error(&error)),
    }
}

/// Whether the caller may set this key of the state of a room: their own departure, or anything once they have agreed.
///
/// # Errors
/// 403 `M_CONSENT_NOT_GIVEN` for somebody who has to agree first.
pub(super) async fn may_set_state(
    app: &App,
    caller: &Arc<Session>,
    (kind, state_key): (&str, &str),
    content: &Object,
) -> Result<(), Failure> {
    let is_own = kind == "m.room.member" && state_key == caller.user_id.as_str();
    if is_own && canonical::string(content, "membership") == Some("leave") {
        return Ok(());
    }
    app.check_agreed(caller).await
}
