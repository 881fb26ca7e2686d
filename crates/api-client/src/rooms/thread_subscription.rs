//! Subscriptions to threads ([MSC4306], [MSC4308]): what their endpoints share.
//!
//! [MSC4306]: https://github.com/matrix-org/matrix-spec-proposals/pull/4306
//! [MSC4308]: https://github.com/matrix-org/matrix-spec-proposals/pull/4308
use ::push::{RulesError, SubscribeError, ThreadOf};
use accounts::Session;
use endpoint::{
    Failure,
    error::{CONFLICTING_UNSUBSCRIPTION, INTERNAL, NOT_FOUND, NOT_IN_THREAD, UNAVAILABLE},
};
use protocol::ids::{OwnedEventId, OwnedRoomId};
use serde::Deserialize;

use super::error::Error;

pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod subscribe;
pub(crate) mod unsubscribe;

const SPEC: &str = "https://github.com/matrix-org/matrix-spec-proposals/pull/4306";
const PATHS: &[&str] =
    &["/_matrix/client/unstable/io.element.msc4306/rooms/{room}/thread/{root}/subscription"];

/// A thread in a path.
#[derive(Deserialize)]
pub(crate) struct ThreadPath {
    room: OwnedRoomId,
    root: OwnedEventId,
}

impl ThreadPath {
    fn of<'a>(&'a self, caller: &'a Session) -> ThreadOf<'a> {
        ThreadOf {
            user_id: &caller.user_id,
            user_num: caller.user_num,
            room_id: &self.room,
            root_id: &self.root,
        }
    }
}

/// Why a subscription was not shown or changed, as clients read it.
fn refused(error: SubscribeError) -> Failure {
    match error {
        SubscribeError::UnknownThread => NOT_FOUND.from_error(&error),
        SubscribeError::NotInThread => NOT_IN_THREAD.from_error(&error),
        SubscribeError::Unsubscribed => CONFLICTING_UNSUBSCRIPTION.from_error(&error),
        SubscribeError::Rules(RulesError::Contended) => UNAVAILABLE.from_error(&error),
        SubscribeError::Rules(RulesError::Refused(_) | RulesError::Failed(_)) => {
            INTERNAL.from_error(&error)
        }
        SubscribeError::Failed(error) => Error::from(error).into(),
    }
}
