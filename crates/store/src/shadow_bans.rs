//! The users whose doings reach nobody, in memory: every event that is sent asks for it.
//!
//! Invariant: memory is what was committed last: whoever writes `users.shadow_banned` calls [`ShadowBans::set`] afterwards.
use std::collections::HashSet;

use db::{Read, Result, params};
use parking_lot::RwLock;
use protocol::ids::{OwnedUserId, UserId};

/// Who is shadow-banned.
#[derive(Debug, Default)]
pub struct ShadowBans(RwLock<HashSet<OwnedUserId>>);

impl ShadowBans {
    pub(crate) async fn load(reader: &impl Read) -> Result<Self> {
        let sql = "SELECT name FROM users WHERE shadow_banned = 1";
        let rows = reader.query(sql, params![]).await?;
        let user = |row: &db::Row| {
            UserId::parse(row.text(0)?).map_err(|_| db::Error::inconsistent("users.name"))
        };
        Ok(Self(RwLock::new(rows.iter().map(user).collect::<Result<_>>()?)))
    }

    /// Whether nothing that `user` does reaches others.
    #[must_use]
    pub fn has(&self, user: &UserId) -> bool {
        let banned = self.0.read();
        // Nearly always there is nobody.
        !banned.is_empty() && banned.contains(user)
    }

    /// Notes what was committed.
    pub fn set(&self, user: &UserId, banned: bool) {
        let mut all = self.0.write();
        if banned {
            all.insert(user.to_owned());
        } else {
            all.remove(user);
        }
    }
}
