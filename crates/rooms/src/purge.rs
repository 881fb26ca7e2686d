//! Purging: old events of a room are removed for good, with everything that hangs on them.
//!
//! State stays, since the room is made of it, and so do the ends of the timeline, which the next event follows. What stands
//! before the last purged event counts as read from then on: a running count cannot have holes.
//!
//! It goes in steps. Each holds the room's writer for one short write, in which the progress of a job is noted as well.
use std::{collections::HashSet, sync::Arc};

use db::Write;
use store::{
    Change, EventNum, RoomNum,
    events::{self, purging},
    notifications, receipts,
    room_jobs::{self, JobRow},
    search, threads,
};

use crate::{
    error::{Error, Result},
    event::Event,
    relations,
    room::Room,
    service::Rooms,
};

pub use store::events::purging::Old;

/// How many events are removed in one write.
const STEP: i64 = 200;

/// How many rows of other tables are removed in one write.
const ROWS: i64 = 1_000;

/// What a step has come to.
struct Stepped {
    removed: i64,
    cursor: purging::Cursor,
    job: Option<JobRow>,
}

impl Rooms {
    /// Removes what is `old` of a room. Returns how many events of the timeline that were.
    ///
    /// # Errors
    /// Fails if the database fails; what was removed until then stays so.
    pub async fn purge(self: &Arc<Self>, room: &Arc<Room>, old: Old) -> Result<i64> {
        Ok(self.purge_noting(room, old, None).await?.0)
    }

    /// As [`Self::purge`]; the job's row is written with each step.
    pub(crate) async fn purge_noting(
        self: &Arc<Self>,
        room: &Arc<Room>,
        old: Old,
        mut job: Option<JobRow>,
    ) -> Result<(i64, Option<JobRow>)> {
        let (count, newest) = purging::count_old(&self.store.db, room.num, old).await?;
        if let Some(job) = &mut job {
            // Of a job that goes on after a restart, some are gone.
            job.total = job.done.saturating_add(count);
        }
        let floor = match (old, newest) {
            (Old::Before(position), _) => Some(position.saturating_sub(1)),
            (Old::SentBefore(_), newest) => newest,
        };
        let Some(floor) = floor else { return Ok((0, job)) };
        self.raise_floor(room, floor).await?;
        let (mut removed, mut cursor) = (0_i64, purging::Cursor::START);
        loop {
            let (rooms, of) = (Arc::clone(self), Arc::clone(room));
            // A task of its own: whoever stops half-way must not keep what was committed from memory.
            let step = tokio::spawn(async move { rooms.purge_step(&of, old, cursor, job).await });
            let stepped = step.await.map_err(|_| Error::Stopped)??;
            (cursor, job) = (stepped.cursor, stepped.job);
            if stepped.removed == 0 {
                break;
            }
            removed = removed.saturating_add(stepped.removed);
        }
        self.purge_beside(room.num, old, floor).await?;
        Ok((removed, job))
    }

    /// Notes up to where history goes: whoever has read less has read so far now.
    async fn raise_floor(&self, room: &Arc<Room>, floor: i64) -> Result<()> {
        let _writing = room.writing.lock().await;
        let floor = floor.min(room.load(self).await?.last_position);
        let count = events::notify_count_at(&self.store.db, room.num, floor).await?;
        let mut write = Write::new();
        store::rooms::set_purged(&mut write, room.num, floor, count);
        let at = write.position();
        let committed = self.store.write(write).await?;
        let position = committed.position(&at);
        self.notifications.purged(room.num, position);
        let change = Change::Room { position, room: room.num };
        self.store.changes.publish(committed.publication, &[change]);
        Ok(())
    }

    async fn purge_step(
        &self,
        room: &Arc<Room>,
        old: Old,
        cursor: purging::Cursor,
        mut job: Option<JobRow>,
    ) -> Result<Stepped> {
        let _writing = room.writing.lock().await;
        let kept = room.load(self).await?.head.extremities.clone();
        let db = &self.store.db;
        let (rows, cursor) = purging::old(db, room.num, old, cursor, &kept, STEP).await?;
        let removed = i64::try_from(rows.len()).unwrap_or(i64::MAX);
        if rows.is_empty() {
            return Ok(Stepped { removed, cursor, job });
        }
        let mut gone = Vec::with_capacity(rows.len());
        for row in rows {
            gone.push(Event::from_row(row, room.version)?);
        }
        let mut write = Write::new();
        self.remove_events(&mut write, room.num, &gone);
        if let Some(job) = &mut job {
            job.done = job.done.saturating_add(removed);
            job.changed_ts = self.now_ms();
            room_jobs::update(&mut write, job);
        }
        match self.store.write(write).await {
            Ok(committed) => drop(committed),
            Err(error) => {
                let error = db::Error::from(error);
                if error.outcome_unknown() {
                    self.distrust(room);
                }
                return Err(error.into());
            }
        }
        let numbers: HashSet<EventNum> = gone.iter().map(|event| event.num).collect();
        room.forget_events(&numbers);
        for num in &numbers {
            self.events.remove(*num);
        }
        Ok(Stepped { removed, cursor, job })
    }

    /// Adds to the write that these events are gone, and what hangs on each of them.
    pub(crate) fn remove_events(&self, write: &mut Write, room: RoomNum, gone: &[Arc<Event>]) {
        for event in gone {
            relations::remove(write, event);
        }
        let numbers: Vec<EventNum> = gone.iter().map(|event| event.num).collect();
        let ids = gone.iter().map(|event| event.pdu.event_id().to_string()).collect();
        threads::delete(write, room, ids);
        search::remove_all(write, self.store.db.engine(), &numbers);
        purging::delete(write, &numbers);
    }

    /// Removes what was kept about events that are gone.
    async fn purge_beside(&self, room: RoomNum, old: Old, floor: i64) -> Result<()> {
        let mut write = Write::new();
        let first = purging::first_from(&self.store.db, room, floor.saturating_add(1)).await?;
        purging::delete_unplaced(&mut write, room, old, first.unwrap_or(EventNum(i64::MAX)));
        drop(self.store.write(write).await?);
        loop {
            let mut write = Write::new();
            let counted = notifications::delete_until(&mut write, room, floor, ROWS);
            let read = receipts::delete_dangling(&mut write, room, floor, ROWS);
            let committed = self.store.write(write).await?;
            if committed.affected(counted) == 0 && committed.affected(read) == 0 {
                return Ok(());
            }
        }
    }
}
