//! Table `room_jobs`: what is being done to rooms step by step, and what was done.
//!
//! The progress of a job is written together with what the step has changed: after a crash it goes on exactly where it was.
use db::{Read, Result, Row, Write, params};

/// The status of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It is being worked on, or waits for that.
    Open,
    /// It has ended well.
    Done,
    /// It has ended otherwise.
    Failed,
}

impl Status {
    /// As it is spelled.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }

    fn parse(text: &str) -> Result<Self> {
        [Self::Open, Self::Done, Self::Failed]
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or_else(|| db::Error::inconsistent("room_jobs.status"))
    }
}

/// A job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobRow {
    /// Its number: later ones are greater.
    pub job_id: i64,
    /// The room that it is about, which may be gone.
    pub room_id: String,
    /// What is done.
    pub kind: String,
    /// With which parameters: JSON.
    pub request: String,
    /// How far it is as a whole.
    pub status: Status,
    /// What it is at.
    pub stage: String,
    /// How many events are gone.
    pub done: i64,
    /// How many events there were to go, when it was counted.
    pub total: i64,
    /// Why it failed.
    pub failure: Option<String>,
    /// When it was asked for (Unix ms).
    pub created_ts: i64,
    /// When it was changed last (Unix ms).
    pub changed_ts: i64,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT job_id, room_id, kind, request, status, stage, done, total, failure, \
             created_ts, changed_ts FROM room_jobs ",
            $rest
        )
    };
}

/// Adds a job.
pub fn insert(write: &mut Write, job: &JobRow) {
    write.execute_expecting(
        "INSERT INTO room_jobs (job_id, room_id, kind, request, status, stage, done, total, \
         failure, created_ts, changed_ts) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        params![
            job.job_id,
            job.room_id.as_str(),
            job.kind.as_str(),
            job.request.as_str(),
            job.status.as_str(),
            job.stage.as_str(),
            job.done,
            job.total,
            job.failure.as_deref(),
            job.created_ts,
            job.changed_ts
        ],
        1,
    );
}

/// Writes how far a job is; its request may have become more exact.
pub fn update(write: &mut Write, job: &JobRow) {
    write.execute_expecting(
        "UPDATE room_jobs SET request = $2, status = $3, stage = $4, done = $5, total = $6, \
         failure = $7, changed_ts = $8 WHERE job_id = $1",
        params![
            job.job_id,
            job.request.as_str(),
            job.status.as_str(),
            job.stage.as_str(),
            job.done,
            job.total,
            job.failure.as_deref(),
            job.changed_ts
        ],
        1,
    );
}

/// Removes the jobs that ended before `ts` (Unix ms).
pub fn forget(write: &mut Write, ts: i64) {
    write.execute("DELETE FROM room_jobs WHERE status <> 'open' AND changed_ts < $1", params![ts]);
}

/// One job.
///
/// # Errors
/// Fails if the database fails.
pub async fn find(reader: &impl Read, job_id: i64) -> Result<Option<JobRow>> {
    let row = reader.query_optional(select!("WHERE job_id = $1"), params![job_id]).await?;
    row.as_ref().map(decode).transpose()
}

/// The oldest job that is not ended.
///
/// # Errors
/// Fails if the database fails.
pub async fn next_open(reader: &impl Read) -> Result<Option<JobRow>> {
    let sql = select!("WHERE status = 'open' ORDER BY job_id LIMIT 1");
    reader.query_optional(sql, params![]).await?.as_ref().map(decode).transpose()
}

/// The jobs before the one with this number, the newest first.
///
/// # Errors
/// Fails if the database fails.
pub async fn before(reader: &impl Read, job_id: i64, limit: i64) -> Result<Vec<JobRow>> {
    let sql = select!("WHERE job_id < $1 ORDER BY job_id DESC LIMIT $2");
    reader.query(sql, params![job_id, limit]).await?.iter().map(decode).collect()
}

fn decode(row: &Row) -> Result<JobRow> {
    Ok(JobRow {
        job_id: row.get(0)?,
        room_id: row.get(1)?,
        kind: row.get(2)?,
        request: row.get(3)?,
        status: Status::parse(row.text(4)?)?,
        stage: row.get(5)?,
        done: row.get(6)?,
        total: row.get(7)?,
        failure: row.get(8)?,
        created_ts: row.get(9)?,
        changed_ts: row.get(10)?,
    })
}
