//! What follows elsewhere from a change of an account.
use std::{future::Future, pin::Pin};

use db::{Committed, Write};
use protocol::ids::UserId;
use store::{Change, UserNum};

/// A change of a user's devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceChange<'a> {
    /// A device has another name, which others see beside its keys.
    Renamed(&'a str),
    /// These devices are gone: so are their keys and the messages for them.
    Deleted(&'a [String]),
}

/// Called when the write is durable: brings memory up to date and says what is to be published.
pub type AfterCommit = Box<dyn FnOnce(&Committed) -> Vec<Change> + Send>;

/// What an observer answers with.
pub type ObserverFuture<'a> =
    Pin<Box<dyn Future<Output = Result<AfterCommit, db::Error>> + Send + 'a>>;

/// Goes on until all is done.
pub type ClosedFuture<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// Who keeps something for accounts and their devices: encryption keys, messages, the list that other users follow,
/// memberships.
pub trait AccountObserver: Send + Sync + 'static {
    /// Adds what follows from the change to the write that makes it.
    fn devices_changed<'a>(
        &'a self,
        write: &'a mut Write,
        user: UserNum,
        user_id: &'a UserId,
        change: DeviceChange<'a>,
    ) -> ObserverFuture<'a>;

    /// Called when it is durable that an account is closed: the user's keys go, and they leave their rooms. Called again if an administrator
    /// closes a closed account again, should the server have stopped in between.
    fn account_closed<'a>(&'a self, user_id: &'a UserId) -> ClosedFuture<'a>;
}
