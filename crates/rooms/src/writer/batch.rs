//! One write for everything that was submitted to a room at the same time.
use std::{collections::HashSet, sync::Arc};

use db::{Value, Write, WriteError};
use store::{aliases, delayed_events, events};

use super::{
    Job,
    apply::{self, Recorded},
    build::{Built, build},
};
use crate::{
    draft::{Extra, Submission},
    error::{Error, Result},
    event::Event,
    facts::{Facts, is_bump},
    room::Room,
    service::Rooms,
};

/// How often a batch is built again after somebody else has moved the room.
const ATTEMPTS_MAX: u32 = 5;

/// A submission whose events are in the write that is being prepared.
struct Prepared {
    job: Job,
    events: Vec<Built>,
}

/// Writes what can be written of `jobs`, and answers all of them.
pub(super) async fn write(rooms: &Rooms, room: &Arc<Room>, jobs: Vec<Job>) {
    let mut jobs = put_off_repeated(room, jobs);
    for attempt in 1..=ATTEMPTS_MAX {
        match try_write(rooms, room, jobs).await {
            Ok(()) => return,
            Err(unwritten) => {
                jobs = unwritten;
                if !room.is_new() {
                    room.distrust();
                }
                rooms.store.interner.forget_unconfirmed();
                tracing::debug!(room.id = %room.id, attempt, "the room was written by somebody else");
                jobs = answer_repeated(rooms, room, jobs).await;
            }
        }
    }
    for job in jobs {
        let _ = job.answer.send(Err(Error::Contended));
    }
}

/// One try; hands back the jobs where the write was rejected because of what others have written.
async fn try_write(
    rooms: &Rooms,
    room: &Arc<Room>,
    jobs: Vec<Job>,
) -> std::result::Result<(), Vec<Job>> {
    let before = match room.load(rooms).await {
        Ok(facts) => facts,
        Err(error) => {
            fail_all(jobs, &error);
            return Ok(());
        }
    };
    let mut write = Write::new();
    let mut working = Facts::clone(&before);
    let mut prepared = Vec::with_capacity(jobs.len());
    for job in jobs {
        let mut facts = working.clone();
        match prepare(rooms, &mut facts, &job.submission, &mut write).await {
            Ok(events) => {
                working = facts;
                prepared.push(Prepared { job, events });
            }
            Err(error) => {
                // Who may not send it any more, but has sent it before, is told what came of it.
                let sent = find_repeated(rooms, room, &job.submission).await.ok().flatten();
                let _ = job.answer.send(sent.map_or(Err(error), |event| Ok(vec![event])));
            }
        }
    }
    if prepared.is_empty() {
        return Ok(());
    }
    let recorded = match record(rooms, &before, &mut working, &prepared, &mut write).await {
        Ok(recorded) => recorded,
        Err(error) => {
            fail_all(prepared.into_iter().map(|prepared| prepared.job), &error);
            return Ok(());
        }
    };
    match rooms.store.write(write).await {
        Ok(committed) => {
            let built = prepared.iter().flat_map(|prepared| &prepared.events);
            apply::committed(rooms, room, working, built.zip(&recorded), committed);
            for Prepared { job, events } in prepared {
                let events = events.into_iter().map(|built| built.event).collect();
                let _ = job.answer.send(Ok(events));
            }
            Ok(())
        }
        Err(WriteError::Conflict { .. }) => {
            Err(prepared.into_iter().map(|prepared| prepared.job).collect())
        }
        Err(error) => {
            let error = db::Error::from(error);
            if error.outcome_unknown() {
                // It may have been stored all the same.
                rooms.distrust(room);
            }
            tracing::error!(room.id = %room.id, ?error, "events could not be stored");
            fail_all(prepared.into_iter().map(|prepared| prepared.job), &error);
            Ok(())
        }
    }
}

async fn prepare(
    rooms: &Rooms,
    facts: &mut Facts,
    submission: &Submission,
    write: &mut Write,
) -> Result<Vec<Built>> {
    let mut events = Vec::with_capacity(submission.drafts.len());
    for draft in &submission.drafts {
        let key = submission.transaction_key.as_deref();
        events.push(build(rooms, facts, &submission.sender, draft, key, write).await?);
    }
    Ok(events)
}

