//! Table `policy_notices`: which users were told that they have not agreed to something.
use db::{Read, Result, Row, Write, params};
use protocol::ids::{OwnedUserId, UserId};

use crate::{
    UserNum,
    users::{agreed_count, is_person},
};

/// Notes that a user was told at `now_ms` of the documents that `terms` names.
pub fn insert(write: &mut Write, user: UserNum, terms: &str, now_ms: i64) {
    write.execute(
        "INSERT INTO policy_notices (user_num, terms, sent_ts) VALUES ($1, $2, $3) \
         ON CONFLICT (user_num, terms) DO NOTHING",
        params![user, terms, now_ms],
    );
}

/// Whom to tell.
#[derive(Clone, Debug)]
pub struct Untold<'a> {
    /// Those who have not been told of this.
    pub terms: &'a str,
    /// Those who have not agreed to all of these (document, a space, version).
    pub names: Vec<String>,
    /// Those who have used the server since then (Unix ms).
    pub seen_since: i64,
    /// Guests too.
    pub guests: bool,
}

/// The users behind `after` who are to be told, in order of their numbers, at most `limit`.
///
/// # Errors
/// Fails if the database fails.
pub async fn untold(
    reader: &impl Read,
    untold: &Untold<'_>,
    after: UserNum,
    limit: i64,
) -> Result<Vec<(UserNum, OwnedUserId)>> {
    let count = i64::try_from(untold.names.len()).unwrap_or(i64::MAX);
    let rows = reader
        .query(
            concat!(
                "SELECT users.user_num, users.name FROM users WHERE users.user_num > $1 \
                 AND users.name IN (SELECT user_id FROM user_ips WHERE last_seen >= $2) \
                 AND users.deactivated = 0 AND users.is_guest <= $3 AND ",
                is_person!(),
                " AND NOT EXISTS (SELECT 1 FROM policy_notices \
                 WHERE policy_notices.user_num = users.user_num AND policy_notices.terms = $4) \
                 AND ",
                agreed_count!("$5"),
                " < $6 ORDER BY users.user_num LIMIT $7"
            ),
            params![
                after,
                untold.seen_since,
                untold.guests,
                untold.terms,
                untold.names.clone(),
                count,
                limit
            ],
        )
        .await?;
    let user = |row: &Row| {
        let name = UserId::parse(row.text(1)?);
        Ok((row.get(0)?, name.map_err(|_| db::Error::inconsistent("users.name"))?))
    };
    rows.iter().map(user).collect()
}
