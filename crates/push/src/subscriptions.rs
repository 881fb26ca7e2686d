//! Subscriptions to threads ([MSC4306]): who wants to be notified of what happens in which thread.
//!
//! A subscription counts from where it was made, as a change of the rules does. What is sent to a thread is evaluated for
//! those who have subscribed to it one by one, and for everybody else by their audience: a send loops over the thread's
//! subscribers, never over the room's members.
//!
//! [MSC4306]: https://github.com/matrix-org/matrix-spec-proposals/pull/4306
use std::sync::Arc;

use db::Write;
use protocol::{
    ids::{EventId, OwnedUserId, RoomId, UserId},
    push::PreparedRules,
};
use rooms::{Event, Rooms};
use store::{
    Change, EventNum, RoomNum, UserNum,
    thread_subscriptions::{self as table, ListedSubscription, ThreadSubscriptionRow},
};

use crate::{Push, RulesError, slots::Found};

/// Those who have subscribed to a thread.
pub(crate) type Subscribers = Arc<[(UserNum, OwnedUserId)]>;

/// Why somebody was not subscribed to a thread.
#[derive(Debug, thiserror::Error)]
pub enum SubscribeError {
    /// The user cannot see the event that the thread begins with, or there is none.
    #[error("there is no such thread")]
    UnknownThread,
    /// What is said to have caused it is not in the thread.
    #[error("the event is not in that thread")]
    NotInThread,
    /// The user has unsubscribed since what is said to have caused it.
    #[error("you have unsubscribed from that thread since that event")]
    Unsubscribed,
    /// The rules about threads could not be added.
    #[error(transparent)]
    Rules(#[from] RulesError),
    /// The room could not be read.
    #[error(transparent)]
    Failed(rooms::Error),
}

impl From<db::Error> for SubscribeError {
    fn from(error: db::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl From<rooms::Error> for SubscribeError {
    fn from(error: rooms::Error) -> Self {
        match error {
            rooms::Error::UnknownEvent => Self::UnknownThread,
            error => Self::Failed(error),
        }
    }
}

/// A thread, as a user knows it.
#[derive(Clone, Copy, Debug)]
pub struct ThreadOf<'a> {
    /// The user.
    pub user_id: &'a UserId,
    /// Their number.
    pub user_num: UserNum,
    /// The room.
    pub room_id: &'a RoomId,
    /// The event that the thread begins with.
    pub root_id: &'a EventId,
}

impl Push {
    /// Subscribes a user to a thread. Where their client does it by itself, `cause` is the event that made it do so: who has
    /// unsubscribed since is not subscribed again, and who has subscribed themselves stays so.
    ///
    /// With their first subscription they get the server's rules about threads.
    ///
    /// # Errors
    /// See [`SubscribeError`].
    pub async fn subscribe(
        &self,
        rooms: &Arc<Rooms>,
        thread: ThreadOf<'_>,
        cause: Option<&EventId>,
    ) -> Result<(), SubscribeError> {
        let first = visible_root(rooms, thread).await?;
        let cause = match cause {
            Some(cause) => Some(self.cause(rooms, thread, &first, cause).await?),
            None => None,
        };
        let (user, room) = (thread.user_num, first.room_num);
        let mut write = Write::new();
        let at = write.position();
        let subscribed = table::subscribe(&mut write, user, room, first.num, cause, &at);
        let committed = self.store.write(write).await.map_err(db::Error::from)?;
        let has_changed = committed.affected(subscribed) > 0;
        self.settle_subscription(user, &first, committed.position(&at), committed.publication);
        if !has_changed {
            let known = table::find(&self.store.db, user, room, first.num).await?;
            if known.is_none_or(|known| known.ended_position.is_some()) {
                return Err(SubscribeError::Unsubscribed);
            }
        }
        // After the subscription: as long as there is none, the rules would silence the thread.
        let ask = |rules: &mut protocol::push::PushRules| {
            rules.ask_for_threads();
            Ok(())
        };
        Ok(self.change_rules(user, thread.user_id, ask).await?)
    }

