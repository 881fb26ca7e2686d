//! Tables `media` (what users uploaded) and `thumbnails` (what was made of it).
use db::{OperationIndex, Read, Result, Row, Write, params};

use crate::UserNum;

/// Who "uploaded" what the server itself fetched for its users, such as the pictures of previews.
pub const THE_SERVER: UserNum = UserNum(0);

/// An upload, or the announcement of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaRow {
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
    /// SHA-256 of the content; `None` while it is only announced.
    pub digest: Option<Vec<u8>>,
    /// When it was uploaded or announced (Unix ms).
    pub created_at: i64,
    /// When the announcement ends (Unix ms).
    pub expires_at: Option<i64>,
    /// Since when nobody is shown it (Unix ms).
    pub quarantined_at: Option<i64>,
    /// When it was last downloaded, to the day, or uploaded (Unix ms).
    pub used_at: i64,
}

/// A thumbnail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThumbnailRow {
    /// The width that it was made for.
    pub width: u32,
    /// The height that it was made for.
    pub height: u32,
    /// `crop` or `scale`, `crop animated` or `scale animated`.
    pub method: &'static str,
    /// Its type.
    pub content_type: String,
    /// Its length.
    pub bytes: i64,
    /// SHA-256 of the thumbnail.
    pub digest: Vec<u8>,
}

/// One upload or announcement.
///
/// # Errors
/// Fails if the database fails.
pub async fn find(reader: &impl Read, media_id: &str) -> Result<Option<MediaRow>> {
    let row = reader
        .query_optional(
            "SELECT media_id, uploader_num, content_type, file_name, bytes, digest, created_at, \
             expires_at, quarantined_at, used_at FROM media WHERE media_id = $1",
            params![media_id],
        )
        .await?;
    row.as_ref().map(from_row).transpose()
}

/// Adds an upload or an announcement. The write is rejected if the id is taken.
pub fn insert(write: &mut Write, media: &MediaRow) -> OperationIndex {
    write.execute(
        "INSERT INTO media (media_id, uploader_num, content_type, file_name, bytes, digest, \
         created_at, expires_at, quarantined_at, used_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        params![
            media.media_id.as_str(),
            media.uploader,
            media.content_type.clone(),
            media.file_name.clone(),
            media.bytes,
            media.digest.clone(),
            media.created_at,
            media.expires_at,
            media.quarantined_at,
            media.used_at
        ],
    )
}

/// Adds an announcement. The write is rejected if the uploader has `most` others that are neither done nor expired, or if
/// the id is taken.
pub fn announce(
    write: &mut Write,
    media_id: &str,
    uploader: UserNum,
    now_ms: i64,
    expires_at: i64,
    most: i64,
) -> OperationIndex {
    write.execute_expecting(
        "INSERT INTO media (media_id, uploader_num, bytes, created_at, expires_at, used_at) \
         SELECT $1, $2, 0, $3, $4, $3 WHERE (SELECT COUNT(*) FROM media \
         WHERE uploader_num = $2 AND digest IS NULL AND expires_at > $3) < $5",
        params![media_id, uploader, now_ms, expires_at, most],
        1,
    )
}

/// Completes what was announced. The write is rejected if it was completed before, or has expired.
pub fn complete(write: &mut Write, media: &MediaRow) -> OperationIndex {
    write.execute_expecting(
        "UPDATE media SET content_type = $2, file_name = $3, bytes = $4, digest = $5, \
         expires_at = NULL, quarantined_at = $6, used_at = $7 \
         WHERE media_id = $1 AND digest IS NULL AND expires_at > $7",
        params![
            media.media_id.as_str(),
            media.content_type.clone(),
            media.file_name.clone(),
            media.bytes,
            media.digest.clone(),
            media.quarantined_at,
            media.used_at
        ],
        1,
    )
}

/// Forgets a user's announcements that have expired.
pub fn forget_expired(write: &mut Write, uploader: UserNum, now_ms: i64) {
    write.execute(
        "DELETE FROM media WHERE uploader_num = $1 AND digest IS NULL AND expires_at <= $2",
        params![uploader, now_ms],
    );
}

