//! Which room a client means.
use endpoint::Failure;
use protocol::ids::{OwnedRoomId, OwnedRoomOrAliasId, RoomAliasId};

use super::error::Error;
use crate::App;

/// The room of an id, or where an alias leads.
///
/// # Errors
/// 404 `M_NOT_FOUND` for an alias that leads nowhere.
pub(crate) async fn find_room(app: &App, name: OwnedRoomOrAliasId) -> Result<OwnedRoomId, Failure> {
    match OwnedRoomId::try_from(name) {
        Ok(room) => Ok(room),
        Err(alias) => Ok(resolve(app, &alias).await?),
    }
}

/// Where an alias leads. An application service that has it in its namespace is asked to make the room if there is none.
///
/// # Errors
/// 404 `M_NOT_FOUND` for an alias that leads nowhere.
pub(crate) async fn resolve(app: &App, alias: &RoomAliasId) -> Result<OwnedRoomId, Error> {
    match app.rooms.resolve_alias(alias).await {
        Err(rooms::Error::UnknownAlias) if app.appservices.want_alias(alias).await => {
            Ok(app.rooms.resolve_alias(alias).await?)
        }
        found => Ok(found?),
    }
}
