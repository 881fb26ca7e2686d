//! Forgetting previews that nobody asks for any more.
use db::Write;
use media::DeleteError;
use store::url_previews;

use crate::Previews;

/// How many are forgotten in one write.
const BATCH: i64 = 200;

/// A picture gets its preview long before this time is over.
const STRAY_MS: i64 = 60 * 60 * 1_000;

impl Previews {
    /// Forgets previews that are older than they are kept, and their pictures. Answers how many there were.
    ///
    /// # Errors
    /// If the database or the disk fails; what is left is forgotten the next time.
    pub async fn sweep(&self) -> Result<usize, DeleteError> {
        let before_ms = self.store.clock.now_ms().saturating_sub(self.settings.kept_for_ms);
        let mut forgotten = 0;
        loop {
            let old = url_previews::expired(&self.store.db, before_ms, BATCH).await?;
            let mut write = Write::new();
            for preview in &old {
                url_previews::delete(&mut write, preview);
            }
            let pictures: Vec<_> = old.iter().filter_map(|old| old.media_id.clone()).collect();
            if !old.is_empty() {
                self.media.delete(&pictures, write).await?;
            }
            forgotten += old.len();
            if i64::try_from(old.len()).unwrap_or(i64::MAX) < BATCH {
                break;
            }
        }
        // Pictures whose preview was not stored, because the server stopped in between.
        let before_ms = self.store.clock.now_ms().saturating_sub(STRAY_MS);
        let stray = url_previews::stray_media(&self.store.db, before_ms, BATCH).await?;
        if !stray.is_empty() {
            self.media.delete(&stray, Write::new()).await?;
        }
        Ok(forgotten)
    }
}
