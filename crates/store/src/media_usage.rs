//! Table `media_usage`: what each user's uploads take.
use db::{OperationIndex, Read, Result, Write, params};

use crate::UserNum;

/// What a user's uploads take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MediaUsage {
    /// How many there are.
    pub files: i64,
    /// Their length together.
    pub bytes: i64,
    /// How much they may take; `None` is the configuration's.
    pub quota_bytes: Option<i64>,
    /// The last day (UTC, days since 1970) on which the user uploaded something.
    pub day: i64,
    /// How much that was, deleted since or not.
    pub day_bytes: i64,
}

/// What one upload adds, and what it must not exceed.
#[derive(Clone, Copy, Debug)]
pub struct Charge {
    /// The length of the upload.
    pub bytes: i64,
    /// The day (UTC, days since 1970).
    pub day: i64,
    /// How much all uploads of a user without a quota of their own may take.
    pub quota_bytes: i64,
    /// How much may be uploaded in a day.
    pub day_bytes_max: i64,
}

/// What a user's uploads take.
///
/// # Errors
/// Fails if the database fails.
pub async fn find(reader: &impl Read, user: UserNum) -> Result<MediaUsage> {
    let row = reader
        .query_optional(
            "SELECT files, bytes, quota_bytes, day, day_bytes FROM media_usage WHERE user_num = $1",
            params![user],
        )
        .await?;
    row.map_or(Ok(MediaUsage::default()), |row| {
        Ok(MediaUsage {
            files: row.get(0)?,
            bytes: row.get(1)?,
            quota_bytes: row.get(2)?,
            day: row.get(3)?,
            day_bytes: row.get(4)?,
        })
    })
}

/// Adds an upload. The write is rejected at this operation if that is more than the user may have.
pub fn charge(write: &mut Write, user: UserNum, charge: Charge) -> OperationIndex {
    write.execute(
        "INSERT INTO media_usage (user_num) VALUES ($1) ON CONFLICT (user_num) DO NOTHING",
        params![user],
    );
    write.execute_expecting(
        "UPDATE media_usage SET files = files + 1, bytes = bytes + $2, day = $3, \
         day_bytes = CASE WHEN day = $3 THEN day_bytes ELSE 0 END + $2 \
         WHERE user_num = $1 AND bytes + $2 <= COALESCE(quota_bytes, $4) \
         AND CASE WHEN day = $3 THEN day_bytes ELSE 0 END + $2 <= $5",
        params![user, charge.bytes, charge.day, charge.quota_bytes, charge.day_bytes_max],
        1,
    )
}

/// Takes uploads that are about to be deleted off their users: to be added before they are.
pub fn discharge(write: &mut Write, media_ids: &[String]) {
    write.execute(
        "UPDATE media_usage SET \
         files = files - (SELECT COUNT(*) FROM media WHERE uploader_num = media_usage.user_num \
         AND digest IS NOT NULL AND media_id = ANY($1)), \
         bytes = bytes - (SELECT CAST(COALESCE(SUM(bytes), 0) AS BIGINT) FROM media \
         WHERE uploader_num = media_usage.user_num AND digest IS NOT NULL AND media_id = ANY($1)) \
         WHERE user_num IN (SELECT uploader_num FROM media WHERE media_id = ANY($1))",
        params![media_ids.to_vec()],
    );
}

/// Gives a user a quota of their own, or the configuration's again.
pub fn set_quota(write: &mut Write, user: UserNum, quota_bytes: Option<i64>) {
    write.execute(
        "INSERT INTO media_usage (user_num, quota_bytes) VALUES ($1, $2) \
         ON CONFLICT (user_num) DO UPDATE SET quota_bytes = excluded.quota_bytes",
        params![user, quota_bytes],
    );
}