/// A thumbnail of the content with this digest.
///
/// # Errors
/// Fails if the database fails.
pub async fn find_thumbnail(
    reader: &impl Read,
    source_digest: &[u8],
    width: u32,
    height: u32,
    method: &'static str,
) -> Result<Option<ThumbnailRow>> {
    let row = reader
        .query_optional(
            "SELECT content_type, bytes, digest FROM thumbnails \
             WHERE source_digest = $1 AND width = $2 AND height = $3 AND method = $4",
            params![source_digest, width, height, method],
        )
        .await?;
    let thumbnail = |row: Row| {
        let (content_type, bytes, digest) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(ThumbnailRow { width, height, method, content_type, bytes, digest })
    };
    row.map(thumbnail).transpose()
}

/// Adds a thumbnail, or replaces the one of the same size.
pub fn upsert_thumbnail(
    write: &mut Write,
    source_digest: &[u8],
    thumbnail: &ThumbnailRow,
    now_ms: i64,
) {
    write.execute(
        "INSERT INTO thumbnails (source_digest, width, height, method, content_type, bytes, \
         digest, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
         ON CONFLICT (source_digest, width, height, method) DO UPDATE SET \
         content_type = excluded.content_type, bytes = excluded.bytes, \
         digest = excluded.digest, created_at = excluded.created_at",
        params![
            source_digest,
            thumbnail.width,
            thumbnail.height,
            thumbnail.method,
            thumbnail.content_type.as_str(),
            thumbnail.bytes,
            thumbnail.digest.clone(),
            now_ms
        ],
    );
}

/// The digests of the contents of these media.
///
/// # Errors
/// Fails if the database fails.
pub async fn digests(reader: &impl Read, media_ids: &[String]) -> Result<Vec<Vec<u8>>> {
    let rows = reader
        .query(
            "SELECT DISTINCT digest FROM media WHERE media_id = ANY($1) AND digest IS NOT NULL",
            params![media_ids.to_vec()],
        )
        .await?;
    rows.iter().map(|row| row.get(0)).collect()
}

/// Up to `limit` contents that are thumbnails of no media.
///
/// # Errors
/// Fails if the database fails.
pub async fn stray_thumbnail_sources(reader: &impl Read, limit: i64) -> Result<Vec<Vec<u8>>> {
    let rows = reader
        .query(
            "SELECT DISTINCT source_digest FROM thumbnails \
             WHERE NOT EXISTS (SELECT 1 FROM media WHERE digest = source_digest) LIMIT $1",
            params![limit],
        )
        .await?;
    rows.iter().map(|row| row.get(0)).collect()
}

/// Deletes media, and announcements.
pub fn delete(write: &mut Write, media_ids: &[String]) -> OperationIndex {
    write.execute("DELETE FROM media WHERE media_id = ANY($1)", params![media_ids.to_vec()])
}

/// Deletes the thumbnails of a content that no media have any more. The rows of this operation are read with
/// [`deleted_thumbnail`].
pub fn delete_unused_thumbnails(write: &mut Write, source_digest: &[u8]) -> OperationIndex {
    write.execute(
        "DELETE FROM thumbnails WHERE source_digest = $1 \
         AND NOT EXISTS (SELECT 1 FROM media WHERE digest = $1) RETURNING digest",
        params![source_digest],
    )
}

/// The digest of a thumbnail that was deleted.
///
/// # Errors
/// Fails if it is none.
pub fn deleted_thumbnail(row: &Row) -> Result<Vec<u8>> {
    row.get(0)
}

/// Whether a content is that of any media or thumbnail.
///
/// # Errors
/// Fails if the database fails.
pub async fn is_content_used(reader: &impl Read, digest: &[u8]) -> Result<bool> {
    let row = reader
        .query_optional(
            "SELECT 1 WHERE EXISTS (SELECT 1 FROM media WHERE digest = $1) \
             OR EXISTS (SELECT 1 FROM thumbnails WHERE digest = $1)",
            params![digest],
        )
        .await?;
    Ok(row.is_some())
}

fn from_row(row: &Row) -> Result<MediaRow> {
    Ok(MediaRow {
        media_id: row.get(0)?,
        uploader: row.get(1)?,
        content_type: row.get(2)?,
        file_name: row.get(3)?,
        bytes: row.get(4)?,
        digest: row.get(5)?,
        created_at: row.get(6)?,
        expires_at: row.get(7)?,
        quarantined_at: row.get(8)?,
        used_at: row.get(9)?,
    })
}
