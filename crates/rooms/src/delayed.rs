//! Delayed events ([MSC4140]): scheduled now, sent later, unless somebody decides otherwise. A call's client lets its own
//! departure wait and puts it off as long as it is there.
//!
//! Invariants:
//! - A delayed event is sent once: what it was sent as is noted in the write that stores the event.
//! - The index in memory ([`Waiting`]) has every event that waits; the row decides.
//!
//! [MSC4140]: https://github.com/matrix-org/matrix-spec-proposals/pull/4140
use std::sync::Arc;

use db::{Write, WriteError};
use protocol::{
    canonical::{self, Object},
    ids::{OwnedRoomId, RoomId, UserId},
};
use store::{
    UserNum,
    delayed_events::{self as table, DelayedEventRow, Outcome},
};

use crate::{
    error::{Error, Result},
    event::transaction_key,
    send::Transaction,
    service::{Rooms, Settings},
};

mod pointless;
mod sending;
mod waiting;

pub(crate) use waiting::Waiting;

/// The longest content, in bytes: no event can have more.
const CONTENT_BYTES_MAX: usize = 65_536;

/// How many random bytes an id has: it is all that is needed to decide about an event.
const DELAY_ID_BYTES: usize = 24;

/// How many events that wait no more a user is told of at most.
const FINALISED_MAX: i64 = 100;

/// Why a delayed event was not scheduled, or not changed.
#[derive(Debug, thiserror::Error)]
pub enum DelayError {
    /// The server does not delay events.
    #[error("This server does not delay events")]
    Unsupported,
    /// It would wait for longer than the server allows.
    #[error("The delay is longer than this server allows")]
    TooLong {
        /// The longest delay (ms).
        delay_ms_max: i64,
    },
    /// A delay is a positive number.
    #[error("The delay is not positive")]
    NotPositive,
    /// The user has too many that wait.
    #[error("The maximum number of delayed events has been reached")]
    TooMany {
        /// When the next of them is sent (ms from now).
        retry_after_ms: i64,
    },
    /// There is no such delayed event.
    #[error("There is no such delayed event")]
    Unknown,
    /// It was sent.
    #[error("The delayed event has been sent already")]
    Sent,
    /// It was cancelled, or could not be sent.
    #[error("The delayed event has been cancelled already")]
    Cancelled,
    /// The room refused.
    #[error(transparent)]
    Room(#[from] Error),
}

impl From<db::Error> for DelayError {
    fn from(error: db::Error) -> Self {
        Self::Room(error.into())
    }
}

/// An event to be sent later.
#[derive(Clone, Debug)]
pub struct Delayed<'a> {
    /// Its type.
    pub kind: &'a str,
    /// Its state key, for a state event.
    pub state_key: Option<&'a str>,
    /// Its content.
    pub content: Object,
    /// For how long (ms) it is sticky (MSC4354).
    pub sticky_ms: Option<i64>,
    /// After how long (ms).
    pub delay_ms: i64,
    /// The transaction of the request, if it has one.
    pub transaction: Option<Transaction<'a>>,
}

/// A delayed event as its sender sees it.
#[derive(Clone, Debug)]
pub struct DelayedEvent {
    /// Its room.
    pub room_id: OwnedRoomId,
    /// The rest.
    pub row: DelayedEventRow,
}

impl Rooms {
    /// The longest delay (ms), and how many delayed events of a user can wait; none if events are not delayed.
    #[must_use]
    pub fn delay_limits(&self) -> Option<(i64, i64)> {
        let Settings { delay_ms_max, delayed_per_user_max, .. } = self.settings;
        (delay_ms_max > 0).then_some((delay_ms_max, delayed_per_user_max))
    }

