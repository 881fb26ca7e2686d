//! The account that a command names.
use accounts::administration::AdministrationError;
use endpoint::Json;
use protocol::ids::{OwnedUserId, UserId, local_user_id};

use super::{Error, document::User};
use crate::App;

/// The user with this whole id, or with this part before the colon.
pub(super) async fn find(app: &App, name: &str) -> Result<OwnedUserId, Error> {
    if local_user_id(name, app.accounts.server_name()).is_err() {
        return Err(Error::NotOurs(name.to_owned()));
    }
    let user = app.accounts.find_by_name(name).await?;
    Ok(user.ok_or(AdministrationError::UnknownUser)?.name)
}

/// The account as it is now: what commands that change it answer with.
pub(super) async fn document(app: &App, user_id: &UserId) -> Result<Json<User>, Error> {
    let user = app.accounts.user(user_id).await?;
    Ok(Json(user.ok_or(AdministrationError::UnknownUser)?.into()))
}
