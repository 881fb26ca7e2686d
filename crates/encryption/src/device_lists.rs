//! Device lists: whose keys have changed, for those who share a room with them ([spec]).
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#tracking-the-device-list-for-a-user
use std::collections::BTreeSet;

use ::rooms::Moves;
use protocol::ids::OwnedUserId;
use store::{UserNum, device_lists, key_signatures};

use crate::Encryption;

/// What a client has to learn anew, and what it may forget.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceListChanges {
    /// Whose keys have changed, or who shares a room with the user since.
    pub changed: Vec<OwnedUserId>,
    /// Who shares no room with the user any more.
    pub left: Vec<OwnedUserId>,
}

impl Encryption {
    /// The changes that `user` is to be told of, after position `after` and up to `until`.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn device_list_changes(
        &self,
        user: UserNum,
        after: i64,
        until: i64,
    ) -> Result<DeviceListChanges, db::Error> {
        let mut candidates = Vec::new();
        let hub = &self.store.changes;
        // The change of a user in no room is published to that user alone.
        if hub.device_lists_changed_since(after) || hub.user_changed_since(user, after) {
            candidates = device_lists::changed_since(&self.store.db, after).await?;
        }
        let Moves { together, apart } = self.rooms.moves(user, after, until).await?;
        let signed = self.signed_since(user, after, until).await?;
        if [&candidates, &signed].iter().all(|users| users.is_empty())
            && together.is_empty()
            && apart.is_empty()
        {
            return Ok(DeviceListChanges::default());
        }
        let others: Vec<UserNum> = candidates
            .iter()
            .chain(&apart)
            .filter(|one| !together.contains(one))
            .copied()
            .collect();
        let sharing = self.rooms.sharing_with(user, &others).await?;
        let left: BTreeSet<UserNum> = apart
            .into_iter()
            .filter(|one| *one != user && !sharing.contains(one) && !together.contains(one))
            .collect();
        // The user's own devices concern them without any room.
        let concern = |one: &UserNum| *one == user || sharing.contains(one);
        let mut changed: BTreeSet<UserNum> = signed.into_iter().chain(together).collect();
        changed.extend(candidates.iter().copied().filter(concern));
        Ok(DeviceListChanges {
            changed: self.user_ids(changed.iter()).await?,
            left: self.user_ids(left.iter()).await?,
        })
    }

    /// Whose master key the user has signed: only they see these signatures, on all their devices.
    async fn signed_since(
        &self,
        user: UserNum,
        after: i64,
        until: i64,
    ) -> Result<Vec<UserNum>, db::Error> {
        if !self.store.changes.user_changed_since(user, after) {
            return Ok(Vec::new());
        }
        key_signatures::signed_between(&self.store.db, user, after, until).await
    }

    async fn user_ids(
        &self,
        users: impl Iterator<Item = &UserNum>,
    ) -> Result<Vec<OwnedUserId>, db::Error> {
        let mut ids = Vec::new();
        for user in users {
            ids.push(self.store.interner.user_id(*user).await?);
        }
        Ok(ids)
    }
}

#[cfg(test)]
mod tests;
