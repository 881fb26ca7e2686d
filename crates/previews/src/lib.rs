//! URL previews ([spec]): what a web page says about itself, asked once and kept.
//!
//! The URL comes from a stranger, and so does everything that the page answers:
//! - Every connection goes through [`egress`], which refuses addresses inside the administrator's network and this
//!   machine's own. Each redirect, picture and oEmbed document is another URL, judged by the same [`Rules`].
//! - Time, bytes, redirects and the number of pages that are asked at the same time are bounded; a page is read as a
//!   stream and no more of it than a preview shows is ever in memory.
//! - A URL is asked once at a time, however many users see it. A hit is one small read of the database.
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv1mediapreview_url
mod answer;
mod fetch;
mod picture;
mod rules;
mod running;
mod sweep;

use std::{sync::Arc, time::Duration};

use egress::Egress;
use media::Media;
use quick_cache::sync::Cache;
use sha2::{Digest as _, Sha256};
use store::{Store, url_previews};
use url::Url;

pub use self::rules::{Pattern, PatternError, Rules};
use self::{
    answer::Preview,
    running::{Running, Slot},
};

/// How long a page that could not be read is not asked again, in milliseconds.
const FAILED_FOR_MS: i64 = 60 * 1_000;

/// How many failures are remembered: about 60 bytes each.
const FAILURES: usize = 4_096;

/// The longest URL, in bytes.
const URL_BYTES_MAX: usize = 4_096;

/// SHA-256 of a URL.
type Key = [u8; 32];

/// How pages are asked.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Which URLs are asked.
    pub rules: Rules,
    /// How much of a page is read, in bytes.
    pub page_bytes_max: usize,
    /// The largest picture, in bytes.
    pub picture_bytes_max: usize,
    /// The languages that pages are asked for (the header `Accept-Language`).
    pub accept_language: String,
    /// How long a preview is right, in milliseconds.
    pub lifetime_ms: i64,
    /// How long it is kept after that, for messages of that time, in milliseconds.
    pub kept_for_ms: i64,
    /// How many pages are asked at the same time.
    pub fetches_max: usize,
    /// How long all of a preview may take.
    pub time_max: Duration,
    /// How long one of the requests for it may take, redirects and body included.
    pub request_time_max: Duration,
}

/// Why there is no preview.
#[derive(Clone, Debug, thiserror::Error)]
pub enum PreviewError {
    /// It is no URL that could be asked.
    #[error("this is not an http or https URL without a password")]
    NotHttp,
    /// The server does not ask this URL.
    #[error("this server makes no previews of this URL")]
    Denied,
    /// The page did not answer, or not as it should. Which of these it was could tell about networks that are nobody's
    /// business, so only the log has it.
    #[error("the page could not be fetched")]
    Failed,
    /// Too many other pages are waited for.
    #[error("too many previews are being made")]
    Busy,
    /// The database failed.
    #[error(transparent)]
    Database(#[from] db::Error),
}

/// The service.
pub struct Previews {
    store: Store,
    media: Arc<Media>,
    egress: Egress,
    settings: Settings,
    failures: Cache<Key, i64>,
    running: Running,
}

impl Previews {
    /// The service, which asks with `egress` and keeps pictures in `media`.
    #[must_use]
    pub fn new(store: Store, media: Arc<Media>, egress: Egress, settings: Settings) -> Self {
        let running = Running::new(settings.fetches_max);
        Self { store, media, egress, settings, failures: Cache::new(FAILURES), running }
    }

    /// What the page at `url` says about itself, as it did at `at_ms` if that is known: the JSON that clients read.
    ///
    /// # Errors
    /// See [`PreviewError`].
    pub async fn preview(
        self: &Arc<Self>,
        url: &str,
        at_ms: Option<i64>,
    ) -> Result<Arc<str>, PreviewError> {
        let url = parse(url).ok_or(PreviewError::NotHttp)?;
        if !self.settings.rules.allow(&url) {
            return Err(PreviewError::Denied);
        }
        let now_ms = self.store.clock.now_ms();
        let at_ms = at_ms.unwrap_or(now_ms).min(now_ms);
        let key: Key = Sha256::digest(url.as_str()).into();
        if let Some(known) = url_previews::find(&self.store.db, &key, at_ms).await? {
            return Ok(known.into());
        }
        if self.failures.get(&key).is_some_and(|until| until > now_ms) {
            return Err(PreviewError::Failed);
        }
        let this = Arc::clone(self);
        self.running.join(key, move |slot| this.make(slot, key, url, at_ms)).await
    }

    /// Asks the page, when it is its turn, and keeps what it says.
    async fn make(
        self: Arc<Self>,
        slot: Slot,
        key: Key,
        url: Url,
        at_ms: i64,
    ) -> Result<Arc<str>, PreviewError> {
        // Somebody may have made it since this one looked.
        if let Some(known) = url_previews::find(&self.store.db, &key, at_ms).await? {
            return Ok(known.into());
        }
        let _turn = slot.turn().await;
        let fetched_at = self.store.clock.now_ms();
        let fetched = tokio::time::timeout(self.settings.time_max, self.fetch(&url)).await;
        let preview = match fetched {
            Ok(Ok(preview)) => preview,
            Ok(Err(error)) => {
                tracing::debug!(%url, %error, "no preview");
                self.failures.insert(key, fetched_at + FAILED_FOR_MS);
                return Err(PreviewError::Failed);
            }
            Err(_) => {
                tracing::debug!(%url, "no preview: it takes too long");
                self.failures.insert(key, fetched_at + FAILED_FOR_MS);
                return Err(PreviewError::Failed);
            }
        };
        let answer: Arc<str> = preview.to_json().into();
        self.keep(&key, fetched_at, &answer, preview).await?;
        Ok(answer)
    }

    async fn keep(
        &self,
        key: &Key,
        fetched_at: i64,
        answer: &str,
        preview: Preview,
    ) -> Result<(), PreviewError> {
        let row = url_previews::UrlPreviewRow {
            url_digest: key.to_vec(),
            fetched_at,
            expires_at: fetched_at.saturating_add(self.settings.lifetime_ms),
            answer: answer.to_owned(),
            media_id: preview.picture.map(|picture| picture.media_id),
        };
        let mut write = db::Write::new();
        url_previews::insert(&mut write, &row);
        self.store.write(write).await.map_err(db::Error::from)?;
        Ok(())
    }
}

/// An absolute HTTP URL without a user's name or password; the fragment, which no server sees, is left out.
fn parse(text: &str) -> Option<Url> {
    if text.len() > URL_BYTES_MAX {
        return None;
    }
    let mut url = Url::parse(text).ok()?;
    url.set_fragment(None);
    is_asked(&url).then_some(url)
}

fn is_asked(url: &Url) -> bool {
    let has_credentials = !url.username().is_empty() || url.password().is_some();
    matches!(url.scheme(), "http" | "https") && url.has_host() && !has_credentials
}

#[cfg(test)]
mod tests;
