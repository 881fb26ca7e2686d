//! What is done to rooms step by step, beside the requests: asked for, worked off one after the other, gone on with after a
//! restart.
use std::{sync::Arc, time::Duration};

use db::Write;
use protocol::ids::{EventId, OwnedEventId, RoomId};
use serde::{Deserialize, Serialize};
use store::room_jobs::{self as table, JobRow, Status};

use crate::{
    deletion::DELETE,
    error::{Error, Result},
    purge::Old,
    service::Rooms,
};

/// How often it is looked for jobs that somebody else has asked for.
const LOOK_AGAIN: Duration = Duration::from_mins(1);

/// For how long it is known what came of a job (ms).
const REMEMBERED_MS: i64 = 30 * 24 * 60 * 60 * 1_000;

const PURGE: &str = "purge";

/// What is purged of a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PurgeBefore {
    /// What stands before this event in the timeline.
    Event(OwnedEventId),
    /// What was sent before this time (Unix ms).
    Time(i64),
}

/// The parameters of a job that purges, as they are stored.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum PurgeRequest {
    BeforePosition(i64),
    BeforeTs(i64),
}

impl Rooms {
    /// Asks for a room's history to be purged. It begins soon; the job tells how far it is.
    ///
    /// # Errors
    /// [`Error::UnknownRoom`], [`Error::UnknownEvent`] for an event that is not in the room's timeline.
    pub async fn request_purge(
        self: &Arc<Self>,
        room_id: &RoomId,
        before: PurgeBefore,
    ) -> Result<JobRow> {
        let room = self.room(room_id).await?;
        let request = match before {
            PurgeBefore::Time(ts) => PurgeRequest::BeforeTs(ts),
            PurgeBefore::Event(event_id) => {
                PurgeRequest::BeforePosition(self.position_in(room.num, &event_id).await?)
            }
        };
        self.add_job(room_id, PURGE, &request, Write::new()).await
    }

    async fn position_in(&self, room: store::RoomNum, event_id: &EventId) -> Result<i64> {
        let event = self.event(event_id).await?.filter(|event| event.room_num == room);
        event.and_then(|event| event.position()).ok_or(Error::UnknownEvent)
    }

    /// Adds a job; what it begins with may be in the write.
    pub(crate) async fn add_job(
        &self,
        room_id: &RoomId,
        kind: &str,
        request: &impl Serialize,
        mut write: Write,
    ) -> Result<JobRow> {
        let now = self.now_ms();
        let job = JobRow {
            job_id: self.store.db.reserve_numbers("room_job", 1).await?,
            room_id: room_id.to_string(),
            kind: kind.to_owned(),
            request: serde_json::to_string(request)
                .map_err(|_| db::Error::inconsistent("the request of a job"))?,
            status: Status::Open,
            stage: "waiting".to_owned(),
            done: 0,
            total: 0,
            failure: None,
            created_ts: now,
            changed_ts: now,
        };
        table::insert(&mut write, &job);
        drop(self.store.write(write).await?);
        self.jobs_added.notify_one();
        Ok(job)
    }

    /// The job with this number, if it is remembered.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn job(&self, job_id: i64) -> Result<Option<JobRow>> {
        Ok(table::find(&self.store.db, job_id).await?)
    }

    /// The jobs before the one with this number, the newest first.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn jobs_before(&self, job_id: i64, limit: i64) -> Result<Vec<JobRow>> {
        Ok(table::before(&self.store.db, job_id, limit).await?)
    }

    /// Works jobs off as they come, for ever.
    ///
    /// # Errors
    /// Fails if the database fails: the job is gone on with the next time.
    pub async fn run_jobs(self: &Arc<Self>) -> Result<()> {
        loop {
            self.run_open_jobs().await?;
            let mut write = Write::new();
            table::forget(&mut write, self.now_ms().saturating_sub(REMEMBERED_MS));
            drop(self.store.write(write).await?);
            tokio::select! {
                () = self.jobs_added.notified() => {}
                () = tokio::time::sleep(LOOK_AGAIN) => {}
            }
        }
    }

    /// Works off what there is now.
    ///
    /// # Errors
    /// Fails if the database fails: the job is gone on with the next time.
    pub async fn run_open_jobs(self: &Arc<Self>) -> Result<()> {
        while let Some(job) = table::next_open(&self.store.db).await? {
            let (job_id, room_id) = (job.job_id, job.room_id.clone());
            tracing::info!(job = job_id, room.id = %room_id, kind = %job.kind, "a job on a room begins or goes on");
            let ended = match self.run_job(job).await {
                Ok(job) => JobRow { status: Status::Done, stage: "done".to_owned(), ..job },
                Err(error @ (Error::Storage(_) | Error::Contended)) => return Err(error),
                Err(error) => {
                    let Some(job) = self.job(job_id).await? else { continue };
                    tracing::warn!(job = job_id, room.id = %room_id, %error, "a job on a room failed");
                    JobRow { status: Status::Failed, failure: Some(error.to_string()), ..job }
                }
            };
            self.note_job(&ended).await?;
            tracing::info!(job = job_id, room.id = %room_id, events = ended.done, "a job on a room has ended");
        }
        Ok(())
    }

    /// Writes how far a job is.
    pub(crate) async fn note_job(&self, job: &JobRow) -> Result<()> {
        let job = JobRow { changed_ts: self.now_ms(), ..job.clone() };
        let mut write = Write::new();
        table::update(&mut write, &job);
        drop(self.store.write(write).await?);
        Ok(())
    }

    async fn run_job(self: &Arc<Self>, mut job: JobRow) -> Result<JobRow> {
        match job.kind.as_str() {
            PURGE => {
                let request = request_of::<PurgeRequest>(&job)?;
                let room_id = room_of(&job)?;
                let room = self.room(&room_id).await?;
                let old = match request {
                    PurgeRequest::BeforePosition(position) => Old::Before(position),
                    PurgeRequest::BeforeTs(ts) => Old::SentBefore(ts),
                };
                "purging".clone_into(&mut job.stage);
                let (_, noted) = self.purge_noting(&room, old, Some(job.clone())).await?;
                Ok(noted.unwrap_or(job))
            }
            DELETE => self.run_deletion(job).await,
            kind => Err(Error::Build(format!("this version knows no job of the kind {kind}"))),
        }
    }
}

pub(crate) fn request_of<T: for<'de> Deserialize<'de>>(job: &JobRow) -> Result<T> {
    serde_json::from_str(&job.request)
        .map_err(|error| Error::Build(format!("the request of the job makes no sense: {error}")))
}

pub(crate) fn room_of(job: &JobRow) -> Result<protocol::ids::OwnedRoomId> {
    RoomId::parse(job.room_id.as_str()).map_err(|_| Error::UnknownRoom)
}
