//! Each user's rules: where they are kept, and how they change.
//!
//! They are account data of type `m.push_rules`, which only this module writes. Who has never changed them has none. A
//! change counts from then on: in rooms about which the rules now say something else, the user changes the audience.
use std::collections::BTreeSet;

use db::{Value, Write};
use protocol::{
    ids::UserId,
    push::{PreparedRules, PushRuleError, PushRules},
};
use serde::Deserialize;
use serde_json::value::RawValue;
use store::{
    Change, RoomNum, UserNum, account_data,
    memberships::{self, Membership},
    notification_audiences,
};

use crate::{Push, audiences::Belonging};

/// The type of the account data.
pub const ACCOUNT_DATA_TYPE: &str = "m.push_rules";

/// How often a change is tried again after somebody else has changed the same user's rules.
const ATTEMPTS_MAX: u32 = 5;

/// Why the rules were not read or changed.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    /// The change is not allowed.
    #[error(transparent)]
    Refused(#[from] PushRuleError),
    /// Others change the same at the same time, without end.
    #[error("the push rules were changed by others at the same time")]
    Contended,
    /// The database failed.
    #[error(transparent)]
    Failed(#[from] db::Error),
}

/// A user's own rules.
pub(crate) struct OwnRules {
    pub(crate) rules: PushRules,
    /// Where in the change stream they were set.
    pub(crate) position: i64,
}

#[derive(Deserialize)]
struct Content {
    global: Box<RawValue>,
}

impl Push {
    /// The rules of `user`.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn rules(&self, user: UserNum, user_id: &UserId) -> db::Result<PushRules> {
        let own = self.own_rules(user, user_id).await?;
        Ok(own.map_or_else(|| PushRules::server_default(user_id), |own| own.rules))
    }

    /// The content of the account data `m.push_rules` of `user`, also of one who has never changed them.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn account_data(&self, user: UserNum, user_id: &UserId) -> db::Result<String> {
        Ok(content(&self.rules(user, user_id).await?))
    }

    /// Changes the rules of `user`; they stay as they are if `change` refuses.
    ///
    /// # Errors
    /// See [`RulesError`].
    pub async fn change_rules(
        &self,
        user: UserNum,
        user_id: &UserId,
        change: impl Fn(&mut PushRules) -> Result<(), PushRuleError> + Send,
    ) -> Result<(), RulesError> {
        let _turn = self.turns.take(user).await;
        for _ in 0..ATTEMPTS_MAX {
            let own = self.own_rules(user, user_id).await?;
            let read = own.as_ref().map(|own| own.position);
            let before = own.map_or_else(|| PushRules::server_default(user_id), |own| own.rules);
            let mut after = before.clone();
            change(&mut after)?;
            let text = content(&after);
            if text == content(&before) {
                return Ok(());
            }
            let mut write = Write::new();
            let at = write.position();
            account_data::replace(&mut write, user, None, ACCOUNT_DATA_TYPE, &text, read, &at);
            let (before, after) = (before.prepare(user_id), after.prepare(user_id));
            let joined = self.joined_rooms(user).await?;
            let moved = self.move_between(user, &joined, &before, &after, &at, &mut write).await?;
            match self.store.write(write).await {
                Ok(committed) => {
                    self.prepared.forget(&user);
                    for room in &moved {
                        self.audiences.forget(room);
                    }
                    let position = committed.position(&at);
                    self.store
                        .changes
                        .publish(committed.publication, &[Change::User { position, user }]);
                    return Ok(self.settle(user, &joined, &after, position).await?);
                }
                Err(db::WriteError::Conflict { .. }) => {}
                Err(error) => return Err(db::Error::from(error).into()),
            }
        }
        Err(RulesError::Contended)
    }

    /// Changes the audience in those of `rooms` about which `after` says something else than `before`; returns them.
    async fn move_between(
        &self,
        user: UserNum,
        rooms: &BTreeSet<RoomNum>,
        before: &PreparedRules,
        after: &PreparedRules,
        at: &Value,
        write: &mut Write,
    ) -> db::Result<Vec<RoomNum>> {
        let mut moved = Vec::new();
        for room in rooms {
            let room_id = self.store.interner.room_id(*room).await?;
            if before.fingerprint(&room_id) == after.fingerprint(&room_id) {
                continue;
            }
            let Belonging { audience, is_counted } = self.belonging(after, &room_id);
            notification_audiences::prune(write, *room, user);
            let at = at.clone();
            notification_audiences::insert(write, *room, user, at, audience, is_counted);
            moved.push(*room);
        }
        Ok(moved)
    }

    /// Rooms that the user joined while the rules changed, `known` being the others, may have seen those of before.
    async fn settle(
        &self,
        user: UserNum,
        known: &BTreeSet<RoomNum>,
        rules: &PreparedRules,
        position: i64,
    ) -> db::Result<()> {
        let joined = self.joined_rooms(user).await?;
        let new: Vec<RoomNum> = joined.difference(known).copied().collect();
        if new.is_empty() {
            return Ok(());
        }
        let rows = notification_audiences::of_user(&self.store.db, user, &new).await?;
        let mut write = Write::new();
        for room in &new {
            let stored = rows.iter().rfind(|row| row.room_num == *room);
            let stored = stored.map_or(Belonging::ORDINARY.audience, |row| row.audience);
            let room_id = self.store.interner.room_id(*room).await?;
            let Belonging { audience, is_counted } = self.belonging(rules, &room_id);
            let is_settled = stored == audience || rows.iter().any(|row| row.position >= position);
            if !is_settled {
                let at = position.into();
                notification_audiences::insert(&mut write, *room, user, at, audience, is_counted);
            }
        }
        self.store.write(write).await.map_err(db::Error::from)?;
        for room in &new {
            self.audiences.forget(room);
        }
        Ok(())
    }

    async fn joined_rooms(&self, user: UserNum) -> db::Result<BTreeSet<RoomNum>> {
        let rows = memberships::of_user(&self.store.db, user).await?;
        let joined = rows.into_iter().filter(|row| row.membership == Membership::Join);
        Ok(joined.map(|row| row.room_num).collect())
    }

    /// The rules of `user`, if they have ever changed them.
    pub(crate) async fn own_rules(
        &self,
        user: UserNum,
        user_id: &UserId,
    ) -> db::Result<Option<OwnRules>> {
        let row = account_data::find(&self.store.db, user, None, ACCOUNT_DATA_TYPE).await?;
        let Some(row) = row else { return Ok(None) };
        let rules = serde_json::from_str::<Content>(&row.content)
            .and_then(|content| PushRules::from_json(content.global.get(), user_id))
            .map_err(|_| db::Error::inconsistent("the push rules in account_data.content"))?;
        Ok(Some(OwnRules { rules, position: row.position }))
    }
}

fn content(rules: &PushRules) -> String {
    format!(r#"{{"global":{}}}"#, rules.to_json())
}

#[cfg(test)]
mod tests;
