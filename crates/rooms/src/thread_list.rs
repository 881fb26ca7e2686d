//! The threads of a room, the one with the latest event first ([spec]).
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv1roomsroomidthreads
use std::sync::Arc;

use protocol::ids::{RoomId, UserId};
use store::{UserNum, events::Status, relations, threads};

use crate::{
    error::{Error, Result},
    event::Event,
    room::Room,
    service::Rooms,
    visibility::View,
};

/// How many threads are looked at for one answer at most.
const SCANNED_MAX: usize = 1_000;

/// A page of the list.
#[derive(Clone, Copy, Debug)]
pub struct ThreadsQuery {
    /// Only the threads that the user has sent something in, or begun.
    pub participated: bool,
    /// Threads whose latest event is at this position or before; all if absent.
    pub from: Option<i64>,
    /// How many at most.
    pub limit: usize,
}

/// A page of the list.
#[derive(Clone, Debug)]
pub struct Threads {
    /// The events that threads begin with.
    pub roots: Vec<Arc<Event>>,
    /// Where the next page starts, if there may be one.
    pub next: Option<i64>,
    /// What the user may see of the room.
    pub view: View,
}

impl Rooms {
    /// The threads of a room that `user` sees the beginning and some event of.
    ///
    /// # Errors
    /// [`Error::NotJoined`] if the user was never in the room and it is not open to everybody.
    pub async fn threads(
        self: &Arc<Self>,
        user: &UserId,
        room_id: &RoomId,
        query: ThreadsQuery,
    ) -> Result<Threads> {
        let room = self.find(room_id).await?.ok_or(Error::NotJoined)?;
        let view = self.view(&room, user).await?;
        if !view.ever_joined() && !view.is_world_readable() {
            return Err(Error::NotJoined);
        }
        let user_num = self.store.interner.find_user(user).await?.ok_or(Error::NotJoined)?;
        let participant = query.participated.then_some(user_num);
        let mut until = query.from.unwrap_or(i64::MAX).min(self.store.changes.position());
        let (mut roots, mut scanned) = (Vec::new(), 0);
        while scanned < SCANNED_MAX {
            let batch = query.limit - roots.len() + 1;
            let rows = threads::page(
                &self.store.db,
                room.num,
                until,
                participant,
                i64::try_from(batch).unwrap_or(i64::MAX),
            )
            .await?;
            let last_batch = rows.len() < batch;
            scanned += rows.len();
            for row in rows {
                let first = self.event(&row.root_id).await?;
                if let Some(first) = first
                    && self.shows_thread(&room, &view, &first, row.last_position, user_num).await?
                {
                    if roots.len() == query.limit {
                        return Ok(Threads { roots, next: Some(row.last_position), view });
                    }
                    roots.push(first);
                }
                until = row.last_position - 1;
            }
            if last_batch {
                return Ok(Threads { roots, next: None, view });
            }
        }
        Ok(Threads { roots, next: Some(until), view })
    }

    async fn shows_thread(
        &self,
        room: &Room,
        view: &View,
        first: &Event,
        last_position: i64,
        user: UserNum,
    ) -> Result<bool> {
        let is_seen = first.room_num == room.num
            && first.status == Status::Accepted
            && view.sees_event(first);
        if !is_seen || view.sees(last_position) {
            return Ok(is_seen);
        }
        let id = [first.pdu.event_id().to_string()];
        for range in view.ranges() {
            if !relations::threads(&self.store.db, room.num, &id, user, &[], range)
                .await?
                .is_empty()
            {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
