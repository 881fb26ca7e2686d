//! Finding the pushers that a change concerns.
use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures_util::FutureExt as _;
use store::{UserNum, pushers as table};
use tokio::{sync::watch, task::JoinSet};

use super::{
    Delivery, Told,
    followers::Followers,
    schedule::{Due, Schedule},
};
use crate::pushers::HTTP;

/// How often it is noted up to where everything was handed to the pushers (ms).
const NOTED_EVERY_MS: i64 = 5_000;

/// The longest sleep until something is tried again: the clock may be set meanwhile.
const SLEEP_MAX: Duration = Duration::from_mins(1);

pub(super) struct Dispatcher {
    delivery: Arc<Delivery>,
    followers: Followers,
    schedule: Schedule,
    /// Up to where the change stream was looked at.
    at: i64,
    visible: watch::Receiver<i64>,
    running: JoinSet<(i64, Told)>,
    /// What is stored as the progress of all, and when it was stored (Unix ms).
    noted: (i64, i64),
}

/// What there is to do.
enum Turn {
    Look,
    News,
    Told(i64, Told),
    Retry,
}

impl Dispatcher {
    /// Learns of all pushers, and begins with those that something may have been left to tell.
    pub(super) async fn start(delivery: Arc<Delivery>) -> db::Result<Self> {
        let store = delivery.push.store.clone();
        let mut visible = store.db.watch_visible_position();
        visible.mark_unchanged();
        let at = store.changes.position();
        let noted = table::progress(&store.db).await?.unwrap_or(at).min(at);
        let schedule = Schedule::new(delivery.settings);
        let (followers, running) = (Followers::default(), JoinSet::new());
        let noted_at = store.clock.now_ms();
        let mut dispatcher =
            Self { delivery, followers, schedule, at, visible, running, noted: (noted, noted_at) };
        // All is read before anything is done: a pusher that is told changes its row.
        dispatcher.delivery.push.pusher_news.clear();
        let active = table::active(&store.db, HTTP).await?;
        for pusher in &active {
            dispatcher.follow(pusher.user_num, pusher.pusher_id, pusher.is_behind).await?;
            if pusher.is_behind || noted < at {
                let due = dispatcher.schedule.wake(pusher.pusher_id);
                dispatcher.begin(due);
            }
        }
        dispatcher.measure();
        Ok(dispatcher)
    }

    async fn follow(&mut self, user: UserNum, pusher: i64, is_behind: bool) -> db::Result<()> {
        self.followers.follow(&self.delivery.rooms, user, pusher).await?;
        // One that is behind is told from where its row says, others from where all were.
        let position = if is_behind { i64::MIN } else { self.noted.0 };
        self.schedule.add(pusher, user, position);
        Ok(())
    }