    /// Schedules an event and returns the id by which it can be sent, cancelled, or put off.
    ///
    /// # Errors
    /// See [`DelayError`]. Whether the sender may send it is decided when it is sent.
    pub async fn delay(
        self: &Arc<Self>,
        sender: &UserId,
        room_id: &RoomId,
        delayed: Delayed<'_>,
    ) -> std::result::Result<String, DelayError> {
        let delay_ms_max = self.settings.delay_ms_max;
        if delay_ms_max == 0 {
            return Err(DelayError::Unsupported);
        }
        if delayed.delay_ms <= 0 {
            return Err(DelayError::NotPositive);
        }
        if delayed.delay_ms > delay_ms_max {
            return Err(DelayError::TooLong { delay_ms_max });
        }
        let content = canonical::to_string(&delayed.content);
        if content.len() > CONTENT_BYTES_MAX {
            return Err(Error::TooLarge("the content is too large for an event".to_owned()).into());
        }
        let room = match delayed.state_key {
            Some(key) => self.room_for_state(room_id, sender, delayed.kind, key).await?,
            None => self.joined_room(room_id, sender).await?,
        };
        let Some(user_num) = self.store.interner.find_user(sender).await? else {
            return Err(Error::NotJoined.into());
        };
        let key = delayed.transaction.map(|transaction| {
            let endpoint = format!("delay {}", delayed.kind);
            transaction_key(transaction.device_id, &endpoint, transaction.transaction_id)
        });
        if let Some(key) = &key
            && let Some(row) =
                table::by_transaction(&self.store.db, user_num, room.num, key).await?
        {
            return Ok(row.delay_id);
        }
        let row = DelayedEventRow {
            delay_id: entropy::token(&*self.store.entropy, DELAY_ID_BYTES),
            user_num,
            room_num: room.num,
            kind: delayed.kind.to_owned(),
            state_key: delayed.state_key.map(str::to_owned),
            content,
            sticky_ms: delayed.sticky_ms,
            delay_ms: delayed.delay_ms,
            since_ts: self.now_ms(),
            transaction_key: key,
            end: None,
        };
        self.insert_delayed(row).await
    }

    async fn insert_delayed(
        &self,
        row: DelayedEventRow,
    ) -> std::result::Result<String, DelayError> {
        let waiting = self.waiting().await?;
        let mut write = Write::new();
        table::insert(&mut write, &row, self.settings.delayed_per_user_max);
        // In memory first: what is scheduled must not be missed by an event that makes it pointless meanwhile.
        waiting.add(&row);
        match self.store.write(write).await {
            Ok(_) => Ok(row.delay_id),
            Err(error) => {
                waiting.remove(&row.delay_id);
                let WriteError::Conflict { .. } = error else {
                    return Err(db::Error::from(error).into());
                };
                self.why_not_inserted(&row).await
            }
        }
    }

    /// The same request was there at the same time, or there are too many.
    async fn why_not_inserted(
        &self,
        row: &DelayedEventRow,
    ) -> std::result::Result<String, DelayError> {
        if let Some(key) = &row.transaction_key
            && let Some(known) =
                table::by_transaction(&self.store.db, row.user_num, row.room_num, key).await?
        {
            return Ok(known.delay_id);
        }
        let waiting = table::waiting_of_user(&self.store.db, row.user_num).await?;
        let next = waiting.first().map_or(0, |row| row.send_ts().saturating_sub(self.now_ms()));
        Err(DelayError::TooMany { retry_after_ms: next.max(0) })
    }

