//! Table `user_threepids`: the addresses of this server's users.
use db::{OperationIndex, Read, Result, Row, Write, params};
use protocol::{
    Threepid,
    ids::{OwnedUserId, UserId},
};

/// An address of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThreepidRow {
    /// The address.
    pub threepid: Threepid,
    /// When the user has proved that it is theirs (Unix ms).
    pub validated_at: i64,
    /// When it was added to the account (Unix ms).
    pub added_at: i64,
}

/// Adds an address to an account; the write is rejected if it is in an account already.
pub fn insert(write: &mut Write, user_id: &UserId, row: &ThreepidRow) -> OperationIndex {
    write.execute_expecting(
        "INSERT INTO user_threepids (medium, address, user_id, validated_at, added_at) \
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (medium, address) DO NOTHING",
        params![
            row.threepid.medium().as_str(),
            row.threepid.address(),
            user_id.as_str(),
            row.validated_at,
            row.added_at
        ],
        1,
    )
}

/// Whose address it is.
///
/// # Errors
/// Fails if the database fails.
pub async fn owner(reader: &impl Read, threepid: &Threepid) -> Result<Option<OwnedUserId>> {
    let row = reader
        .query_optional(
            "SELECT user_id FROM user_threepids WHERE medium = $1 AND address = $2",
            params![threepid.medium().as_str(), threepid.address()],
        )
        .await?;
    row.map(|row| {
        UserId::parse(row.text(0)?).map_err(|_| db::Error::inconsistent("user_threepids.user_id"))
    })
    .transpose()
}

/// The addresses of a user, in the order in which they were added.
///
/// # Errors
/// Fails if the database fails.
pub async fn of_user(reader: &impl Read, user_id: &UserId) -> Result<Vec<ThreepidRow>> {
    let rows = reader
        .query(
            "SELECT medium, address, validated_at, added_at FROM user_threepids \
             WHERE user_id = $1 ORDER BY added_at, medium, address",
            params![user_id.as_str()],
        )
        .await?;
    rows.iter().map(decode).collect()
}

/// Removes an address from a user's account. The operation affects no row if it is not in it.
pub fn delete(write: &mut Write, user_id: &UserId, threepid: &Threepid) -> OperationIndex {
    write.execute(
        "DELETE FROM user_threepids WHERE medium = $1 AND address = $2 AND user_id = $3",
        params![threepid.medium().as_str(), threepid.address(), user_id.as_str()],
    )
}

/// Removes all addresses of a user.
pub fn delete_of_user(write: &mut Write, user_id: &UserId) {
    write.execute("DELETE FROM user_threepids WHERE user_id = $1", params![user_id.as_str()]);
}

fn decode(row: &Row) -> Result<ThreepidRow> {
    let threepid = Threepid::parse(row.text(0)?, row.text(1)?);
    Ok(ThreepidRow {
        threepid: threepid.map_err(|_| db::Error::inconsistent("user_threepids.address"))?,
        validated_at: row.get(2)?,
        added_at: row.get(3)?,
    })
}