    /// Waits for something to do, and does it.
    pub(super) async fn step(&mut self) {
        let turn = self.turn().await;
        let done = match turn {
            Turn::Look => self.look().await,
            Turn::News => self.take_news().await,
            Turn::Retry => {
                let now = self.delivery.push.store.clock.now_ms();
                for due in self.schedule.retry(now) {
                    self.begin(Some(due));
                }
                Ok(())
            }
            Turn::Told(pusher, told) => {
                self.told(pusher, told);
                Ok(())
            }
        };
        let done = match done {
            Ok(()) => self.note_progress(false).await,
            error => error,
        };
        if let Err(error) = done {
            tracing::warn!(%error, "pushers cannot be told now");
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }

    async fn turn(&mut self) -> Turn {
        let push = &self.delivery.push;
        let now = push.store.clock.now_ms();
        let retry = self.schedule.next_retry().map_or(SLEEP_MAX, |at| {
            Duration::from_millis(at.saturating_sub(now).max(0).unsigned_abs()).min(SLEEP_MAX)
        });
        tokio::select! {
            Some(told) = self.running.join_next() => match told {
                Ok((pusher, told)) => Turn::Told(pusher, told),
                // It was stopped.
                Err(_) => Turn::Look,
            },
            () = push.pusher_news.notify.notified() => Turn::News,
            Ok(()) = self.visible.changed(), if !self.followers.is_empty() => Turn::Look,
            () = tokio::time::sleep(retry) => Turn::Retry,
        }
    }

    /// Finds whom the changes since the last look concern.
    async fn look(&mut self) -> db::Result<()> {
        let delivery = Arc::clone(&self.delivery);
        let hub = &delivery.push.store.changes;
        let (since, now) = (self.at, hub.position());
        let concerned = self.followers.catch_up(&delivery.rooms, hub, since).await?;
        for user in concerned.themselves.union(&concerned.in_rooms) {
            for pusher in self.followers.pushers_of(*user).collect::<Vec<_>>() {
                let due = self.schedule.wake(pusher);
                self.begin(due);
            }
        }
        self.at = now;
        Ok(())
    }

    /// Learns of pushers that were set.
    async fn take_news(&mut self) -> db::Result<()> {
        // What was committed up to now has to be looked at with those who follow by now.
        self.look().await?;
        while let Some(user) = self.delivery.push.pusher_news.pop() {
            if let Err(error) = self.learn(user).await {
                self.delivery.push.pusher_news.put_back(user);
                return Err(error);
            }
        }
        self.measure();
        Ok(())
    }

    async fn learn(&mut self, user: UserNum) -> db::Result<()> {
        for row in self.delivery.push.pushers(user).await? {
            if row.settings.kind != HTTP || !row.settings.enabled {
                continue;
            }
            if !self.schedule.has(row.pusher_id) {
                self.follow(user, row.pusher_id, true).await?;
            }
            let due = self.schedule.wake_now(row.pusher_id);
            self.begin(due);
        }
        Ok(())
    }

    fn begin(&mut self, due: Option<Due>) {
        let Some(Due { pusher, from }) = due else { return };
        let delivery = Arc::clone(&self.delivery);
        self.running.spawn(async move {
            // A fault of ours with one event must not be the end of the pusher.
            let telling = AssertUnwindSafe(delivery.tell(pusher, from)).catch_unwind();
            (pusher, telling.await.unwrap_or(Told::Broken))
        });
    }

    fn told(&mut self, pusher: i64, told: Told) {
        let now = self.delivery.push.store.clock.now_ms();
        let (gone, due) = self.schedule.told(pusher, told, now);
        if let Some(user) = gone {
            self.followers.remove(user, pusher);
            self.measure();
        }
        self.begin(due);
    }

    fn measure(&self) {
        #[expect(clippy::cast_precision_loss, reason = "a count of pushers")]
        let pushers = self.followers.pushers() as f64;
        metrics::gauge!("longhouse_pushers").set(pushers);
    }

    /// Notes up to where everything was handed to the pushers, from time to time.
    async fn note_progress(&mut self, now: bool) -> db::Result<()> {
        let store = &self.delivery.push.store;
        let (noted, noted_at) = self.noted;
        let now_ms = store.clock.now_ms();
        let looked_at = if self.followers.is_empty() { store.changes.position() } else { self.at };
        let progress = self.schedule.progress(looked_at);
        if progress <= noted || (!now && now_ms.saturating_sub(noted_at) < NOTED_EVERY_MS) {
            return Ok(());
        }
        let mut write = db::Write::new();
        table::set_total_progress(&mut write, progress);
        store.write(write).await.map_err(db::Error::from)?;
        self.noted = (progress, now_ms);
        Ok(())
    }

    /// Stops, and notes where it has stopped. What is being told is told again after the start: gateways know events that
    /// they have had by their ids.
    pub(super) async fn finish(mut self) -> db::Result<()> {
        self.running.abort_all();
        while self.running.join_next().await.is_some() {}
        self.note_progress(true).await
    }
}
