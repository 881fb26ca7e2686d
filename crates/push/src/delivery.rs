//! Telling pushers what notifies their users ([spec]).
//!
//! It follows the change stream, beside the requests: a send knows nothing of it. Rooms and users that have changed are
//! looked up in an index of the users who have pushers ([`followers`]); those of them whom it concerns are told, each
//! pusher at its own pace ([`schedule`]), what is after the position up to which it has been told ([`pending`]): over HTTP
//! here, by mail in [`digests`].
//!
//! Invariants:
//! - What a gateway has not taken is told again, also after a restart, until it is [too old](Settings::give_up_after_ms).
//! - A gateway that does not answer holds up its own pushers only.
//!
//! [spec]: https://spec.matrix.org/v1.16/push-gateway-api/
use std::{collections::HashMap, future::Future, sync::Arc};

use egress::Egress;
use parking_lot::Mutex;
use rooms::Rooms;
use store::UserNum;
use tokio::sync::Semaphore;

use self::{
    dispatcher::Dispatcher,
    gateway::{Gateways, Refusal},
    payload::Payload,
};
use crate::{Push, pushers::HTTP};

pub mod digests;
mod dispatcher;
mod followers;
mod gateway;
mod payload;
mod pending;
mod schedule;

/// How many pushers' events are read at the same time.
const READERS_MAX: usize = 16;

/// How pushers are told.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Whether gateways are told what an event says, unless the pusher wants its id only.
    pub include_content: bool,
    /// Whether the badge is the number of rooms with something unread, not of unread events.
    pub badge_counts_rooms: bool,
    /// After how long (ms) a gateway that has not taken something is asked again; twice as long each further time.
    pub retry_after_ms: i64,
    /// The longest time between two tries (ms).
    pub retry_after_ms_max: i64,
    /// For how long (ms) a gateway may fail before what is older than that is given up.
    pub give_up_after_ms: i64,
    /// Whether accounts end: whose has ended is told nothing.
    pub accounts_end: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            include_content: true,
            badge_counts_rooms: false,
            retry_after_ms: 1_000,
            retry_after_ms_max: 3_600_000,
            give_up_after_ms: 86_400_000,
            accounts_end: false,
        }
    }
}

/// The deliveries of all pushers.
pub struct Delivery {
    pub(crate) push: Arc<Push>,
    pub(crate) rooms: Arc<Rooms>,
    settings: Settings,
    gateways: Gateways,
    readers: Semaphore,
    /// The last badge that each pusher was told.
    badges: Mutex<HashMap<i64, u64>>,
}

/// How a pusher was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    /// All that there was up to this position.
    Until(i64),
    /// What is behind this position, its gateway has not taken; that is stored.
    Failed(i64),
    /// We could not tell it, and that is not stored.
    Broken,
    /// It is no more.
    Gone,
}

impl Delivery {
    /// The deliveries; nothing happens before [`Self::run`].
    #[must_use]
    pub fn new(
        push: Arc<Push>,
        rooms: Arc<Rooms>,
        egress: Egress,
        settings: Settings,
    ) -> Arc<Self> {
        Arc::new(Self {
            push,
            rooms,
            settings,
            gateways: Gateways::new(egress),
            readers: Semaphore::new(READERS_MAX),
            badges: Mutex::default(),
        })
    }

    /// Tells pushers what there is to tell, until `stop` is done.
    ///
    /// # Errors
    /// Fails if the database does at the beginning; later failures are tried again.
    pub async fn run(self: &Arc<Self>, stop: impl Future<Output = ()> + Send) -> db::Result<()> {
        let mut dispatcher = Dispatcher::start(Arc::clone(self)).await?;
        tokio::pin!(stop);
        loop {
            tokio::select! {
                () = &mut stop => break,
                () = dispatcher.step() => {}
            }
        }
        dispatcher.finish().await
    }

    /// Tells one pusher what is behind `from`.
    async fn tell(&self, pusher_id: i64, from: i64) -> Told {
        match self.try_to_tell(pusher_id, from).await {
            Ok(told) => told,
            Err(error) => {
                tracing::warn!(pusher = pusher_id, %error, "a pusher could not be told");
                Told::Broken
            }
        }
    }