    /// Unsubscribes a user from a thread. Who is not subscribed stays so.
    ///
    /// # Errors
    /// See [`SubscribeError`].
    pub async fn unsubscribe(
        &self,
        rooms: &Arc<Rooms>,
        thread: ThreadOf<'_>,
    ) -> Result<(), SubscribeError> {
        let first = visible_root(rooms, thread).await?;
        let mut write = Write::new();
        let at = write.position();
        table::unsubscribe(&mut write, thread.user_num, first.room_num, first.num, &at);
        let committed = self.store.write(write).await.map_err(db::Error::from)?;
        let position = committed.position(&at);
        self.settle_subscription(thread.user_num, &first, position, committed.publication);
        Ok(())
    }

    fn settle_subscription(
        &self,
        user: UserNum,
        first: &Event,
        position: i64,
        publication: db::Publication,
    ) {
        self.subscribers.forget(&(first.room_num, first.num));
        self.store.changes.publish(publication, &[Change::User { position, user }]);
    }

    /// The position of the event that made a client subscribe.
    async fn cause(
        &self,
        rooms: &Arc<Rooms>,
        thread: ThreadOf<'_>,
        first: &Event,
        cause: &EventId,
    ) -> Result<i64, SubscribeError> {
        if cause.as_str().contains('\0') {
            // No event has such an id, and the database would not look for it.
            return Err(SubscribeError::NotInThread);
        }
        let event = rooms.visible_event(thread.user_id, thread.room_id, cause).await;
        let event = event.map_err(|error| match error {
            rooms::Error::UnknownEvent => SubscribeError::NotInThread,
            error => SubscribeError::Failed(error),
        })?;
        let position = event.position().filter(|_| event.thread == Some(first.num));
        position.ok_or(SubscribeError::NotInThread)
    }

    /// A user's subscription to a thread; none if they have not subscribed.
    ///
    /// # Errors
    /// [`SubscribeError::UnknownThread`] if they do not see the thread.
    pub async fn subscription(
        &self,
        rooms: &Arc<Rooms>,
        thread: ThreadOf<'_>,
    ) -> Result<Option<ThreadSubscriptionRow>, SubscribeError> {
        let first = visible_root(rooms, thread).await?;
        let row = table::find(&self.store.db, thread.user_num, first.room_num, first.num).await?;
        Ok(row.filter(|row| row.ended_position.is_none()))
    }

    /// The `limit` of a user's subscriptions that changed last with `after < position <= until`, the last one first; those
    /// that have ended are among them.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn subscriptions(
        &self,
        user: UserNum,
        range: (i64, i64),
        limit: usize,
    ) -> db::Result<Vec<ListedSubscription>> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        table::changed(&self.store.db, user, range, limit).await
    }

    /// Those who have subscribed to the thread of `room` that begins with the event `thread`.
    pub(crate) async fn subscribers(
        &self,
        room: RoomNum,
        thread: EventNum,
    ) -> db::Result<Subscribers> {
        let place = match self.subscribers.find(&(room, thread), |_| false) {
            Found::Known(subscribers) => return Ok(subscribers),
            Found::Missing(place) => place,
        };
        let mut subscribers = Vec::new();
        for row in table::of_thread(&self.store.db, room, thread).await? {
            if row.ended_position.is_none() {
                let user_id = self.store.interner.user_id(row.user_num).await?;
                subscribers.push((row.user_num, user_id));
            }
        }
        let subscribers: Subscribers = subscribers.into();
        place.put(Arc::clone(&subscribers));
        Ok(subscribers)
    }

    /// Whether a user with `rules` was subscribed to the thread that an event is in, when it was sent; it is asked only if
    /// the rules do.
    pub(crate) async fn was_subscribed(
        &self,
        rules: &PreparedRules,
        user: UserNum,
        event: &Event,
    ) -> db::Result<bool> {
        let (Some(thread), Some(position)) = (event.thread, event.position()) else {
            return Ok(false);
        };
        if !rules.ask_for_threads() {
            return Ok(false);
        }
        let row = table::find(&self.store.db, user, event.room_num, thread).await?;
        Ok(row.is_some_and(|row| row.covers(position)))
    }
}

/// The event that a thread begins with. There need be nothing in it yet: clients subscribe while they send the first reply.
async fn visible_root(
    rooms: &Arc<Rooms>,
    thread: ThreadOf<'_>,
) -> Result<Arc<Event>, rooms::Error> {
    rooms.visible_event(thread.user_id, thread.room_id, thread.root_id).await
}
