//! Tables `user_directory`, `user_directory_words` and `user_directory_rooms`: whom a search for people finds, and by
//! what.
use db::{Read, Result, Write, params};
use protocol::ids::{OwnedUserId, UserId};

use crate::{RoomNum, UserNum};

/// The fact up to which position of the change stream the tables are made.
const POSITION: &str = "user_directory_position";

/// A user as the directory shows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectoryRow {
    /// The user.
    pub user_id: OwnedUserId,
    /// Their name.
    pub display_name: Option<String>,
    /// Their picture.
    pub avatar_url: Option<String>,
}

/// What is looked for.
#[derive(Clone, Debug)]
pub struct DirectoryQuery<'a> {
    /// Who asks: they find others.
    pub searcher: UserNum,
    /// Whether every user of this server is found, or only those whom the searcher can meet.
    pub all_local_users: bool,
    /// The beginnings of words, of which each has to be there; empty ones do not count.
    pub terms: [&'a str; 3],
    /// A name or localpart that is this comes first.
    pub whole: &'a str,
    /// Whose account has ended by then (Unix ms) is not found, as [`crate::account_validity::is_over`] has it; none if
    /// accounts do not end.
    pub valid_at_ms: Option<i64>,
    /// At most so many.
    pub limit: i64,
}

/// Shows a user, found by these words and no longer by others.
pub fn set(write: &mut Write, user: UserNum, row: &DirectoryRow, folded: &str, words: &[String]) {
    write.execute(
        "INSERT INTO user_directory (user_num, user_id, display_name, avatar_url, folded_name) \
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (user_num) DO UPDATE SET \
         display_name = excluded.display_name, avatar_url = excluded.avatar_url, \
         folded_name = excluded.folded_name",
        params![
            user,
            row.user_id.as_str(),
            row.display_name.clone(),
            row.avatar_url.clone(),
            folded
        ],
    );
    write.execute("DELETE FROM user_directory_words WHERE user_num = $1", params![user]);
    for word in words {
        write.execute(
            "INSERT INTO user_directory_words (word, user_num) VALUES ($1, $2) \
             ON CONFLICT (word, user_num) DO NOTHING",
            params![word.as_str(), user],
        );
    }
}

/// Sets whether anybody may enter or read a room.
pub fn set_open(write: &mut Write, room: RoomNum, is_open: bool) {
    let sql = if is_open {
        "INSERT INTO user_directory_rooms (room_num) VALUES ($1) ON CONFLICT (room_num) DO NOTHING"
    } else {
        "DELETE FROM user_directory_rooms WHERE room_num = $1"
    };
    write.execute(sql, params![room]);
}

/// The rooms that anybody may enter or read, as far as they were looked at.
///
/// # Errors
/// Fails if the database fails.
pub async fn is_open(reader: &impl Read, room: RoomNum) -> Result<bool> {
    let row = reader
        .query_optional(
            "SELECT room_num FROM user_directory_rooms WHERE room_num = $1",
            params![room],
        )
        .await?;
    Ok(row.is_some())
}

/// Up to which position of the change stream the tables are made; `None` if they never were.
///
/// # Errors
/// Fails if the database fails.
pub async fn position(reader: &impl Read) -> Result<Option<i64>> {
    let text = crate::server_facts::find(reader, POSITION).await?;
    Ok(text.and_then(|text| text.parse().ok()))
}

/// Notes up to which position the tables are made.
pub fn set_position(write: &mut Write, position: i64) {
    crate::server_facts::set(write, POSITION, &position.to_string());
}

/// The users who are found, the best first.
///
/// # Errors
/// Fails if the database fails.
pub async fn search(reader: &impl Read, query: &DirectoryQuery<'_>) -> Result<Vec<DirectoryRow>> {
    let [first, second, third] = query.terms;
    let behind = |term: &str| format!("{term}\u{10ffff}");
    let rows = reader
        .query(
            "SELECT found.user_id, found.display_name, found.avatar_url FROM user_directory found \
             LEFT JOIN users ON users.user_num = found.user_num \
             WHERE found.user_num <> $1 AND COALESCE(users.deactivated, 0) = 0 \
             AND (CAST($12 AS BIGINT) IS NULL OR COALESCE(users.admin, 0) = 1 OR NOT EXISTS (SELECT 1 FROM account_validity \
                WHERE account_validity.user_num = found.user_num \
                AND account_validity.expires_ts <= CAST($12 AS BIGINT))) \
             AND found.user_num IN (SELECT user_num FROM user_directory_words \
                WHERE word >= $3 AND word < $4) \
             AND ($5 = '' OR EXISTS (SELECT 1 FROM user_directory_words other \
                WHERE other.user_num = found.user_num AND other.word >= $5 AND other.word < $6)) \
             AND ($7 = '' OR EXISTS (SELECT 1 FROM user_directory_words other \
                WHERE other.user_num = found.user_num AND other.word >= $7 AND other.word < $8)) \
             AND ((CAST($2 AS BIGINT) = 1 AND users.user_num IS NOT NULL) \
                OR EXISTS (SELECT 1 FROM memberships theirs \
                    JOIN memberships mine ON mine.room_num = theirs.room_num \
                    WHERE theirs.user_num = found.user_num AND theirs.membership = 'join' \
                    AND mine.user_num = $1 AND mine.membership = 'join') \
                OR EXISTS (SELECT 1 FROM memberships theirs \
                    JOIN user_directory_rooms open ON open.room_num = theirs.room_num \
                    WHERE theirs.user_num = found.user_num AND theirs.membership = 'join')) \
             ORDER BY CASE WHEN found.folded_name = $9 OR found.user_id LIKE $10 ESCAPE '!' THEN 0 \
                ELSE 1 END, \
                CASE WHEN found.display_name IS NULL THEN 1 ELSE 0 END, found.user_id LIMIT $11",
            params![
                query.searcher,
                query.all_local_users,
                first,
                behind(first),
                second,
                behind(second),
                third,
                behind(third),
                query.whole,
                format!("@{}:%", escape(query.whole)),
                query.limit,
                query.valid_at_ms
            ],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(DirectoryRow {
                user_id: UserId::parse(row.text(0)?)
                    .map_err(|_| db::Error::inconsistent("user_directory.user_id"))?,
                display_name: row.get(1)?,
                avatar_url: row.get(2)?,
            })
        })
        .collect()
}

fn escape(text: &str) -> String {
    text.replace('!', "!!").replace('%', "!%").replace('_', "!_")
}
