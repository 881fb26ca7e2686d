//! Telling users that there are terms which they have not agreed to.
use protocol::ids::UserId;
use store::UserNum;

use crate::{NoticeError, Notices};

/// How many users are looked for at once.
const PAGE: i64 = 100;

impl Notices {
    /// Tells the users who are there and have not agreed to the present terms, each once for each version. How many were
    /// told. To be called every few seconds; without settings of notices, or without terms, it does nothing.
    ///
    /// The notice is sent under a name of the terms, and then it is noted that it was: a crash in between makes no second one.
    ///
    /// # Errors
    /// Fails if the database fails. That one user could not be told is logged, and tried again with the next call.
    pub async fn tell_of_terms(&self) -> Result<u64, db::Error> {
        if self.settings.is_none() || self.accounts.settings().terms.is_empty() {
            return Ok(0);
        }
        // Who was there since is looked up in the database.
        self.accounts.flush_activity().await?;
        let (mut told, mut after) = (0, UserNum(0));
        loop {
            let users = self.accounts.untold_of_terms(after, PAGE).await?;
            let Some((last, _)) = users.last() else { return Ok(told) };
            after = *last;
            for (user, user_id) in users {
                match self.tell_user_of_terms(user, &user_id).await {
                    Ok(is_told) => told += u64::from(is_told),
                    Err(error) => {
                        tracing::warn!(user.id = %user_id, %error, "a user could not be told of the terms");
                    }
                }
            }
        }
    }

    async fn tell_user_of_terms(
        &self,
        user: UserNum,
        user_id: &UserId,
    ) -> Result<bool, NoticeError> {
        let Some(text) = self.accounts.terms_notice(user_id).await? else { return Ok(false) };
        let name = format!("terms {}", self.accounts.settings().terms.name());
        self.send_once(user_id, &text, &name).await?;
        self.accounts.note_told_of_terms(user).await?;
        Ok(true)
    }
}
