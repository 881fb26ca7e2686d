//! The writer of a room: whatever is submitted at the same time is built one on top of the other, committed in one
//! write, applied to memory, published and answered.
//!
//! Invariants:
//! - At most one writer of a room runs on a node; across nodes the room's row is checked by the committing write.
//! - A submission is answered only after its events are durable, or with the reason why none of them is.
//! - A panic or a stop loses nothing that was answered, and the next submission starts from what is stored.
use std::{
    collections::VecDeque,
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use futures_util::FutureExt as _;
use parking_lot::Mutex;
use tokio::sync::oneshot;

use crate::{
    draft::Submission,
    error::{Error, Result},
    event::Event,
    room::Room,
    service::Rooms,
};

mod apply;
mod batch;
mod build;

pub(crate) use build::room_id;

/// How many submissions one write takes at most.
const BATCH_MAX: usize = 64;

type Answer = Result<Vec<Arc<Event>>>;

pub(crate) struct Job {
    pub(crate) submission: Submission,
    pub(crate) answer: oneshot::Sender<Answer>,
}

/// What waits to be written to one room.
#[derive(Default)]
pub(crate) struct Queue {
    jobs: Mutex<VecDeque<Job>>,
    running: AtomicBool,
}

impl Queue {
    fn take(&self) -> Vec<Job> {
        let mut jobs = self.jobs.lock();
        let count = jobs.len().min(BATCH_MAX);
        jobs.drain(..count).collect()
    }

    /// Puts jobs back in front, to be taken next.
    fn put_back(&self, again: Vec<Job>) {
        let mut jobs = self.jobs.lock();
        for job in again.into_iter().rev() {
            jobs.push_front(job);
        }
    }
}

/// Ends a run of the writer, however it ends.
struct Running<'a> {
    rooms: &'a Rooms,
    room: &'a Room,
    finished: bool,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        if !self.finished {
            // The writer panicked or was stopped half-way: what it knew may be wrong. The jobs that it had begun are
            // answered by its end, those that are queued are still to be done.
            self.rooms.distrust(self.room);
        }
        self.room.queue.running.store(false, Ordering::SeqCst);
    }
}

/// Submits events to a room and waits until they are durable.
pub(crate) async fn submit(
    rooms: &Arc<Rooms>,
    room: &Arc<Room>,
    submission: Submission,
) -> Result<Vec<Arc<Event>>> {
    let (answer, answered) = oneshot::channel();
    room.queue.jobs.lock().push_back(Job { submission, answer });
    start(rooms, room);
    answered.await.map_err(|_| Error::Stopped)?
}

fn start(rooms: &Arc<Rooms>, room: &Arc<Room>) {
    if room.queue.running.swap(true, Ordering::SeqCst) {
        return;
    }
    let (rooms, room) = (Arc::clone(rooms), Arc::clone(room));
    // A task of its own: a client that hangs up must not stop a write half-way.
    tokio::spawn(async move {
        // Our locks do not poison, and what the writer knew of the room is forgotten.
        if AssertUnwindSafe(run(&rooms, &room)).catch_unwind().await.is_err() {
            tracing::error!(room.id = %room.id, "the room's writer panicked; it goes on with what is stored");
        }
        // Something may have been queued after the last look and before the writer was marked as stopped.
        if !room.queue.jobs.lock().is_empty() {
            start(&rooms, &room);
        }
    });
}

async fn run(rooms: &Arc<Rooms>, room: &Arc<Room>) {
    let mut running = Running { rooms, room, finished: false };
    loop {
        let jobs = room.queue.take();
        if jobs.is_empty() {
            break;
        }
        let _writing = room.writing.lock().await;
        batch::write(rooms, room, jobs).await;
    }
    running.finished = true;
}
