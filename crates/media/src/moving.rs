//! Moving all contents to where new ones are stored, from the disk to the bucket or back, while everything goes on.
//!
//! Nothing is noted of it but in memory: what is where tells how far it is, so that the same command goes on with what a
//! restart or an outage has left.
use std::sync::Arc;

use blobs::{Digest, Place};
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::{DeleteError, Media};

/// How many contents are looked up at once.
const BATCH: usize = 1_000;

/// Whether contents are being moved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MoveState {
    /// Nobody has asked for it.
    #[default]
    Idle,
    /// They are.
    Running,
    /// They were, all that could be.
    Done,
    /// They were until something failed, which is in the log.
    Failed,
}

/// What a move has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Move {
    /// Whether it goes on.
    pub state: MoveState,
    /// Contents that were moved.
    pub files: u64,
    /// Their length together.
    pub bytes: u64,
    /// Contents that are damaged, and stay where they are.
    pub damaged: u64,
    /// How much is behind it, in thousandths of all contents: digests are spread evenly.
    pub thousandths: u32,
}

#[derive(Default)]
pub(crate) struct Moving {
    asked: Notify,
    progress: Mutex<Move>,
}

impl Media {
    /// Whether there is another place to move contents from.
    #[must_use]
    pub fn has_other_place(&self) -> bool {
        self.blobs.places().len() > 1
    }

    /// Where new contents are stored.
    #[must_use]
    pub fn place_of_new(&self) -> Place {
        self.blobs.place_of_new()
    }

    /// Asks for all contents to be moved to the place of new ones, unless they are being moved already.
    pub fn begin_move(&self) -> Move {
        let mut progress = self.moving.progress.lock();
        if progress.state != MoveState::Running {
            *progress = Move { state: MoveState::Running, ..Move::default() };
            self.moving.asked.notify_one();
        }
        *progress
    }

    /// What the last move has done so far.
    #[must_use]
    pub fn move_progress(&self) -> Move {
        *self.moving.progress.lock()
    }

    /// Moves contents whenever somebody asks for it. Does not return.
    pub async fn run_moves(self: Arc<Self>) {
        loop {
            self.moving.asked.notified().await;
            let result = self.move_all().await;
            let mut progress = self.moving.progress.lock();
            progress.state = match result {
                Ok(()) => MoveState::Done,
                Err(error) => {
                    tracing::error!(%error, "contents could not be moved");
                    MoveState::Failed
                }
            };
            let Move { files, bytes, damaged, .. } = *progress;
            tracing::info!(files, bytes, damaged, "contents were moved");
        }
    }

    async fn move_all(&self) -> Result<(), DeleteError> {
        let new = self.blobs.place_of_new();
        for place in self.blobs.places().iter().filter(|place| **place != new) {
            let mut after = None;
            loop {
                let found = self.blobs.list(*place, after, BATCH).await?;
                let Some(last) = found.last() else { break };
                after = Some(last.digest);
                for content in &found {
                    self.move_one(&content.digest).await?;
                }
            }
        }
        Ok(())
    }

    async fn move_one(&self, digest: &Digest) -> Result<(), DeleteError> {
        let was_used = self.unused(&[*digest]).await?.is_empty();
        let moved = self.blobs.relocate(digest).await;
        {
            let mut progress = self.moving.progress.lock();
            progress.thousandths = thousandths(digest);
            match moved {
                Ok(Some(bytes)) => {
                    progress.files += 1;
                    progress.bytes += bytes;
                }
                // Somebody has deleted it.
                Ok(None) => return Ok(()),
                Err(blobs::Error::Damaged(digest)) => {
                    tracing::error!(%digest, "a content is damaged, and stays where it is");
                    progress.damaged += 1;
                    return Ok(());
                }
                Err(error) => return Err(error.into()),
            }
        }
        // Deleted while it was copied, it is there again.
        if was_used {
            self.remove_unused(&[*digest]).await?;
        }
        Ok(())
    }
}

fn thousandths(digest: &Digest) -> u32 {
    let [first, second, ..] = digest.0;
    u32::from(u16::from_be_bytes([first, second])) * 1_000 / (1 << 16)
}

#[cfg(test)]
mod tests;
