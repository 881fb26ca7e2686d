//! Whom a user ignores, as far as notifications go ([spec]).
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#ignoring-users
use rooms::Event;
use store::UserNum;

use crate::Push;

impl Push {
    /// The numbers of those whom `user` ignores, as far as they have ever done anything here.
    pub(crate) async fn ignored_numbers(&self, user: UserNum) -> db::Result<Vec<UserNum>> {
        match self.store.ignores.of(user) {
            None => Ok(Vec::new()),
            Some(ignored) => self.store.interner.find_users(ignored.iter().map(|id| &**id)).await,
        }
    }

    /// Whether `user` ignores the sender of an event: of that they are not notified, though state is shown to them.
    pub(crate) fn is_ignored(&self, user: UserNum, event: &Event) -> bool {
        let ignored = self.store.ignores.of(user);
        ignored.is_some_and(|ignored| ignored.contains(event.pdu.sender()))
    }
}
