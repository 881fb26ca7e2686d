//! Table `url_previews`: what web pages said of themselves.
use db::{OperationIndex, Read, Result, Write, params};

use crate::media::THE_SERVER;

/// A preview to store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UrlPreviewRow {
    /// SHA-256 of the URL.
    pub url_digest: Vec<u8>,
    /// When the page was asked (Unix ms).
    pub fetched_at: i64,
    /// Until when that is what it says (Unix ms).
    pub expires_at: i64,
    /// What clients are answered (JSON).
    pub answer: String,
    /// The page's picture.
    pub media_id: Option<String>,
}

/// A preview that is no longer needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OldPreview {
    /// SHA-256 of the URL.
    pub url_digest: Vec<u8>,
    /// When the page was asked (Unix ms).
    pub fetched_at: i64,
    /// The page's picture.
    pub media_id: Option<String>,
}

/// The answer that was right at `at_ms`, or else the first one after that.
///
/// # Errors
/// Fails if the database fails.
pub async fn find(reader: &impl Read, url_digest: &[u8], at_ms: i64) -> Result<Option<String>> {
    let row = reader
        .query_optional(
            "SELECT answer FROM url_previews WHERE url_digest = $1 AND expires_at > $2 \
             ORDER BY fetched_at LIMIT 1",
            params![url_digest, at_ms],
        )
        .await?;
    row.map(|row| row.get(0)).transpose()
}

/// Adds a preview. One of the same millisecond stays as it is.
pub fn insert(write: &mut Write, preview: &UrlPreviewRow) -> OperationIndex {
    write.execute(
        "INSERT INTO url_previews (url_digest, fetched_at, expires_at, answer, media_id) \
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
        params![
            preview.url_digest.clone(),
            preview.fetched_at,
            preview.expires_at,
            preview.answer.as_str(),
            preview.media_id.clone()
        ],
    )
}

/// Up to `limit` previews that expired before `before_ms`, the oldest first.
///
/// # Errors
/// Fails if the database fails.
pub async fn expired(reader: &impl Read, before_ms: i64, limit: i64) -> Result<Vec<OldPreview>> {
    let rows = reader
        .query(
            "SELECT url_digest, fetched_at, media_id FROM url_previews WHERE expires_at < $1 \
             ORDER BY expires_at LIMIT $2",
            params![before_ms, limit],
        )
        .await?;
    let old = |row: &db::Row| {
        Ok(OldPreview { url_digest: row.get(0)?, fetched_at: row.get(1)?, media_id: row.get(2)? })
    };
    rows.iter().map(old).collect()
}

/// Up to `limit` media that the server fetched for previews before `before_ms`, and that no preview has.
///
/// # Errors
/// Fails if the database fails.
pub async fn stray_media(reader: &impl Read, before_ms: i64, limit: i64) -> Result<Vec<String>> {
    let rows = reader
        .query(
            "SELECT media_id FROM media WHERE uploader_num = $1 AND created_at < $2 AND NOT EXISTS \
             (SELECT 1 FROM url_previews WHERE url_previews.media_id = media.media_id) LIMIT $3",
            params![THE_SERVER, before_ms, limit],
        )
        .await?;
    rows.iter().map(|row| row.get(0)).collect()
}

/// Forgets a preview.
pub fn delete(write: &mut Write, old: &OldPreview) {
    write.execute(
        "DELETE FROM url_previews WHERE url_digest = $1 AND fetched_at = $2",
        params![old.url_digest.clone(), old.fetched_at],
    );
}
