//! Table `media`, as moderators and retention see it.
use db::{OperationIndex, Read, Result, Row, Write, params};

use crate::{UserNum, media::THE_SERVER};

/// One of the media, as moderators see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaFacts {
    /// The part of its `mxc://` URI behind the server name.
    pub media_id: String,
    /// Who uploaded it.
    pub uploader: UserNum,
    /// What the uploader called its type.
    pub content_type: Option<String>,
    /// What the uploader called it.
    pub file_name: Option<String>,
    /// Its length.
    pub bytes: i64,
    /// When it was uploaded (Unix ms).
    pub created_at: i64,
    /// When it was last downloaded, to the day (Unix ms).
    pub used_at: i64,
    /// Since when nobody is shown it (Unix ms).
    pub quarantined_at: Option<i64>,
    /// Since when it is neither quarantined nor deleted for its age (Unix ms).
    pub protected_at: Option<i64>,
}

/// What there is to know of one of the media; not of an announcement.
///
/// # Errors
/// Fails if the database fails.
pub async fn find(reader: &impl Read, media_id: &str) -> Result<Option<MediaFacts>> {
    let row = reader
        .query_optional(
            "SELECT media_id, uploader_num, content_type, file_name, bytes, created_at, used_at, \
             quarantined_at, protected_at FROM media WHERE media_id = $1 AND digest IS NOT NULL",
            params![media_id],
        )
        .await?;
    row.as_ref().map(facts).transpose()
}

/// Up to `limit` media behind `after` in order of their ids, of all users or of one.
///
/// # Errors
/// Fails if the database fails.
pub async fn list(
    reader: &impl Read,
    uploader: Option<UserNum>,
    after: &str,
    limit: i64,
) -> Result<Vec<MediaFacts>> {
    let rows = reader
        .query(
            "SELECT media_id, uploader_num, content_type, file_name, bytes, created_at, used_at, \
             quarantined_at, protected_at FROM media WHERE media_id > $1 AND digest IS NOT NULL \
             AND (CAST($2 AS BIGINT) < 0 OR uploader_num = $2) ORDER BY media_id LIMIT $3",
            params![after, uploader.map_or(-1, |user| user.0), limit],
        )
        .await?;
    rows.iter().map(facts).collect()
}

/// Hides every one of the media that has this content, but for those that are protected.
pub fn quarantine(write: &mut Write, digest: &[u8], now_ms: i64) -> OperationIndex {
    write.execute(
        "UPDATE media SET quarantined_at = $2 \
         WHERE digest = $1 AND quarantined_at IS NULL AND protected_at IS NULL",
        params![digest, now_ms],
    )
}

/// Shows every one of the media with this content again.
pub fn unquarantine(write: &mut Write, digest: &[u8]) -> OperationIndex {
    write.execute(
        "UPDATE media SET quarantined_at = NULL WHERE digest = $1 AND quarantined_at IS NOT NULL",
        params![digest],
    )
}

/// Whether any of the media with this content is hidden.
///
/// # Errors
/// Fails if the database fails.
pub async fn is_quarantined(reader: &impl Read, digest: &[u8]) -> Result<bool> {
    let row = reader
        .query_optional(
            "SELECT 1 FROM media WHERE digest = $1 AND quarantined_at IS NOT NULL LIMIT 1",
            params![digest],
        )
        .await?;
    Ok(row.is_some())
}

/// Protects one of the media, or no longer.
pub fn protect(write: &mut Write, media_id: &str, since_ms: Option<i64>) -> OperationIndex {
    write.execute(
        "UPDATE media SET protected_at = $2 WHERE media_id = $1",
        params![media_id, since_ms],
    )
}

/// Notes that one of the media was downloaded.
pub fn note_use(write: &mut Write, media_id: &str, now_ms: i64) {
    write.execute(
        "UPDATE media SET used_at = $2 WHERE media_id = $1 AND used_at < $2",
        params![media_id, now_ms],
    );
}

/// Up to `limit` media behind `after` in order of their ids that users uploaded and nobody has used since `before_ms`.
/// Not what is protected or quarantined, nor the uploader's own picture: `avatar_start` is what its URI as JSON begins
/// with.
///
/// # Errors
/// Fails if the database fails.
pub async fn unused(
    reader: &impl Read,
    before_ms: i64,
    avatar_start: &str,
    after: &str,
    limit: i64,
) -> Result<Vec<String>> {
    let rows = reader
        .query(
            "SELECT media_id FROM media WHERE media_id > $1 AND used_at < $2 \
             AND uploader_num <> $3 AND digest IS NOT NULL AND protected_at IS NULL \
             AND quarantined_at IS NULL AND NOT EXISTS (SELECT 1 FROM profile_fields \
             WHERE user_num = media.uploader_num AND field = 'avatar_url' \
             AND value = $4 || media.media_id || '\"') ORDER BY media_id LIMIT $5",
            params![after, before_ms, THE_SERVER, avatar_start, limit],
        )
        .await?;
    rows.iter().map(|row| row.get(0)).collect()
}

/// Forgets announcements that ended before `before_ms` without an upload.
pub fn forget_announcements(write: &mut Write, before_ms: i64) -> OperationIndex {
    write.execute("DELETE FROM media WHERE digest IS NULL AND expires_at < $1", params![before_ms])
}

fn facts(row: &Row) -> Result<MediaFacts> {
    Ok(MediaFacts {
        media_id: row.get(0)?,
        uploader: row.get(1)?,
        content_type: row.get(2)?,
        file_name: row.get(3)?,
        bytes: row.get(4)?,
        created_at: row.get(5)?,
        used_at: row.get(6)?,
        quarantined_at: row.get(7)?,
        protected_at: row.get(8)?,
    })
}
