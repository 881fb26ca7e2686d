//! Delivery: each application service is told what happens in its rooms and to its users, in order, all of it, however
//! often it is away ([spec]).
//!
//! There is no queue. The change stream is one: a cursor says up to where an application service was told, and what is
//! behind it is read when it is to be told. So an event costs nothing where nobody is interested, and a service that was
//! away for long costs no more than the place of its cursor.
//!
//! [spec]: https://spec.matrix.org/v1.16/application-service-api/#pushing-events
use std::{sync::Arc, time::Duration};

use components::StopSignal;
use egress::Egress;
use encryption::Encryption;
use http::Method;
use rooms::{Format, Rooms, Viewer};
use store::Store;
use tokio::{sync::watch, task::JoinSet, time::sleep};

mod backlog;
mod collect;
mod cursor;
mod interest;
mod transaction;

use self::{
    backlog::Backlog, collect::Collector, cursor::Cursor, interest::Interest,
    transaction::Transaction,
};
use crate::{
    Registration,
    link::{LinkError, ask},
};

/// The first pause before something is sent again; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// The longest pause: a service that is back waits no longer for what it has missed.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// How long a service that cannot be told anything because our own database fails is left alone.
const DATABASE_PAUSE: Duration = Duration::from_secs(5);

/// Transactions that were delivered.
const TRANSACTIONS_TOTAL: &str = "longhouse_appservice_transactions_total";

/// Events in them.
const EVENTS_TOTAL: &str = "longhouse_appservice_events_total";

/// Attempts that failed.
const FAILURES_TOTAL: &str = "longhouse_appservice_failures_total";

