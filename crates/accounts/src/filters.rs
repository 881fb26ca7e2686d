//! Filters that clients upload once and name later ([spec]). What is in them is for sync to understand.
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#filtering
use db::{Write, WriteError};
use sha2::{Digest as _, Sha256};
use store::{UserNum, filters};

use crate::Accounts;

/// How often it is tried to store a filter while others are stored.
const TRIES_MAX: usize = 20;

impl Accounts {
    /// Keeps a filter for a user and returns its id. An equal one has its id already.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn create_filter(
        &self,
        user: UserNum,
        definition: &str,
    ) -> Result<String, db::Error> {
        let hash: [u8; 32] = Sha256::digest(definition).into();
        for _ in 0..TRIES_MAX {
            if let Some(id) = filters::find_id(&self.store.db, user, &hash).await? {
                return Ok(id.to_string());
            }
            let mut write = Write::new();
            filters::insert(&mut write, user, &hash, definition);
            match self.store.db.write(write).await {
                // Somebody else has stored the same at the same time, or another under this number.
                Ok(_) | Err(WriteError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(db::Error::inconsistent("a filter that was stored is not there"))
    }

    /// A filter by its id; `None` if the user has none of that id.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn filter(&self, user: UserNum, id: &str) -> Result<Option<String>, db::Error> {
        match id.parse::<i64>() {
            Ok(id) => filters::find(&self.store.db, user, id).await,
            Err(_) => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests;