    async fn try_to_tell(&self, pusher_id: i64, from: i64) -> Result<Told, rooms::Error> {
        let store = &self.push.store;
        let row = store::pushers::find(&store.db, pusher_id).await?;
        let Some(mut row) = row.filter(|row| row.settings.enabled && row.settings.kind == HTTP)
        else {
            self.badges.lock().remove(&pusher_id);
            return Ok(Told::Gone);
        };
        if let Some(until) = self.passed_over(row.user_num).await? {
            if row.is_behind {
                self.note(&row, until, false, None, None).await?;
            }
            return Ok(Told::Until(until));
        }
        let mut at = from.max(row.position);
        loop {
            let batch = {
                let _reader = self.readers.acquire().await;
                self.pending(&row, at).await?
            };
            for notification in &batch.notifications {
                let badge = self.badge(&row).await?;
                let payload = Payload { row: &row, settings: &self.settings, badge };
                let outcome = self.gateways.post(&row, &payload.of_event(notification)).await;
                let before = notification.position - 1;
                match outcome {
                    Ok(()) => {
                        self.note_success(&mut row, notification.position, badge).await?;
                    }
                    Err(Refusal::Rejected) => return self.remove(pusher_id).await,
                    Err(Refusal::Failed(why)) => {
                        tracing::info!(
                            user.id = %notification.user_id, app = row.settings.app_id, why,
                            "a push gateway did not take a notification"
                        );
                        self.note_failure(&row, before).await?;
                        return Ok(Told::Failed(before));
                    }
                }
            }
            at = batch.until;
            if !batch.goes_on {
                if batch.has_read && self.tell_badge(&row).await? == Told::Gone {
                    return self.remove(pusher_id).await;
                }
                if row.is_behind {
                    self.note(&row, at, false, None, None).await?;
                }
                return Ok(Told::Until(at));
            }
        }
    }

    /// Up to where a user is told nothing because their account has ended, if it has: until it is renewed, and of what
    /// happened meanwhile nothing then either.
    async fn passed_over(&self, user: UserNum) -> db::Result<Option<i64>> {
        if !self.settings.accounts_end {
            return Ok(None);
        }
        let store = &self.push.store;
        // Read before it is asked: what comes after a renewal is told.
        let (position, now_ms) = (store.changes.position(), store.clock.now_ms());
        let is_over = store::account_validity::is_over(&store.db, user, now_ms).await?;
        Ok(is_over.then_some(position))
    }

    /// Tells how much is unread, if it is not what the pusher was told last. That it fails does no harm: the next
    /// notification tells it, too.
    async fn tell_badge(&self, row: &store::pushers::PusherRow) -> Result<Told, rooms::Error> {
        let badge = self.badge(row).await?;
        let until = Told::Until(row.position);
        if self.badges.lock().get(&row.pusher_id) == Some(&badge) {
            return Ok(until);
        }
        let payload = Payload { row, settings: &self.settings, badge };
        match self.gateways.post(row, &payload.of_badge()).await {
            Ok(()) => {
                self.badges.lock().insert(row.pusher_id, badge);
                Ok(until)
            }
            Err(Refusal::Rejected) => Ok(Told::Gone),
            Err(Refusal::Failed(_)) => Ok(until),
        }
    }

    async fn badge(&self, row: &store::pushers::PusherRow) -> Result<u64, rooms::Error> {
        let rooms = self.rooms.rooms_of(row.user_num).await?;
        let totals = self.push.totals(row.user_num, &rooms.joined()).await?;
        let unread = if self.settings.badge_counts_rooms { totals.rooms } else { totals.events };
        let mut invites = 0;
        for place in rooms.all() {
            invites += u64::from(self.shown_invite(row.user_num, place).await?.is_some());
        }
        Ok(unread + invites)
    }

    async fn note_success(
        &self,
        row: &mut store::pushers::PusherRow,
        position: i64,
        badge: u64,
    ) -> db::Result<()> {
        self.badges.lock().insert(row.pusher_id, badge);
        let now = self.push.store.clock.now_ms();
        self.note(row, position, row.is_behind, Some(now), None).await?;
        row.failing_since_ts = None;
        Ok(())
    }

    async fn note_failure(&self, row: &store::pushers::PusherRow, position: i64) -> db::Result<()> {
        let since = row.failing_since_ts.unwrap_or_else(|| self.push.store.clock.now_ms());
        self.note(row, position, true, None, Some(since)).await
    }

    async fn note(
        &self,
        row: &store::pushers::PusherRow,
        position: i64,
        is_behind: bool,
        success: Option<i64>,
        failing_since: Option<i64>,
    ) -> db::Result<()> {
        let mut write = db::Write::new();
        let id = row.pusher_id;
        store::pushers::set_progress(&mut write, id, position, is_behind, success, failing_since);
        self.push.store.write(write).await.map_err(db::Error::from)?;
        Ok(())
    }

    async fn remove(&self, pusher_id: i64) -> Result<Told, rooms::Error> {
        let mut write = db::Write::new();
        store::pushers::delete(&mut write, pusher_id);
        self.push.store.write(write).await.map_err(db::Error::from)?;
        self.badges.lock().remove(&pusher_id);
        Ok(Told::Gone)
    }
}
