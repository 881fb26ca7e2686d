//! Whose aliases are whose.
use accounts::Session;
use endpoint::{Failure, error::EXCLUSIVE};
use protocol::ids::RoomAliasId;

use crate::App;

/// That the caller may make, change or delete an alias.
///
/// # Errors
/// 400 `M_EXCLUSIVE` if it is in an application service's exclusive namespace, or the caller is an application service
/// and it is in none of its namespaces.
pub(crate) fn own_alias(app: &App, session: &Session, alias: &RoomAliasId) -> Result<(), Failure> {
    if app.appservices.may_use_alias(session, alias) {
        Ok(())
    } else {
        Err(EXCLUSIVE.because("This alias is reserved for an application service"))
    }
}
