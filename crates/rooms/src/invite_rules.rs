//! Whose invites a user wants ([spec], [MSC4155]): the user says so in account data, and the server turns the others away.
//!
//! [spec]: https://spec.matrix.org/unstable/client-server-api/#minvite_permission_config
//! [MSC4155]: https://github.com/matrix-org/matrix-spec-proposals/pull/4155
use protocol::{ids::UserId, push::glob_matches};
use serde::Deserialize;
use serde_json::Value;
use store::{UserNum, account_data};

use crate::{
    error::{Error, Result},
    service::Rooms,
};

/// The types of account data that say so: of MSC4380, and its name before that; of MSC4155, which lists users and servers.
const TYPES: [&str; 3] = [
    "m.invite_permission_config",
    "org.matrix.msc4380.invite_permission_config",
    "org.matrix.msc4155.invite_permission_config",
];

/// How many patterns of one list count.
const PATTERNS_MAX: usize = 1_000;

/// What becomes of an invite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InviteVerdict {
    /// The user is told.
    Allow,
    /// The inviter does not learn that the user is not told.
    Ignore,
    /// The inviter is turned away.
    Block,
}

/// Whose invites a user wants.
#[derive(Debug, Default)]
pub struct InviteRules {
    rules: Vec<Rules>,
    /// Where in the change stream they were last set.
    position: i64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Rules {
    default_action: Value,
    block_all: Value,
    enabled: Value,
    allowed_users: Value,
    ignored_users: Value,
    blocked_users: Value,
    allowed_servers: Value,
    ignored_servers: Value,
    blocked_servers: Value,
}

impl InviteRules {
    /// What becomes of an invite by `inviter`. What is not of the form that it should have does not count.
    #[must_use]
    pub fn verdict(&self, inviter: &UserId) -> InviteVerdict {
        let verdicts = self.rules.iter().map(|rules| rules.verdict(inviter));
        verdicts.fold(InviteVerdict::Allow, |strictest, verdict| match (strictest, verdict) {
            (InviteVerdict::Block, _) | (_, InviteVerdict::Block) => InviteVerdict::Block,
            (InviteVerdict::Ignore, _) | (_, InviteVerdict::Ignore) => InviteVerdict::Ignore,
            (InviteVerdict::Allow, InviteVerdict::Allow) => InviteVerdict::Allow,
        })
    }

    /// Whether everybody's invites are wanted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Where in the change stream they were last set; 0 if they never were.
    #[must_use]
    pub fn position(&self) -> i64 {
        self.position
    }
}

impl Rules {
    /// Users come before servers; in each, what is allowed comes first, then what is ignored, then what is blocked.
    fn verdict(&self, inviter: &UserId) -> InviteVerdict {
        if self.enabled == false {
            return InviteVerdict::Allow;
        }
        let (user, server) = (inviter.as_str(), inviter.server_name().as_str());
        for (patterns, name, verdict) in [
            (&self.allowed_users, user, InviteVerdict::Allow),
            (&self.ignored_users, user, InviteVerdict::Ignore),
            (&self.blocked_users, user, InviteVerdict::Block),
            (&self.allowed_servers, server, InviteVerdict::Allow),
            (&self.ignored_servers, server, InviteVerdict::Ignore),
            (&self.blocked_servers, server, InviteVerdict::Block),
        ] {
            if matches_any(patterns, name) {
                return verdict;
            }
        }
        let blocks_all = self.default_action == "block" || self.block_all == true;
        if blocks_all { InviteVerdict::Block } else { InviteVerdict::Allow }
    }
}

fn matches_any(patterns: &Value, name: &str) -> bool {
    let patterns = patterns.as_array().into_iter().flatten().take(PATTERNS_MAX);
    patterns.filter_map(Value::as_str).any(|pattern| glob_matches(pattern, name))
}

impl Rooms {
    /// Whose invites `user` wants.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn invite_rules(&self, user: UserNum) -> Result<InviteRules> {
        let mut rules = InviteRules::default();
        for row in account_data::of_types(&self.store.db, user, &TYPES).await? {
            rules.position = rules.position.max(row.position);
            rules.rules.extend(serde_json::from_str::<Rules>(&row.content));
        }
        Ok(rules)
    }

    /// # Errors
    /// [`Error::InviteBlocked`] if `target` turns away invites by `inviter`.
    pub(crate) async fn check_invite(&self, inviter: &UserId, target: &UserId) -> Result<()> {
        let Some(target) = self.store.interner.find_user(target).await? else { return Ok(()) };
        match self.invite_rules(target).await?.verdict(inviter) {
            InviteVerdict::Block => Err(Error::InviteBlocked),
            InviteVerdict::Allow | InviteVerdict::Ignore => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn verdict(content: &Value, inviter: &str) -> InviteVerdict {
        let rules = serde_json::from_value(content.clone()).unwrap();
        InviteRules { rules: vec![rules], position: 1 }.verdict(&UserId::parse(inviter).unwrap())
    }

    #[test]
    fn users_come_before_servers_and_what_is_allowed_first() {
        let content = json!({
            "allowed_users": ["@friend:bad.example"],
            "ignored_users": ["@*spam*:*"],
            "blocked_users": ["@foe:*", "@friend:bad.example"],
            "allowed_servers": ["good.example"],
            "blocked_servers": ["bad.example", "good.example"],
        });
        for (inviter, expected) in [
            ("@friend:bad.example", InviteVerdict::Allow),
            ("@nospamplease:good.example", InviteVerdict::Ignore),
            ("@foe:good.example", InviteVerdict::Block),
            ("@other:bad.example", InviteVerdict::Block),
            ("@other:good.example", InviteVerdict::Allow),
            ("@other:else.example", InviteVerdict::Allow),
        ] {
            assert_eq!(verdict(&content, inviter), expected, "{inviter}");
        }
        let off = json!({ "enabled": false, "blocked_users": ["*"] });
        assert_eq!(verdict(&off, "@a:b"), InviteVerdict::Allow);
    }

    #[test]
    fn everybody_can_be_turned_away() {
        assert_eq!(verdict(&json!({ "default_action": "block" }), "@a:b"), InviteVerdict::Block);
        assert_eq!(verdict(&json!({ "block_all": true }), "@a:b"), InviteVerdict::Block);
        for odd in [
            json!({}),
            json!({ "default_action": "other" }),
            json!({ "default_action": ["block"], "block_all": "true" }),
            json!({ "blocked_users": "*", "blocked_servers": { "*": true } }),
            json!({ "blocked_users": [5, null, ["*"]] }),
        ] {
            assert_eq!(verdict(&odd, "@a:b"), InviteVerdict::Allow, "{odd}");
        }
    }
}
