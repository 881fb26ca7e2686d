//! Which room a client means.
use endpoint::Failure;
use protocol::ids::{OwnedRoomId, OwnedRoomOrAliasId};

use super::error::Error;
use crate::App;

/// The room of an id, or where an alias leads.
///
/// # Errors
/// 404 `M_NOT_FOUND` for an alias that leads nowhere.
pub(crate) async fn find_room(app: &App, name: OwnedRoomOrAliasId) -> Result<OwnedRoomId, Failure> {
    match OwnedRoomId::try_from(name) {
        Ok(room) => Ok(room),
        Err(alias) => Ok(app.rooms.resolve_alias(&alias).await.map_err(Error::from)?),
    }
}
