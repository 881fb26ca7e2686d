//! Table `accepted_policies`: to which policy documents users have agreed.
use db::{Read, Result, Write, params};

use crate::UserNum;

/// A version of a document.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PolicyVersion {
    /// The document.
    pub policy_id: String,
    /// Its version.
    pub version: String,
}

impl PolicyVersion {
    /// Both in one text. Neither can have a space.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{} {}", self.policy_id, self.version)
    }
}

/// Notes that a user has agreed to a version of a document at `now_ms`; the first time stays.
pub fn insert(write: &mut Write, user: UserNum, policy: &PolicyVersion, now_ms: i64) {
    write.execute(
        "INSERT INTO accepted_policies (user_num, policy_id, version, accepted_ts) \
         VALUES ($1, $2, $3, $4) ON CONFLICT (user_num, policy_id, version) DO NOTHING",
        params![user, policy.policy_id.as_str(), policy.version.as_str(), now_ms],
    );
}

/// What a user has agreed to, and when (Unix ms).
///
/// # Errors
/// Fails if the database fails.
pub async fn of_user(reader: &impl Read, user: UserNum) -> Result<Vec<(PolicyVersion, i64)>> {
    let rows = reader
        .query(
            "SELECT policy_id, version, accepted_ts FROM accepted_policies WHERE user_num = $1 \
             ORDER BY policy_id, version",
            params![user],
        )
        .await?;
    rows.iter()
        .map(|row| {
            let policy = PolicyVersion { policy_id: row.get(0)?, version: row.get(1)? };
            Ok((policy, row.get(2)?))
        })
        .collect()
}
