//! What is known of a user who is there, and what follows for others at a moment.
use store::presence::{Shown, Status};

/// Whoever has ended their last sync is still there for so long.
pub(crate) const GONE_AFTER_MS: i64 = 30_000;

/// Whoever has done nothing for so long is not looking.
pub(crate) const IDLE_AFTER_MS: i64 = 5 * 60_000;

/// Whoever has done something within this time is active.
pub(crate) const ACTIVE_FOR_MS: i64 = 60_000;

/// A user who is there.
#[derive(Clone, Debug)]
pub(crate) struct Live {
    /// What their client or they themselves say.
    pub(crate) wanted: Status,
    pub(crate) status_msg: Option<String>,
    pub(crate) last_active_ts: i64,
    /// When their last sync ended, or they set their presence.
    pub(crate) last_seen_ts: i64,
    /// How many syncs wait now.
    pub(crate) syncs: u32,
    /// What others were told last.
    pub(crate) told: Shown,
}

impl Live {
    /// A user of whom others were told this.
    pub(crate) fn new(told: Shown, now_ms: i64) -> Self {
        Self {
            wanted: told.status,
            status_msg: told.status_msg.clone(),
            last_active_ts: told.last_active_ts,
            last_seen_ts: now_ms,
            syncs: 0,
            told,
        }
    }

    /// Notes what a client says with its sync, or the user themselves.
    pub(crate) fn want(&mut self, wanted: Status, now_ms: i64) {
        // Whoever idles keeps syncing as `online`: that alone is nothing they do.
        let comes = self.wanted != Status::Online || self.shown(now_ms).status == Status::Offline;
        if wanted == Status::Online && comes {
            self.last_active_ts = now_ms;
        }
        self.wanted = wanted;
        self.last_seen_ts = now_ms;
    }

    /// What others are to see now.
    pub(crate) fn shown(&self, now_ms: i64) -> Shown {
        let ago = |then: i64| now_ms.saturating_sub(then);
        let is_there = self.syncs > 0 || ago(self.last_seen_ts) < GONE_AFTER_MS;
        let idle_ms = ago(self.last_active_ts);
        let status = match self.wanted {
            _ if !is_there => Status::Offline,
            Status::Online if idle_ms >= IDLE_AFTER_MS => Status::Unavailable,
            wanted => wanted,
        };
        Shown {
            status,
            status_msg: self.status_msg.clone(),
            currently_active: status == Status::Online && idle_ms < ACTIVE_FOR_MS,
            last_active_ts: self.last_active_ts,
        }
    }

    /// Whether others are to be told. When the user was last active is no news by itself.
    pub(crate) fn has_news(&self, now_ms: i64) -> bool {
        let shown = self.shown(now_ms);
        (shown.status, shown.currently_active, &shown.status_msg)
            != (self.told.status, self.told.currently_active, &self.told.status_msg)
    }

    /// Whether nothing is to be remembered of the user.
    pub(crate) fn is_gone(&self, now_ms: i64) -> bool {
        self.syncs == 0 && self.shown(now_ms).status == Status::Offline && !self.has_news(now_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_comes_idles_and_goes() {
        let mut live = Live::new(Shown::default(), 0);
        live.want(Status::Online, 1_000);
        live.syncs = 1;
        let at = |live: &Live, now_ms| {
            let shown = live.shown(now_ms);
            (shown.status, shown.currently_active)
        };
        assert_eq!(at(&live, 1_000), (Status::Online, true));
        assert_eq!(at(&live, 61_000), (Status::Online, false));
        assert_eq!(at(&live, 301_000), (Status::Unavailable, false));
        live.want(Status::Online, 301_000);
        assert_eq!(at(&live, 301_000), (Status::Unavailable, false), "syncing is nothing they do");
        live.want(Status::Unavailable, 301_500);
        live.want(Status::Online, 301_600);
        assert_eq!(at(&live, 301_600), (Status::Online, true), "the client says so anew");
        live.want(Status::Unavailable, 302_000);
        assert_eq!(at(&live, 302_000), (Status::Unavailable, false));
        live.syncs = 0;
        assert_eq!(at(&live, 331_999), (Status::Unavailable, false));
        assert_eq!(at(&live, 332_000), (Status::Offline, false));
    }
}
