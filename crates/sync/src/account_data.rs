//! The user's own data, as every kind of sync tells it.
use store::account_data::{self as table, AccountDataRow};

use crate::{client::Client, error::Result, service::Sync, window::Window};

impl Sync {
    /// The account data that is new, of the user and of all their rooms. Push rules are among it also if they are the
    /// server's.
    pub(crate) async fn new_account_data(
        &self,
        client: &Client,
        window: Window,
    ) -> Result<Vec<AccountDataRow>> {
        let user = client.user_num;
        match window.since {
            None => {
                let rows = table::of_user(&self.store.db, user).await?;
                self.for_the_first_time(client, rows).await
            }
            Some(since) if self.store.changes.user_changed_since(user, since.position) => {
                let until = window.now.position;
                let rows =
                    table::changed_between(&self.store.db, user, since.position, until).await?;
                self.with_push_rules(client, rows).await
            }
            Some(_) => Ok(Vec::new()),
        }
    }

    /// The account data that belongs to no room, for somebody who has never seen it.
    pub(crate) async fn global_account_data(&self, client: &Client) -> Result<Vec<AccountDataRow>> {
        let rows = table::global(&self.store.db, client.user_num).await?;
        self.for_the_first_time(client, rows).await
    }

    async fn for_the_first_time(
        &self,
        client: &Client,
        mut rows: Vec<AccountDataRow>,
    ) -> Result<Vec<AccountDataRow>> {
        // Deleted: there is nothing to tell somebody who has never seen it.
        rows.retain(|row| row.content != "{}");
        if !rows.iter().any(is_push_rules) {
            let kind = push::ACCOUNT_DATA_TYPE.to_owned();
            rows.push(AccountDataRow { room: None, kind, content: String::new(), position: 0 });
        }
        self.with_push_rules(client, rows).await
    }

    /// The server's rules are those of now, not of when the row was written.
    async fn with_push_rules(
        &self,
        client: &Client,
        mut rows: Vec<AccountDataRow>,
    ) -> Result<Vec<AccountDataRow>> {
        for row in rows.iter_mut().filter(|row| is_push_rules(row)) {
            row.content = self.push.account_data(client.user_num, &client.user_id).await?;
        }
        Ok(rows)
    }
}

fn is_push_rules(row: &AccountDataRow) -> bool {
    row.room.is_none() && row.kind == push::ACCOUNT_DATA_TYPE
}