/// Adds the rows of every prepared event to `write`.
async fn record(
    rooms: &Rooms,
    before: &Facts,
    working: &mut Facts,
    prepared: &[Prepared],
    write: &mut Write,
) -> db::Result<Vec<Recorded>> {
    // What is sent in this write is not ended by it.
    let sending = prepared.iter().flat_map(|prepared| &prepared.job.submission.extras);
    let sending: HashSet<&str> = sending.filter_map(Extra::delay_id).collect();
    let mut recorded = Vec::new();
    let mut bump = Value::Null;
    for Prepared { events, .. } in prepared {
        for built in events {
            let position = write.position();
            let counter = &mut working.head.notify_count;
            let classified = apply::record(rooms, built, counter, &position, write).await?;
            let pointless = rooms.end_pointless(&built.event, &sending, write).await?;
            if is_bump(built.event.pdu.kind()) {
                bump = position.clone();
            }
            recorded.push(Recorded { position, classified, pointless });
        }
    }
    let first = prepared.iter().flat_map(|prepared| &prepared.events).next();
    let last = recorded.last().map(|recorded| recorded.position.clone());
    if let (Some(first), Some(last)) = (first, last) {
        if before.state.is_empty() {
            rooms.store.interner.insert_room(write, working.room_num, &working.room_id);
            let row = working.new_row(first.event.sender_num);
            store::rooms::insert(write, &row, last, bump);
        } else {
            store::rooms::advance(write, working.room_num, &before.head, &working.head, last, bump);
        }
    }
    for Prepared { job, events } in prepared {
        record_extras(rooms, working, &job.submission, events, write).await?;
    }
    Ok(recorded)
}

async fn record_extras(
    rooms: &Rooms,
    facts: &Facts,
    submission: &Submission,
    events: &[Built],
    write: &mut Write,
) -> db::Result<()> {
    for extra in &submission.extras {
        match extra {
            Extra::Alias(alias) => {
                let creator = rooms.store.interner.user(write, &submission.sender).await?;
                aliases::insert(write, alias, facts.room_num, creator, rooms.now_ms());
            }
            Extra::Published(published) => {
                store::rooms::set_published(write, facts.room_num, *published);
            }
            Extra::ReplacedBy { room, published } => {
                aliases::move_all(write, facts.room_num, *room);
                if *published {
                    store::rooms::set_published(write, facts.room_num, false);
                    store::rooms::set_published(write, *room, true);
                }
            }
            Extra::Delayed(delay_id) => {
                if let Some(Built { event, .. }) = events.first() {
                    let sent = (delay_id.as_str(), event.sender_num);
                    rooms.write_sent(write, sent, event.pdu.event_id().as_str());
                }
            }
        }
    }
    Ok(())
}

/// Answers those that were in fact written before (a repeated transaction), and hands back the rest.
async fn answer_repeated(rooms: &Rooms, room: &Arc<Room>, jobs: Vec<Job>) -> Vec<Job> {
    let mut rest = Vec::with_capacity(jobs.len());
    for job in jobs {
        match find_repeated(rooms, room, &job.submission).await {
            Ok(Some(event)) => {
                let _ = job.answer.send(Ok(vec![event]));
            }
            Ok(None) => match refused_extra(rooms, &job.submission).await {
                Ok(None) => rest.push(job),
                Ok(Some(refused)) => {
                    let _ = job.answer.send(Err(refused));
                }
                Err(error) => {
                    let _ = job.answer.send(Err(error));
                }
            },
            Err(error) => {
                let _ = job.answer.send(Err(error));
            }
        }
    }
    rest
}

async fn find_repeated(
    rooms: &Rooms,
    room: &Room,
    submission: &Submission,
) -> Result<Option<Arc<Event>>> {
    let Some(key) = &submission.transaction_key else { return Ok(None) };
    let Some(sender) = rooms.store.interner.find_user(&submission.sender).await? else {
        return Ok(None);
    };
    let row = events::by_transaction(&rooms.store.db, room.num, sender, key).await?;
    row.map(|row| Ok(Event::from_row(row, room.version)?)).transpose()
}

/// Why something that is written beside the events will not be.
async fn refused_extra(rooms: &Rooms, submission: &Submission) -> Result<Option<Error>> {
    for extra in &submission.extras {
        match extra {
            Extra::Alias(alias) => {
                if aliases::find(&rooms.store.db, alias).await?.is_some() {
                    return Ok(Some(Error::AliasTaken));
                }
            }
            Extra::Delayed(delay_id) => {
                let row = delayed_events::find(&rooms.store.db, delay_id).await?;
                if row.is_none_or(|row| row.end.is_some()) {
                    return Ok(Some(Error::NotWaiting));
                }
            }
            Extra::Published(_) | Extra::ReplacedBy { .. } => {}
        }
    }
    Ok(None)
}

/// Takes the second of two jobs with the same transaction out of a batch: it is answered by the next one, which finds
/// the first one's event.
fn put_off_repeated(room: &Room, jobs: Vec<Job>) -> Vec<Job> {
    let mut seen = HashSet::new();
    let (jobs, repeated): (Vec<_>, Vec<_>) = jobs.into_iter().partition(|job| {
        let Submission { sender, transaction_key, .. } = &job.submission;
        transaction_key.as_ref().is_none_or(|key| seen.insert((sender.clone(), key.clone())))
    });
    room.queue.put_back(repeated);
    jobs
}

fn fail_all(jobs: impl IntoIterator<Item = Job>, error: &db::Error) {
    for job in jobs {
        let _ = job.answer.send(Err(Error::Storage(error.clone())));
    }
}
