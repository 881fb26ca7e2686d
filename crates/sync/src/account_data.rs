//! The user's own data, as every kind of sync tells it.
use protocol::ids::UserId;
use store::{
    UserNum,
    account_data::{self as table, AccountDataRow},
};

use crate::{error::Result, service::Sync};

impl Sync {
    /// What a user has set with `after < position <= until`; all there is where `after` is absent. Push rules are among
    /// that also if they are the server's.
    pub(crate) async fn account_data_rows(
        &self,
        user: UserNum,
        user_id: &UserId,
        after: Option<i64>,
        until: i64,
    ) -> Result<Vec<AccountDataRow>> {
        let is_rules =
            |row: &AccountDataRow| row.room.is_none() && row.kind == push::ACCOUNT_DATA_TYPE;
        let mut rows = match after {
            None => table::of_user(&self.store.db, user).await?,
            Some(after) if self.store.changes.user_changed_since(user, after) => {
                table::changed_between(&self.store.db, user, after, until).await?
            }
            Some(_) => Vec::new(),
        };
        if after.is_none() && !rows.iter().any(is_rules) {
            let kind = push::ACCOUNT_DATA_TYPE.to_owned();
            rows.push(AccountDataRow { room: None, kind, content: String::new(), position: 0 });
        }
        for row in rows.iter_mut().filter(|row| is_rules(row)) {
            // The server's rules are those of now, not of when the row was written.
            row.content = self.push.account_data(user, user_id).await?;
        }
        Ok(rows)
    }
}
