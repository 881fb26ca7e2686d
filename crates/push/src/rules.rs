//! Each user's rules: where they are kept, and how they change.
//!
//! They are account data of type `m.push_rules`, which only this module writes. Who has never changed them has none.
use protocol::{
    ids::UserId,
    push::{PushRuleError, PushRules},
};
use serde::Deserialize;
use serde_json::value::RawValue;
use store::{Change, UserNum, account_data};

use crate::Push;

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
        for _ in 0..ATTEMPTS_MAX {
            let before = self.own_rules(user, user_id).await?;
            let read = before.as_ref().map(|before| before.position);
            let mut rules =
                before.map_or_else(|| PushRules::server_default(user_id), |before| before.rules);
            let old = content(&rules);
            change(&mut rules)?;
            let new = content(&rules);
            if new == old {
                return Ok(());
            }
            let mut write = db::Write::new();
            let at = write.position();
            account_data::replace(&mut write, user, None, ACCOUNT_DATA_TYPE, &new, read, &at);
            match self.store.write(write).await {
                Ok(committed) => {
                    let change = Change::User { position: committed.position(&at), user };
                    self.store.changes.publish(committed.publication, &[change]);
                    return Ok(());
                }
                Err(db::WriteError::Conflict { .. }) => {}
                Err(error) => return Err(db::Error::from(error).into()),
            }
        }
        Err(RulesError::Contended)
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
