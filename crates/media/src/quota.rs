//! How much a user may upload: in all, and in a day.
use db::{OperationIndex, Write};
use store::{
    UserNum,
    media::{MediaRow, THE_SERVER},
    media_usage::{self, Charge, MediaUsage},
};

use crate::Media;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// How much users may upload.
#[derive(Clone, Copy, Debug, Default)]
pub struct Quotas {
    /// How much all uploads of a user without a quota of their own may take, in bytes.
    pub user_bytes: Option<u64>,
    /// How much a user may upload in a day (UTC), in bytes, what was deleted since included.
    pub day_bytes: Option<u64>,
}

impl Media {
    /// What a user's uploads take.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn usage(&self, user: UserNum) -> Result<MediaUsage, db::Error> {
        media_usage::find(&self.store.db, user).await
    }

    /// Gives a user a quota of their own, in bytes, or the configuration's again. It takes nothing away that is there.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn set_quota(&self, user: UserNum, bytes: Option<u64>) -> Result<(), db::Error> {
        let mut write = Write::new();
        media_usage::set_quota(&mut write, user, bytes.map(whole));
        self.store.write(write).await?;
        Ok(())
    }

    /// How many bytes the user may still upload. What counts in the end is [`Self::charge`], as others may be uploading.
    pub(crate) async fn bytes_left(&self, user: UserNum) -> Result<u64, db::Error> {
        if user == THE_SERVER {
            return Ok(u64::MAX);
        }
        let usage = self.usage(user).await?;
        let quota = usage.quota_bytes.unwrap_or(limit(self.settings.quotas.user_bytes));
        let today = if usage.day == self.day() { usage.day_bytes } else { 0 };
        let in_all = quota.saturating_sub(usage.bytes);
        let in_day = limit(self.settings.quotas.day_bytes).saturating_sub(today);
        Ok(u64::try_from(in_all.min(in_day)).unwrap_or(0))
    }

    /// Counts an upload in the write that stores it, which is rejected at this operation if it is too much.
    pub(crate) fn charge(&self, write: &mut Write, row: &MediaRow) -> OperationIndex {
        let quotas =
            if row.uploader == THE_SERVER { Quotas::default() } else { self.settings.quotas };
        let charge = Charge {
            bytes: row.bytes,
            day: self.day(),
            quota_bytes: limit(quotas.user_bytes),
            day_bytes_max: limit(quotas.day_bytes),
        };
        media_usage::charge(write, row.uploader, charge)
    }

    /// Today (UTC, days since 1970).
    fn day(&self) -> i64 {
        self.store.clock.now_ms().div_euclid(DAY_MS)
    }
}

fn limit(bytes: Option<u64>) -> i64 {
    bytes.map_or(i64::MAX, whole)
}

fn whole(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
