//! Table `key_signatures`: signatures on device keys and cross-signing keys that were added after their upload.
use db::{Read, Result, Row, Value, Write, params};

use crate::UserNum;

/// One signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeySignature {
    /// Whose key was signed.
    pub signed_user: UserNum,
    /// The device id or the public key that was signed.
    pub signed_key: String,
    /// Who signed.
    pub signer: UserNum,
    /// The key that signed: `ed25519:` and a device id or public key.
    pub signer_key: String,
    /// The signature in unpadded base64.
    pub signature: String,
}

/// The signatures on keys of `users` that `reader_user` may see: those that the owner made, and their own.
///
/// # Errors
/// Fails if the database fails.
pub async fn visible_to(
    reader: &impl Read,
    users: &[UserNum],
    reader_user: UserNum,
) -> Result<Vec<KeySignature>> {
    let numbers: Vec<i64> = users.iter().map(|user| user.0).collect();
    let rows = reader
        .query(
            "SELECT signed_user_num, signed_key, signer_user_num, signer_key, signature \
             FROM key_signatures WHERE signed_user_num = ANY($1) \
             AND (signer_user_num = signed_user_num OR signer_user_num = $2) \
             ORDER BY signed_user_num, signed_key",
            params![numbers, reader_user],
        )
        .await?;
    rows.iter().map(from_row).collect()
}

/// Whose keys `signer` has signed after `after` and up to `until`.
///
/// # Errors
/// Fails if the database fails.
pub async fn signed_between(
    reader: &impl Read,
    signer: UserNum,
    after: i64,
    until: i64,
) -> Result<Vec<UserNum>> {
    let rows = reader
        .query(
            "SELECT DISTINCT signed_user_num FROM key_signatures \
             WHERE signer_user_num = $1 AND position > $2 AND position <= $3",
            params![signer, after, until],
        )
        .await?;
    rows.iter().map(|row| row.get(0)).collect()
}

/// Adds or replaces a signature.
pub fn upsert(write: &mut Write, signature: &KeySignature, position: &Value) {
    write.execute(
        "INSERT INTO key_signatures \
         (signed_user_num, signed_key, signer_user_num, signer_key, signature, position) \
         VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (signed_user_num, signed_key, signer_user_num, signer_key) \
         DO UPDATE SET signature = excluded.signature, position = excluded.position",
        params![
            signature.signed_user,
            signature.signed_key.as_str(),
            signature.signer,
            signature.signer_key.as_str(),
            signature.signature.as_str(),
            position.clone()
        ],
    );
}

/// Forgets the signatures on a key: the key is gone, or another one has taken its name.
pub fn delete(write: &mut Write, signed_user: UserNum, signed_key: &str) {
    write.execute(
        "DELETE FROM key_signatures WHERE signed_user_num = $1 AND signed_key = $2",
        params![signed_user, signed_key],
    );
}

fn from_row(row: &Row) -> Result<KeySignature> {
    Ok(KeySignature {
        signed_user: row.get(0)?,
        signed_key: row.get(1)?,
        signer: row.get(2)?,
        signer_key: row.get(3)?,
        signature: row.get(4)?,
    })
}
