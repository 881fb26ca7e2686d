//! The body of a request that changes somebody else's membership.
use protocol::ids::{OwnedUserId, UserId};
use rooms::MembershipChange;
use serde::Deserialize;

/// Whose membership, and why.
#[derive(Deserialize)]
pub(crate) struct Target {
    user_id: OwnedUserId,
    reason: Option<String>,
}

impl Target {
    /// The change, made by `sender`.
    pub(crate) fn change<'a>(&'a self, sender: &'a UserId) -> MembershipChange<'a> {
        MembershipChange { sender, target: &self.user_id, reason: self.reason.as_deref() }
    }
}
