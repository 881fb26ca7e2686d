//! Who ignores whom: the account data `m.ignored_user_list` ([spec]), kept in memory as a whole, because every event that
//! is shown and every event that is sent asks for it.
//!
//! Invariant: memory is what was committed last: whoever writes the account data calls [`Ignores::set`] before the change
//! is published.
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#ignoring-users
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use db::{Read, Result, params};
use parking_lot::RwLock;
use protocol::ids::{OwnedUserId, UserId};
use serde::{Deserialize, de::IgnoredAny};

use crate::numbers::UserNum;

/// The type of the account data.
pub const ACCOUNT_DATA_TYPE: &str = "m.ignored_user_list";

/// The users whom one user ignores.
pub type IgnoredUsers = HashSet<OwnedUserId>;

#[derive(Deserialize)]
struct Content {
    #[expect(clippy::zero_sized_map_values, reason = "an object of which only the names count")]
    ignored_users: BTreeMap<String, IgnoredAny>,
}

/// The users that a content names. What is no list ignores nobody, and nobody can ignore themselves: their own devices
/// would no longer see what they send.
#[must_use]
pub fn parse(content: &str, owner: &UserId) -> IgnoredUsers {
    let content = serde_json::from_str::<Content>(content);
    let named = content.map(|content| content.ignored_users).unwrap_or_default();
    let users = named.keys().filter_map(|user| UserId::parse(user.as_str()).ok());
    users.filter(|user| user != owner).collect()
}

/// Who ignores whom, of all users of this server.
#[derive(Debug, Default)]
pub struct Ignores(RwLock<Known>);

#[derive(Debug, Default)]
struct Known {
    lists: HashMap<UserNum, List>,
    /// By how many each user is ignored.
    counts: HashMap<OwnedUserId, usize>,
}

#[derive(Debug)]
struct List {
    /// Where in the change stream it was set.
    position: i64,
    users: Arc<IgnoredUsers>,
}

impl Ignores {
    pub(crate) async fn load(reader: &impl Read) -> Result<Self> {
        let rows = reader
            .query(
                "SELECT account_data.user_num, account_data.position, account_data.content, \
                 user_numbers.user_id FROM account_data JOIN user_numbers \
                 ON user_numbers.user_num = account_data.user_num \
                 WHERE account_data.type = 'm.ignored_user_list' AND account_data.room_num = -1",
                params![],
            )
            .await?;
        let ignores = Self::default();
        for row in &rows {
            let owner = UserId::parse(row.text(3)?)
                .map_err(|_| db::Error::inconsistent("user_numbers.user_id"))?;
            ignores.set(row.get(0)?, row.get(1)?, parse(row.text(2)?, &owner));
        }
        Ok(ignores)
    }

    /// Replaces the list of `user` by the one that was set at `position`, unless a later one is known already.
    pub fn set(&self, user: UserNum, position: i64, users: IgnoredUsers) {
        let mut known = self.0.write();
        if known.lists.get(&user).is_some_and(|list| list.position > position) {
            return;
        }
        for ignored in &users {
            *known.counts.entry(ignored.clone()).or_default() += 1;
        }
        let list = List { position, users: Arc::new(users) };
        let Some(before) = known.lists.insert(user, list) else { return };
        for ignored in &*before.users {
            if let Some(count) = known.counts.get_mut(ignored) {
                *count -= 1;
                if *count == 0 {
                    known.counts.remove(ignored);
                }
            }
        }
    }

    /// Whom `user` ignores; none if it is nobody.
    #[must_use]
    pub fn of(&self, user: UserNum) -> Option<Arc<IgnoredUsers>> {
        let known = self.0.read();
        let list = known.lists.get(&user)?;
        (!list.users.is_empty()).then(|| Arc::clone(&list.users))
    }

    /// Whether anybody here ignores `user`.
    #[must_use]
    pub fn is_ignored(&self, user: &UserId) -> bool {
        self.0.read().counts.contains_key(user)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(name: &str) -> OwnedUserId {
        UserId::parse(format!("@{name}:example.org")).unwrap()
    }

    #[test]
    fn a_list_names_users_and_not_its_owner() {
        let content = r#"{"ignored_users":{"@a:example.org":{},"@me:example.org":5,"no user":{}}}"#;
        assert_eq!(parse(content, &user("me")), HashSet::from([user("a")]));
        for content in ["{}", "[]", "", r#"{"ignored_users":["@a:example.org"]}"#] {
            assert!(parse(content, &user("me")).is_empty(), "{content}");
        }
    }

    #[test]
    fn the_last_list_stands_and_those_on_no_list_are_forgotten() {
        let ignores = Ignores::default();
        let (one, other) = (UserNum(1), UserNum(2));
        ignores.set(one, 5, HashSet::from([user("a"), user("b")]));
        ignores.set(other, 6, HashSet::from([user("a")]));
        ignores.set(one, 4, HashSet::from([user("c")]));
        assert!(ignores.is_ignored(&user("b")) && !ignores.is_ignored(&user("c")));
        ignores.set(one, 7, HashSet::new());
        assert!(ignores.of(one).is_none() && ignores.of(other).is_some());
        assert!(ignores.is_ignored(&user("a")) && !ignores.is_ignored(&user("b")));
    }
}
