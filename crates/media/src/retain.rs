//! Deleting what nobody has used for long, and contents that nothing refers to.
use std::{collections::HashSet, mem};

use blobs::Digest;
use db::Write;
use store::{
    current_state,
    media::{self, MediaRow},
    media_moderation,
};

use crate::{DeleteError, Media};

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// How many media are looked at, or deleted, at once.
const BATCH: i64 = 200;

/// How many contents are looked at, at once.
const CONTENTS: usize = 1_000;

/// A content that is younger may be about to get its row, on another node.
const YOUNG_MS: i64 = DAY_MS;

/// The most downloads that are noted before they are written.
const NOTED_MAX: usize = 10_000;

/// What was deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deleted {
    /// Media that nobody has used.
    pub media: u64,
    /// Contents that nothing refers to.
    pub contents: u64,
}

impl Media {
    /// Remembers that it was downloaded today, if it matters and was not known.
    pub(crate) fn note_use(&self, row: &MediaRow) {
        let now_ms = self.store.clock.now_ms();
        if self.settings.unused_for_ms.is_none() || now_ms - row.used_at < DAY_MS {
            return;
        }
        let mut uses = self.uses.lock();
        if uses.len() < NOTED_MAX {
            uses.insert(row.media_id.clone(), now_ms);
        }
    }

    /// Writes which media were downloaded: every minute or so, and before the server stops.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn flush_uses(&self) -> Result<(), db::Error> {
        let uses = mem::take(&mut *self.uses.lock());
        if uses.is_empty() {
            return Ok(());
        }
        let mut write = Write::new();
        for (media_id, now_ms) in uses {
            media_moderation::note_use(&mut write, &media_id, now_ms);
        }
        self.store.write(write).await?;
        Ok(())
    }

    /// Deletes media that nobody has used for as long as the settings say, then thumbnails of what is gone, and then
    /// contents that nothing refers to: a crash between a row and its content leaves such. To be called daily.
    ///
    /// # Errors
    /// See [`DeleteError`]; what is left is deleted the next time.
    pub async fn retain(&self) -> Result<Deleted, DeleteError> {
        self.flush_uses().await?;
        let now_ms = self.store.clock.now_ms();
        let mut write = Write::new();
        media_moderation::forget_announcements(&mut write, now_ms - DAY_MS);
        self.store.write(write).await.map_err(db::Error::from)?;
        let media = match self.settings.unused_for_ms {
            Some(unused_for_ms) => self.delete_unused(now_ms - unused_for_ms).await?,
            None => 0,
        };
        self.delete_stray_thumbnails().await?;
        Ok(Deleted { media, contents: self.delete_stray_contents(now_ms - YOUNG_MS).await? })
    }

    async fn delete_unused(&self, before_ms: i64) -> Result<u64, DeleteError> {
        let pictures = self.pictures_of_rooms().await?;
        let avatar_start = format!("\"{}", self.uri(""));
        let (mut after, mut deleted) = (String::new(), 0);
        loop {
            let reader = &self.store.db;
            let unused =
                media_moderation::unused(reader, before_ms, &avatar_start, &after, BATCH).await?;
            let Some(last) = unused.last() else { return Ok(deleted) };
            after.clone_from(last);
            let unused: Vec<_> = unused.into_iter().filter(|id| !pictures.contains(id)).collect();
            if !unused.is_empty() {
                deleted += self.delete(&unused, Write::new()).await?;
            }
        }
    }

    /// The ids of media that rooms have as their pictures now.
    async fn pictures_of_rooms(&self) -> Result<HashSet<String>, DeleteError> {
        let mut pictures = HashSet::new();
        let Some(key) = self.store.interner.find_state_key("m.room.avatar", "").await? else {
            return Ok(pictures);
        };
        let start = self.uri("");
        for json in current_state::jsons_of_key(&self.store.db, key).await? {
            let uris = json.split(start.as_str()).skip(1);
            pictures.extend(uris.filter_map(|rest| rest.split('"').next()).map(str::to_owned));
        }
        Ok(pictures)
    }

    async fn delete_stray_thumbnails(&self) -> Result<(), DeleteError> {
        loop {
            let _alone = self.deletions.write().await;
            let sources = media::stray_thumbnail_sources(&self.store.db, BATCH).await?;
            if sources.is_empty() {
                return Ok(());
            }
            self.delete_thumbnails(&sources, Write::new()).await?;
        }
    }

    async fn delete_stray_contents(&self, before_ms: i64) -> Result<u64, DeleteError> {
        let mut deleted = 0;
        for place in self.blobs.places() {
            let mut after = None;
            loop {
                let found = self.blobs.list(*place, after, CONTENTS).await?;
                let Some(last) = found.last() else { break };
                after = Some(last.digest);
                let old = found.iter().filter(|content| content.modified_ms < before_ms);
                let old: Vec<_> = old.map(|content| content.digest).collect();
                deleted += self.remove_unused(&old).await?;
            }
        }
        Ok(deleted)
    }

    /// Removes contents unless something refers to them, and says how many those were.
    pub(crate) async fn remove_unused(&self, digests: &[Digest]) -> Result<u64, DeleteError> {
        // Most are in use, which is found without keeping uploads waiting.
        let unused = self.unused(digests).await?;
        if unused.is_empty() {
            return Ok(0);
        }
        let _alone = self.deletions.write().await;
        self.remove_unused_alone(&unused).await
    }
}

#[cfg(test)]
mod tests;
