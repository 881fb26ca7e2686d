//! What is sent over the local socket about rooms, in both directions.
use serde::{Deserialize, Serialize};
use store::room_jobs::JobRow;

/// A room in the list of all.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RoomEntry {
    /// Its number, which the list is in the order of.
    pub number: i64,
    /// Its id.
    pub room_id: String,
    /// Its name.
    pub name: Option<String>,
    /// Its canonical alias.
    pub canonical_alias: Option<String>,
    /// Its version.
    pub room_version: String,
    /// When it was created here or first joined (Unix milliseconds).
    pub created_ms: i64,
    /// How many users are joined.
    pub joined: i64,
    /// Whether the public room list shows it.
    pub published: bool,
    /// Whether nobody may come in.
    pub blocked: bool,
}

/// Rooms in order of their numbers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RoomEntries {
    /// The rooms.
    pub rooms: Vec<RoomEntry>,
}

/// A room as it is now.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Room {
    /// Its id.
    pub room_id: String,
    /// Whether the server has it: others can be blocked as well.
    pub known: bool,
    /// Its name.
    pub name: Option<String>,
    /// Its topic.
    pub topic: Option<String>,
    /// Its canonical alias.
    pub canonical_alias: Option<String>,
    /// Every alias of this server that leads to it.
    pub aliases: Vec<String>,
    /// Its type; none for a room to talk in.
    pub room_type: Option<String>,
    /// Its version.
    pub room_version: Option<String>,
    /// Who created it.
    pub creator: Option<String>,
    /// When it was created here or first joined (Unix milliseconds).
    pub created_ms: Option<i64>,
    /// Who may join.
    pub join_rule: Option<String>,
    /// Who may read what was sent before they came.
    pub history_visibility: Option<String>,
    /// Whether guests may join.
    pub guests: bool,
    /// Whether messages are encrypted.
    pub encrypted: bool,
    /// How many users are joined.
    pub joined: u64,
    /// How many users are invited.
    pub invited: u64,
    /// How many events of it are stored.
    pub events: i64,
    /// Whether the public room list shows it.
    pub published: bool,
    /// Whether nobody may come in.
    pub blocked: bool,
    /// What users are told who want to come in.
    pub block_message: Option<String>,
}

/// Whether a room is blocked.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Blocked {
    /// Whether it is.
    pub blocked: bool,
    /// What users are told who want to come in.
    pub message: Option<String>,
}

/// How a room is deleted.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Deletion {
    /// Whether it stays blocked.
    pub block: bool,
    /// What users are told who want to come in then.
    pub message: Option<String>,
    /// The room that its members are put into.
    pub new_room: Option<NewRoom>,
}

/// The room that the members of a deleted one are put into.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NewRoom {
    /// Who makes it and speaks in it.
    pub creator: String,
    /// What it is called.
    pub name: String,
    /// What is said in it.
    pub notice: String,
}

/// What is purged of a room.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purge {
    /// What stands before this event.
    BeforeEvent(String),
    /// What was sent before this time (Unix milliseconds).
    BeforeMs(i64),
}

/// Something that is done to a room, step by step.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Job {
    /// Its number.
    pub job: i64,
    /// The room.
    pub room_id: String,
    /// `purge` or `delete`.
    pub kind: String,
    /// `open`, `done` or `failed`.
    pub status: String,
    /// What it is at.
    pub stage: String,
    /// How many events are gone.
    pub done: i64,
    /// How many events there were to go, when it was counted.
    pub total: i64,
    /// Why it failed.
    pub failure: Option<String>,
    /// When it was asked for (Unix milliseconds).
    pub created_ms: i64,
    /// When it was changed last (Unix milliseconds).
    pub changed_ms: i64,
}

/// Jobs, the newest first.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Jobs {
    /// The jobs.
    pub jobs: Vec<Job>,
}

impl From<JobRow> for Job {
    fn from(row: JobRow) -> Self {
        Self {
            job: row.job_id,
            room_id: row.room_id,
            kind: row.kind,
            status: row.status.as_str().to_owned(),
            stage: row.stage,
            done: row.done,
            total: row.total,
            failure: row.failure,
            created_ms: row.created_ts,
            changed_ms: row.changed_ts,
        }
    }
}