    /// A user's delayed events that wait, the next one first.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn delayed_events(&self, user: UserNum) -> Result<Vec<DelayedEvent>> {
        self.shown_delayed(table::waiting_of_user(&self.store.db, user).await?).await
    }

    /// A user's delayed events that wait no more, the last one first. They are kept for a while.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn finalised_delayed_events(&self, user: UserNum) -> Result<Vec<DelayedEvent>> {
        self.shown_delayed(table::finalised_of_user(&self.store.db, user).await?).await
    }

    /// One of a user's delayed events.
    ///
    /// # Errors
    /// [`DelayError::Unknown`] if they have none such, or it ended long ago.
    pub async fn delayed_event(
        &self,
        user: UserNum,
        delay_id: &str,
    ) -> std::result::Result<DelayedEvent, DelayError> {
        let row = table::find(&self.store.db, delay_id).await?;
        let row = row.filter(|row| row.user_num == user).ok_or(DelayError::Unknown)?;
        let room_id = self.store.interner.room_id(row.room_num).await?;
        Ok(DelayedEvent { room_id, row })
    }

    async fn shown_delayed(&self, rows: Vec<DelayedEventRow>) -> Result<Vec<DelayedEvent>> {
        let mut shown = Vec::with_capacity(rows.len());
        for row in rows {
            let room_id = self.store.interner.room_id(row.room_num).await?;
            shown.push(DelayedEvent { room_id, row });
        }
        Ok(shown)
    }

    /// Lets a delayed event wait for its whole delay again, from now on.
    ///
    /// # Errors
    /// [`DelayError::Unknown`], or what became of it if it waits no more.
    pub async fn restart_delayed_event(
        &self,
        delay_id: &str,
    ) -> std::result::Result<(), DelayError> {
        let mut write = Write::new();
        let now = self.now_ms();
        let restarted = table::restart(&mut write, delay_id, now);
        let committed = self.store.write(write).await.map_err(db::Error::from)?;
        if committed.affected(restarted) == 0 {
            return Err(self.why_not_waiting(delay_id).await?);
        }
        if let Some(row) = table::find(&self.store.db, delay_id).await?
            && row.end.is_none()
        {
            self.waiting().await?.add(&row);
        }
        Ok(())
    }

    /// Cancels a delayed event. One that is cancelled already stays so.
    ///
    /// # Errors
    /// [`DelayError::Unknown`], or [`DelayError::Sent`].
    pub async fn cancel_delayed_event(
        &self,
        delay_id: &str,
    ) -> std::result::Result<(), DelayError> {
        if self.end_delayed(delay_id, None).await? {
            return Ok(());
        }
        match self.why_not_waiting(delay_id).await? {
            DelayError::Cancelled => Ok(()),
            error => Err(error),
        }
    }

    /// Sends a delayed event now. One that was sent already stays so.
    ///
    /// # Errors
    /// [`DelayError::Unknown`], [`DelayError::Cancelled`], or why it could not be sent.
    pub async fn send_delayed_event(
        self: &Arc<Self>,
        delay_id: &str,
    ) -> std::result::Result<(), DelayError> {
        let row = table::find(&self.store.db, delay_id).await?.ok_or(DelayError::Unknown)?;
        let sent = match row.end {
            None => self.send_delayed(&row).await,
            Some(_) => Err(Error::NotWaiting),
        };
        match sent {
            Ok(()) => Ok(()),
            Err(Error::NotWaiting) => match self.why_not_waiting(delay_id).await? {
                DelayError::Sent => Ok(()),
                error => Err(error),
            },
            Err(error) => Err(error.into()),
        }
    }

    /// Ends one that waits, without sending it. Returns whether it waited.
    pub(crate) async fn end_delayed(&self, delay_id: &str, error: Option<&str>) -> Result<bool> {
        let Some(row) = table::find(&self.store.db, delay_id).await? else { return Ok(false) };
        let mut write = Write::new();
        let ended = table::end(&mut write, delay_id, self.now_ms(), error);
        table::trim_finalised(&mut write, row.user_num, FINALISED_MAX);
        let committed = self.store.write(write).await?;
        self.waiting().await?.remove(delay_id);
        Ok(committed.affected(ended) > 0)
    }

    /// Notes what one that waits was sent as; the write is rejected if it waits no more.
    pub(crate) fn write_sent(
        &self,
        write: &mut Write,
        (delay_id, sender): (&str, UserNum),
        event_id: &str,
    ) {
        table::sent(write, delay_id, self.now_ms(), event_id);
        table::trim_finalised(write, sender, FINALISED_MAX);
    }

    async fn why_not_waiting(&self, delay_id: &str) -> std::result::Result<DelayError, DelayError> {
        let row = table::find(&self.store.db, delay_id).await?;
        let end = row.ok_or(DelayError::Unknown)?.end;
        Ok(match end.map(|end| end.outcome) {
            Some(Outcome::Sent(_)) => DelayError::Sent,
            Some(Outcome::Cancelled | Outcome::Failed(_)) => DelayError::Cancelled,
            // It waits again: somebody else was faster.
            None => Error::Contended.into(),
        })
    }
}