/// Why nothing can be delivered now. What is not delivered stays to be.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The database failed.
    #[error(transparent)]
    Database(#[from] db::Error),
    /// A room could not be read.
    #[error(transparent)]
    Room(#[from] rooms::Error),
    /// What is stored is no JSON.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}

/// What the deliveries of all application services share.
#[derive(Clone)]
pub(crate) struct Delivery {
    pub(crate) store: Store,
    pub(crate) rooms: Arc<Rooms>,
    pub(crate) encryption: Arc<Encryption>,
    pub(crate) egress: Option<Egress>,
}

/// What happened to a transaction.
enum Outcome {
    Delivered,
    /// Given up, as it held nothing that matters later.
    Dropped,
    Stopped,
}

impl Delivery {
    /// Tells each of `registrations` that has a URL, until `stop`.
    pub(crate) async fn run(
        self,
        registrations: &[Arc<Registration>],
        mut stop: StopSignal,
    ) -> Result<(), components::Failure> {
        let mut couriers = JoinSet::new();
        for registration in registrations.iter().filter(|registration| registration.url.is_some()) {
            // One that is new begins with what happens from now on, not from when its courier first runs.
            Cursor::load(self.store.clone(), Arc::clone(&registration.id)).await?;
            let courier = Courier::new(self.clone(), Arc::clone(registration), stop.clone());
            couriers.spawn(courier.run());
        }
        stop.ready();
        loop {
            tokio::select! {
                Some(ended) = couriers.join_next() => ended?,
                () = stop.stopped(), if couriers.is_empty() => return Ok(()),
            }
        }
    }
}

/// Tells one application service.
struct Courier {
    shared: Delivery,
    registration: Arc<Registration>,
    stop: StopSignal,
    positions: watch::Receiver<i64>,
    typing: watch::Receiver<u64>,
    run: String,
}

impl Courier {
    fn new(shared: Delivery, registration: Arc<Registration>, stop: StopSignal) -> Self {
        let positions = shared.store.db.watch_visible_position();
        let typing = shared.store.changes.watch_ephemeral();
        let run = entropy::token(&*shared.store.entropy, 6);
        Self { shared, registration, stop, positions, typing, run }
    }

    async fn run(mut self) {
        while !self.stop.is_stopped() {
            if let Err(error) = self.deliver().await {
                let id = &self.registration.id;
                tracing::error!(%error, appservice = %id, "nothing can be delivered now");
                tokio::select! {
                    () = sleep(DATABASE_PAUSE) => {}
                    () = self.stop.stopped() => {}
                }
            }
        }
    }

    /// Delivers from where the application service is, until the server stops.
    async fn deliver(&mut self) -> Result<(), Error> {
        let Delivery { store, rooms, encryption, .. } = self.shared.clone();
        let id = Arc::clone(&self.registration.id);
        let mut cursor = Cursor::load(store.clone(), id).await?;
        let interest = Interest::new(Arc::clone(&self.registration), Arc::clone(&rooms));
        let with_receipts = self.registration.receives_ephemeral;
        let (position, typing_seen) = (cursor.position(), store.changes.ephemeral_serial());
        let backlog =
            Backlog::new(store.clone(), Arc::clone(&rooms), interest, position, with_receipts);
        let registration = Arc::clone(&self.registration);
        let mut collector =
            Collector { registration, store, rooms, encryption, backlog, typing_seen };
        loop {
            // Marked as seen before it is looked at: what comes meanwhile wakes again.
            let seen = *self.positions.borrow_and_update();
            self.typing.borrow_and_update();
            let transaction = collector.collect(cursor.position(), cursor.pending()).await?;
            let until = transaction.until;
            let outcome = if transaction.is_empty() {
                Outcome::Delivered
            } else {
                self.send(&mut cursor, &transaction).await?
            };
            match outcome {
                Outcome::Stopped => return Ok(()),
                Outcome::Dropped => {}
                Outcome::Delivered => self.acknowledge(&transaction).await?,
            }
            cursor.advance(until);
            collector.typing_seen = transaction.typing_serial;
            if until >= seen {
                cursor.settle().await?;
                self.wait().await;
            }
            if self.stop.is_stopped() {
                return cursor.write().await;
            }
        }
    }

    /// Waits until something has happened.
    async fn wait(&mut self) {
        let with_typing = self.registration.receives_ephemeral;
        tokio::select! {
            changed = self.positions.changed() => if changed.is_err() { self.stop.stopped().await },
            changed = self.typing.changed(), if with_typing => {
                if changed.is_err() { self.stop.stopped().await }
            }
            () = self.stop.stopped() => {}
        }
    }

    /// Sends a transaction until it has arrived.
    async fn send(
        &mut self,
        cursor: &mut Cursor,
        transaction: &Transaction,
    ) -> Result<Outcome, Error> {
        let rooms = &self.shared.rooms;
        let sender = self.shared.store.interner.find_user(&self.registration.sender).await?;
        // Nobody has the number 0: transaction ids are for those who have sent with them.
        let viewer = Viewer { user_num: sender.unwrap_or(store::UserNum(0)), device_id: "" };
        let events = rooms.render(&transaction.events, viewer, Format::Whole).await?;
        let body = transaction.body(&events, self.registration.reads_unstable_names)?;
        let epoch = self.shared.store.db.epoch();
        let id = if transaction.is_durable() {
            // A repeated transaction has the same content, so its name follows from where it ends.
            cursor.begin(transaction.until).await?;
            format!("{epoch}.{}", transaction.until)
        } else {
            let Transaction { until, typing_serial, .. } = transaction;
            format!("{epoch}.{until}.{}.{typing_serial}", self.run)
        };
        let path = format!("/_matrix/app/v1/transactions/{id}");
        let mut pause = FIRST_PAUSE;
        loop {
            let egress = self.shared.egress.as_ref();
            let put = ask(egress, &self.registration, Method::PUT, &path, body.clone());
            let failure = tokio::select! {
                answer = put => answer.err(),
                () = self.stop.stopped() => return Ok(Outcome::Stopped),
            };
            let Some(failure) = failure else { break };
            self.report(&failure, pause);
            tokio::select! {
                () = sleep(pause) => {}
                () = self.stop.stopped() => return Ok(Outcome::Stopped),
            }
            if !transaction.is_durable() {
                return Ok(Outcome::Dropped);
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        let id = self.registration.id.to_string();
        metrics::counter!(TRANSACTIONS_TOTAL, "appservice" => id.clone()).increment(1);
        let count = u64::try_from(transaction.events.len()).unwrap_or(0);
        metrics::counter!(EVENTS_TOTAL, "appservice" => id).increment(count);
        Ok(Outcome::Delivered)
    }

    fn report(&self, failure: &LinkError, pause: Duration) {
        let id = &self.registration.id;
        metrics::counter!(FAILURES_TOTAL, "appservice" => id.to_string()).increment(1);
        let seconds = pause.as_secs();
        tracing::warn!(error = %failure, appservice = %id, seconds, "a transaction is sent again later");
    }

    /// The devices have what was delivered for them.
    async fn acknowledge(&self, transaction: &Transaction) -> Result<(), Error> {
        let encryption = &self.shared.encryption;
        let mut last: Option<(store::UserNum, &protocol::ids::DeviceId)> = None;
        let mut messages: Vec<_> = transaction.to_device.iter().collect();
        messages.sort_by(|a, b| (a.user, &a.device_id).cmp(&(b.user, &b.device_id)));
        for message in messages {
            let device = (message.user, &*message.device_id);
            if last != Some(device) {
                encryption.acknowledge_to_device(device.0, device.1, transaction.until).await?;
                last = Some(device);
            }
        }
        Ok(())
    }
}
