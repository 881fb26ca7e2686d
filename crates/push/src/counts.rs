//! How much is unread.
use std::{collections::BTreeMap, sync::Arc};

use protocol::ids::UserId;
use rooms::{Room, Rooms};
use serde::Serialize;
use store::{EventNum, RoomNum, UserNum};

use crate::Push;

mod base;

pub(crate) use base::Base;

/// How much of a room, or of a part of it, is unread for one user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Events that notify.
    pub notification_count: u64,
    /// Events that highlight.
    pub highlight_count: u64,
}

/// How much of a room is unread, by thread.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unread {
    /// In the main timeline.
    pub main: Counts,
    /// In each thread in which anything is, by its root.
    pub threads: BTreeMap<EventNum, Counts>,
}

impl Unread {
    /// In the whole room.
    #[must_use]
    pub fn total(&self) -> Counts {
        self.threads.values().fold(self.main, |sum, counts| Counts {
            notification_count: sum.notification_count + counts.notification_count,
            highlight_count: sum.highlight_count + counts.highlight_count,
        })
    }
}

/// How much is unread in all of a user's rooms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Events that notify.
    pub events: u64,
    /// Rooms in which there are any.
    pub rooms: u64,
}

impl Push {
    /// How much is unread in all of `rooms`, to which the user is joined. No room is brought into memory for it.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn totals(&self, user: UserNum, rooms: &[RoomNum]) -> db::Result<Totals> {
        self.prepare_counts(user, rooms).await?;
        let mut totals = Totals::default();
        for (room, running) in store::rooms::notify_counts(&self.store.db, rooms).await? {
            let unread = self.base(user, room).await?.unread(running).total().notification_count;
            totals.events += unread;
            totals.rooms += u64::from(unread > 0);
        }
        Ok(totals)
    }

    /// How much of `room` is unread for a joined user.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn counts(
        &self,
        rooms: &Arc<Rooms>,
        user_id: &UserId,
        user: UserNum,
        room: &Arc<Room>,
    ) -> Result<Counts, rooms::Error> {
        Ok(self.unread(rooms, user_id, user, room).await?.total())
    }

    /// How much of `room` is unread for a joined user, by thread.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn unread(
        &self,
        rooms: &Arc<Rooms>,
        user_id: &UserId,
        user: UserNum,
        room: &Arc<Room>,
    ) -> Result<Unread, rooms::Error> {
        let base = self.base(user, room.num).await?;
        let facts = room.facts(rooms).await?;
        if !facts.is_joined(user_id) {
            return Ok(Unread::default());
        }
        Ok(base.unread(facts.head.notify_count))
    }
}
