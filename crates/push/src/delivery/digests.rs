//! Telling users by mail what notified them and they have not read: the pushers of kind `email` ([spec]).
//!
//! Nothing is queued. Each pusher has a position of its own, as those of gateways have, and what there is to tell is what notified
//! its user behind that position and is unread now ([`gather`]). It is looked at when something has happened in the user's
//! rooms, not before [`Settings::after_ms`] is over ([`agenda`]), and told when the oldest of it is that old. A pause follows: see
//! [`Settings::pause_ms`].
//!
//! Invariants:
//! - Nothing is told twice: that a mail goes out is durable before it does, so of a node that dies meanwhile its users may miss a
//!   mail. Only an SMTP server that takes a mail and cannot say so any more is given it again.
//! - What the SMTP server has not taken is put back, and told when it takes mail again.
//! - What was said in an encrypted room is in no mail.
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3pushersset
use std::{
    future::Future,
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::{FutureExt as _, StreamExt as _, stream};
use mail::{Fault, Mailer, SendError};
use parking_lot::Mutex;
use protocol::Threepid;
use store::{
    UserNum,
    pushers::{self as table, EMAIL, PusherRow},
    receipts, user_threepids,
};
use tokio::sync::Mutex as AsyncMutex;

use self::{agenda::Agenda, gather::Gathered};
use super::{Delivery, followers::Followers};

mod agenda;
mod gather;
mod words;

/// The longest time between two looks at what has happened.
const PERIOD_MAX: Duration = Duration::from_secs(10);

/// How many users' news are gathered, and mails sent, at the same time.
const AT_ONCE: usize = 4;

/// The longest pause (ms) between two mails, if [`Settings::every_ms`] is not longer.
const PAUSE_MS_MAX: i64 = 7 * 86_400_000;

/// When a pusher is looked at again that the database kept from being told (ms).
const BROKEN_MS: i64 = 60_000;

/// For how long (ms) an address has to be refused if it is not certain that it is the address that is meant.
const REFUSED_MS: i64 = 7 * 86_400_000;

/// How long it takes to try again to note that a mail was not taken.
const PUT_BACK_EVERY: Duration = Duration::from_secs(1);

/// How digests are sent.
#[derive(Clone, Debug)]
pub struct Settings {
    /// For how long (ms) a notification has to be unread.
    pub after_ms: i64,
    /// The shortest time (ms) between two digests to one address.
    pub every_ms: i64,
    /// Whether they say what was written, where it was not encrypted.
    pub include_content: bool,
    /// Where clients reach the server, without a slash at the end: the links that end the mail begin with it.
    pub base_url: String,
    /// The web client that opens rooms, without a slash at the end.
    pub web_client: Option<String>,
    /// The server's name, by which others find its rooms.
    pub server_name: String,
}

impl Settings {
    /// The pause (ms) after a mail, as long as the user has read nothing since the last `unread_mails`: twice as long with each,
    /// up to a week. Whoever does not read is not to be written to for ever.
    fn pause_ms(&self, unread_mails: i64) -> i64 {
        let doublings = u32::try_from(unread_mails.saturating_sub(1).clamp(0, 20)).unwrap_or(0);
        let pause = self.every_ms.saturating_mul(1_i64 << doublings);
        pause.min(PAUSE_MS_MAX.max(self.every_ms))
    }

    /// How often it is looked what has happened.
    fn period(&self) -> Duration {
        let quarter = Duration::from_millis(self.after_ms.max(0).unsigned_abs() / 4);
        quarter.clamp(Duration::from_millis(100), PERIOD_MAX)
    }
}

/// The digests of all users who want them.
pub struct Digests {
    delivery: Arc<Delivery>,
    mailer: Arc<Mailer>,
    settings: Settings,
    /// None before the first look.
    watch: AsyncMutex<Option<Watch>>,
    outage: Mutex<Outage>,
    is_stopping: AtomicBool,
}

/// Who is told by mail, and up to where it was looked what has happened.
struct Watch {
    followers: Followers,
    agenda: Agenda,
    at: i64,
}

/// The SMTP server cannot be reached.
#[derive(Default)]
struct Outage {
    failures: u32,
    /// It is tried again then (Unix ms).
    until_ms: i64,
}

/// What became of a look at one pusher.
#[derive(Debug)]
enum Outcome {
    /// It is no more.
    Gone,
    /// There is nothing to tell.
    Quiet,
    /// It is looked at again then (Unix ms).
    Later(i64),
    /// Its user was told.
    Sent,
    /// The mail was not taken.
    Failed,
}

impl Digests {
    /// The digests; nothing happens before [`Self::run`].
    #[must_use]
    pub fn new(delivery: Arc<Delivery>, mailer: Arc<Mailer>, settings: Settings) -> Arc<Self> {
        Arc::new(Self {
            delivery,
            mailer,
            settings,
            watch: AsyncMutex::default(),
            outage: Mutex::default(),
            is_stopping: AtomicBool::new(false),
        })
    }

    /// Sends digests when they are due, until `stop` is done. Then mails that are on their way are waited for, as long as whoever
    /// stops this lets it.
    pub async fn run(&self, stop: impl Future<Output = ()> + Send) {
        self.is_stopping.store(false, Ordering::Relaxed);
        tokio::pin!(stop);
        loop {
            tokio::select! {
                () = &mut stop => return,
                () = tokio::time::sleep(self.settings.period()) => {}
            }
            let look = self.send_due();
            tokio::pin!(look);
            let looked = tokio::select! {
                looked = &mut look => looked,
                () = &mut stop => {
                    self.is_stopping.store(true, Ordering::Relaxed);
                    let _ = look.await;
                    return;
                }
            };
            if let Err(error) = looked {
                tracing::warn!(%error, "digests cannot be sent now");
            }
        }
    }

    /// Looks what has happened, and sends what is due now. Returns how many mails that were.
    ///
    /// # Errors
    /// Fails if the database does before anything is sent; other failures are tried again.
    pub async fn send_due(&self) -> db::Result<usize> {
        let mut watch = self.watch.lock().await;
        if watch.is_none() {
            *watch = Some(self.begin().await?);
        }
        let Some(watch) = &mut *watch else { return Ok(0) };
        self.take_news(watch).await?;
        self.look(watch).await?;
        let due = watch.agenda.take_due(self.now_ms());
        let looks = stream::iter(due).map(|pusher| async move {
            // A fault of ours with one event must not be the end of the digests.
            let look = AssertUnwindSafe(self.consider(pusher)).catch_unwind();
            let outcome = match look.await {
                Ok(Ok(outcome)) => outcome,
                Ok(Err(error)) => {
                    tracing::warn!(pusher, %error, "a digest could not be made");
                    Outcome::Later(self.now_ms().saturating_add(BROKEN_MS))
                }
                Err(_) => Outcome::Failed,
            };
            (pusher, outcome)
        });
        let mut looks = looks.buffer_unordered(AT_ONCE);
        let mut sent = 0;
        while let Some((pusher, outcome)) = looks.next().await {
            sent += usize::from(matches!(outcome, Outcome::Sent));
            match outcome {
                Outcome::Gone => watch.forget(pusher),
                Outcome::Quiet | Outcome::Sent => watch.agenda.settle(pusher),
                Outcome::Later(at) => watch.agenda.set(pusher, at),
                Outcome::Failed => watch.agenda.fail(pusher, self.now_ms()),
            }
        }
        Ok(sent)
    }

    /// Learns of all pushers. What was left to tell before the start is looked for at once.
    async fn begin(&self) -> db::Result<Watch> {
        let push = &self.delivery.push;
        let at = push.store.changes.position();
        push.mail_news.clear();
        let (followers, agenda) = (Followers::default(), Agenda::default());
        let mut watch = Watch { followers, agenda, at };
        for pusher in table::active(&push.store.db, EMAIL).await? {
            let (user, id) = (pusher.user_num, pusher.pusher_id);
            watch.followers.follow(&self.delivery.rooms, user, id).await?;
            watch.agenda.add(id, user);
            watch.agenda.set(id, self.now_ms());
        }
        Ok(watch)
    }

    /// Learns of pushers that were set.
    async fn take_news(&self, watch: &mut Watch) -> db::Result<()> {
        let news = &self.delivery.push.mail_news;
        while let Some(user) = news.pop() {
            if let Err(error) = self.learn(watch, user).await {
                news.put_back(user);
                return Err(error);
            }
        }
        Ok(())
    }

    async fn learn(&self, watch: &mut Watch, user: UserNum) -> db::Result<()> {
        for row in self.delivery.push.pushers(user).await? {
            if row.settings.kind == EMAIL && row.settings.enabled {
                watch.followers.follow(&self.delivery.rooms, user, row.pusher_id).await?;
                watch.agenda.add(row.pusher_id, user);
                watch.agenda.settle(row.pusher_id);
                watch.agenda.hasten(row.pusher_id, self.not_before());
            }
        }
        Ok(())
    }

    /// Finds whom the changes since the last look concern.
    async fn look(&self, watch: &mut Watch) -> db::Result<()> {
        let hub = &self.delivery.push.store.changes;
        let (since, now) = (watch.at, hub.position());
        if watch.agenda.is_empty() {
            watch.at = now;
            return Ok(());
        }
        let concerned = watch.followers.catch_up(&self.delivery.rooms, hub, since).await?;
        let at = self.not_before();
        for user in &concerned.in_rooms {
            for pusher in watch.followers.pushers_of(*user) {
                watch.agenda.wake(pusher, at);
            }
        }
        let db = &self.delivery.push.store.db;
        for user in &concerned.themselves {
            // Much concerns somebody who is away, such as the keys of rooms: only who has read something is back.
            let has_read = !receipts::rooms_of_user(db, *user, since, now).await?.is_empty();
            for pusher in watch.followers.pushers_of(*user) {
                watch.agenda.wake(pusher, at);
                if has_read {
                    watch.agenda.hasten(pusher, at);
                }
            }
        }
        watch.at = now;
        Ok(())
    }

    fn now_ms(&self) -> i64 {
        self.delivery.push.store.clock.now_ms()
    }

    /// When what happens now may be told.
    fn not_before(&self) -> i64 {
        self.now_ms().saturating_add(self.settings.after_ms)
    }

    /// Tells one user what there is to tell, if it is time.
    async fn consider(&self, pusher_id: i64) -> Result<Outcome, rooms::Error> {
        let now = self.now_ms();
        let out_until = self.outage.lock().until_ms;
        if now < out_until || self.is_stopping.load(Ordering::Relaxed) {
            return Ok(Outcome::Later(out_until.max(now)));
        }
        let row = table::find(&self.delivery.push.store.db, pusher_id).await?;
        let row = row.filter(|row| row.settings.enabled && row.settings.kind == EMAIL);
        let Some(mut row) = row else { return Ok(Outcome::Gone) };
        let Some(address) = self.address(&row).await? else {
            // It is not the user's address any more.
            self.delivery.remove(pusher_id).await?;
            return Ok(Outcome::Gone);
        };
        if let Some(until) = self.delivery.passed_over(row.user_num).await? {
            self.skip(&row, until).await?;
            return Ok(Outcome::Quiet);
        }
        let gathered = self.delivery.gather(&row).await?;
        if gathered.has_read {
            row.unread_mails = 0;
        }
        if gathered.rooms.is_empty() {
            self.skip(&row, gathered.until).await?;
            return Ok(Outcome::Quiet);
        }
        let due = self.due(&row, &gathered, now);
        if due > now {
            return Ok(Outcome::Later(due));
        }
        self.send(&row, &address, gathered).await
    }

    /// Notes that there is nothing to tell up to `position`.
    async fn skip(&self, row: &PusherRow, position: i64) -> Result<(), rooms::Error> {
        if position > row.position {
            let mut write = db::Write::new();
            table::skip_mail(&mut write, row, position, row.unread_mails);
            self.write(write).await?;
        }
        Ok(())
    }

    /// The address of a pusher, if it is still its user's.
    async fn address(&self, row: &PusherRow) -> Result<Option<String>, rooms::Error> {
        let store = &self.delivery.push.store;
        let Ok(threepid) = Threepid::email(&row.settings.pushkey) else { return Ok(None) };
        let owner = user_threepids::owner(&store.db, &threepid).await?;
        let user_id = store.interner.user_id(row.user_num).await?;
        Ok((owner == Some(user_id)).then(|| threepid.address().to_owned()))
    }

    /// When a user may be told (Unix ms).
    fn due(&self, row: &PusherRow, gathered: &Gathered, now_ms: i64) -> i64 {
        // A sender whose clock is ahead does not put it off: what it says was on the agenda for long enough.
        let is_ahead = gathered.oldest_ts > now_ms;
        let old = gathered.oldest_ts.saturating_add(self.settings.after_ms);
        let old = if is_ahead { now_ms } else { old };
        let pause = self.settings.pause_ms(row.unread_mails);
        row.last_success_ts.map_or(old, |last| old.max(last.saturating_add(pause)))
    }

    async fn send(
        &self,
        row: &PusherRow,
        address: &str,
        gathered: Gathered,
    ) -> Result<Outcome, rooms::Error> {
        let token = row.unsubscribe_token.as_deref().unwrap_or_default();
        let base = &self.settings.base_url;
        let link = format!("{base}/_longhouse/client/v1/unsubscribe?token={token}");
        let (until, now) = (gathered.until, self.now_ms());
        let digest = self.delivery.digest(gathered, row.user_num, &self.settings, link).await?;
        if self.is_stopping.load(Ordering::Relaxed) {
            return Ok(Outcome::Later(now));
        }
        let mut write = db::Write::new();
        let unread_mails = row.unread_mails.saturating_add(1);
        table::begin_mail(&mut write, row, until, now, unread_mails);
        match self.delivery.push.store.write(write).await {
            Ok(_) => {}
            // It was set anew, or is gone.
            Err(db::WriteError::Conflict { .. }) => return Ok(Outcome::Later(now)),
            Err(error) => return Err(db::Error::from(error).into()),
        }
        match self.mailer.send(address, &digest.letter()).await {
            Ok(()) => {
                *self.outage.lock() = Outage::default();
                Ok(Outcome::Sent)
            }
            Err(error) => self.not_taken(row, address, until, &error).await,
        }
    }

    /// A mail was not taken: what it was to tell is put back, unless there is nobody to tell it to.
    async fn not_taken(
        &self,
        row: &PusherRow,
        address: &str,
        until: i64,
        error: &SendError,
    ) -> Result<Outcome, rooms::Error> {
        let fault = error.fault();
        tracing::warn!(pusher = row.pusher_id, %error, "a digest could not be sent");
        let now = self.now_ms();
        let failing_since = row.failing_since_ts.unwrap_or(now);
        let is_refused = match fault {
            Fault::Address => true,
            // It may be that we are to send nothing at all: that is mended some day.
            Fault::Unclear if now.saturating_sub(failing_since) >= REFUSED_MS => {
                self.mailer.refuses(address).await
            }
            Fault::Unclear | Fault::Server | Fault::Passing | Fault::Mail => false,
        };
        if is_refused {
            self.delivery.remove(row.pusher_id).await?;
            return Ok(Outcome::Gone);
        }
        loop {
            let mut write = db::Write::new();
            table::take_mail_back(&mut write, row, until, failing_since);
            let Err(error) = self.write(write).await else { break };
            tracing::warn!(%error, "it could not be noted that a digest was not taken");
            if self.is_stopping.load(Ordering::Relaxed) {
                return Err(error);
            }
            tokio::time::sleep(PUT_BACK_EVERY).await;
        }
        if fault == Fault::Server {
            // No other mail fares better: nobody's is tried in the meantime.
            let (mut outage, now) = (self.outage.lock(), self.now_ms());
            if outage.until_ms <= now {
                outage.until_ms = now.saturating_add(agenda::pause(outage.failures));
                outage.failures = outage.failures.saturating_add(1);
            }
            return Ok(Outcome::Later(outage.until_ms));
        }
        Ok(Outcome::Failed)
    }

    async fn write(&self, write: db::Write) -> Result<(), rooms::Error> {
        self.delivery.push.store.write(write).await.map_err(db::Error::from)?;
        Ok(())
    }
}

impl Watch {
    fn forget(&mut self, pusher: i64) {
        if let Some(user) = self.agenda.remove(pusher) {
            self.followers.remove(user, pusher);
        }
    }
}
