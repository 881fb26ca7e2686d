//! What is sent over the local socket, in both directions.
use std::fmt;

use protocol::ids::OwnedUserId;
use serde::{Deserialize, Serialize};
use store::media_moderation::MediaFacts;

/// How a node does.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Status {
    /// The program's version.
    pub version: String,
    /// The server name.
    pub server_name: String,
    /// Where the database is, without its password.
    pub database: String,
    /// The node's folder.
    pub folder: String,
    /// The process.
    pub process: u32,
    /// When it started (Unix milliseconds).
    pub started_ms: i64,
    /// For how long it has run, in milliseconds.
    pub uptime_ms: i64,
    /// Accounts that have not been closed.
    pub users: i64,
    /// Where it listens.
    pub listeners: Vec<Listener>,
    /// Its parts.
    pub components: Vec<Component>,
}

/// Where a node listens.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Listener {
    /// `http://…` or `https://…`.
    pub url: String,
    /// What is served there.
    pub serves: Vec<String>,
}

/// A part of a node.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Component {
    /// Its name.
    pub name: String,
    /// `running`, `starting`, `stopped` or `restarting`.
    pub health: String,
    /// Why it is restarting.
    pub failure: Option<String>,
    /// How often it was started again after a failure.
    pub restarts: u32,
}

/// An account.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct User {
    /// The whole user id.
    pub user_id: String,
    /// Whether they administrate the server.
    pub admin: bool,
    /// Whether the account was closed.
    pub deactivated: bool,
    /// Whether the user can do nothing but end sessions.
    pub locked: bool,
    /// Whether the user can read but not act.
    pub suspended: bool,
    /// Whether what the user does reaches nobody, without their being told.
    #[serde(default)]
    pub shadow_banned: bool,
    /// The kind of user; none for people.
    pub user_type: Option<String>,
    /// When the account was made (Unix seconds).
    pub created_s: i64,
}

/// Accounts in order of their ids.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Users {
    /// The accounts.
    pub users: Vec<User>,
}

/// An account to be made.
#[derive(Clone, Serialize, Deserialize)]
pub struct NewUser {
    /// The part before the colon.
    pub name: String,
    /// The password.
    pub password: String,
    /// Whether they administrate the server.
    pub admin: bool,
    /// What the user is called; their name without it.
    pub displayname: Option<String>,
}

/// A new password.
#[derive(Clone, Serialize, Deserialize)]
pub struct NewPassword {
    /// The password.
    pub password: String,
    /// Whether all sessions of the user end.
    pub logout_devices: bool,
}

impl fmt::Debug for NewUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewUser").field("name", &self.name).finish_non_exhaustive()
    }
}

impl fmt::Debug for NewPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewPassword").finish_non_exhaustive()
    }
}

/// Whether a user administrates the server.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Administrates {
    /// Whether they do.
    pub admin: bool,
}

/// Whether an account is locked.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Locked {
    /// Whether it is.
    pub locked: bool,
}

/// Whether an account is suspended.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Suspended {
    /// Whether it is.
    pub suspended: bool,
}

/// Whether a user is shadow-banned.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct ShadowBanned {
    /// Whether they are.
    pub shadow_banned: bool,
}

/// What a user is told.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Notice {
    /// In plain text.
    pub text: String,
}

/// What a user was told.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SentNotice {
    /// The whole user id.
    pub user_id: String,
    /// In which room.
    pub room_id: String,
    /// As which event.
    pub event_id: String,
}

/// Something that a user has reported.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Report {
    /// Its number: later ones are greater.
    pub id: i64,
    /// Who reported.
    pub reporter: String,
    /// The user who was reported, or who sent the event.
    pub user_id: Option<String>,
    /// The room that was reported, or that the event is in.
    pub room_id: Option<String>,
    /// The event that was reported.
    pub event_id: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// When (Unix milliseconds).
    pub created_ms: i64,
}

/// Reports in their order.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Reports {
    /// The reports.
    pub reports: Vec<Report>,
}

impl From<moderation::Report> for Report {
    fn from(report: moderation::Report) -> Self {
        Self {
            id: report.report_id,
            reporter: report.reporter.to_string(),
            user_id: report.subject.user_id,
            room_id: report.subject.room_id,
            event_id: report.subject.event_id,
            reason: report.reason,
            created_ms: report.created_ts,
        }
    }
}

/// How an account is closed.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Deactivation {
    /// Whether the user is to be forgotten as far as possible.
    pub erase: bool,
}

/// One of the media.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Medium {
    /// Its `mxc://` URI.
    pub uri: String,
    /// Who uploaded it; none if the server fetched it itself.
    pub uploader: Option<String>,
    /// What the uploader called its type.
    pub content_type: Option<String>,
    /// What the uploader called it.
    pub file_name: Option<String>,
    /// Its length.
    pub bytes: i64,
    /// When it was uploaded (Unix milliseconds).
    pub created_ms: i64,
    /// When it was last downloaded, to the day, where the node keeps track of that (Unix milliseconds).
    pub used_ms: i64,
    /// Whether it is hidden from everybody.
    pub quarantined: bool,
    /// Whether it is neither hidden nor deleted for its age.
    pub protected: bool,
}

impl Medium {
    pub(crate) fn new(uri: String, uploader: Option<OwnedUserId>, facts: MediaFacts) -> Self {
        Self {
            uri,
            uploader: uploader.map(|user| user.to_string()),
            content_type: facts.content_type,
            file_name: facts.file_name,
            bytes: facts.bytes,
            created_ms: facts.created_at,
            used_ms: facts.used_at,
            quarantined: facts.quarantined_at.is_some(),
            protected: facts.protected_at.is_some(),
        }
    }

    /// The part of its URI behind the server name.
    #[must_use]
    pub fn id(&self) -> &str {
        self.uri.rsplit('/').next().unwrap_or_default()
    }
}

/// Media in order of their ids.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Media {
    /// The media.
    pub media: Vec<Medium>,
}

/// Whether a content is hidden.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Quarantine {
    /// Whether it is.
    pub quarantined: bool,
}

/// Whether media are protected.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Protection {
    /// Whether they are.
    pub protected: bool,
}

/// What a command did.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct ChangedMedia {
    /// How many media were changed or deleted.
    pub media: u64,
}

/// How much a user may upload.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct MediaQuota {
    /// All uploads together, in bytes; none is what the configuration says.
    pub bytes: Option<u64>,
}

/// What a user's uploads take.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MediaUsage {
    /// The whole user id.
    pub user_id: String,
    /// How many there are.
    pub files: i64,
    /// Their length together.
    pub bytes: i64,
    /// How much they may take, if the user has a quota of their own.
    pub quota_bytes: Option<i64>,
}

/// How a move of contents does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MoveWord {
    /// Nobody has asked for one since the node started.
    Idle,
    /// It goes on.
    Running,
    /// All was moved that could be.
    Done,
    /// Something failed, which is in the log.
    Failed,
}

/// The last move of contents.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MediaMove {
    /// How it does.
    pub state: MoveWord,
    /// Where to, in words.
    pub to: String,
    /// Contents that were moved.
    pub files: u64,
    /// Their length together.
    pub bytes: u64,
    /// Contents that are damaged, and stay where they are.
    pub damaged: u64,
    /// How much is behind it, about.
    pub thousandths: u32,
}

impl From<accounts::User> for User {
    fn from(user: accounts::User) -> Self {
        Self {
            user_id: user.name.to_string(),
            admin: user.admin,
            deactivated: user.deactivated,
            locked: user.locked,
            suspended: user.suspended,
            shadow_banned: user.shadow_banned,
            user_type: user.user_type,
            created_s: user.creation_ts,
        }
    }
}

/// Where a test mail goes.
#[derive(Debug, Serialize, Deserialize)]
pub struct TestMail {
    /// The address.
    pub address: String,
}

/// The SMTP server has taken a mail.
#[derive(Debug, Serialize, Deserialize)]
pub struct Mailed {
    /// To this address.
    pub address: String,
}

/// When an account is to end; after the configured time without either.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct NewEnd {
    /// Then (Unix ms).
    pub until_ms: Option<i64>,
    /// After so many milliseconds.
    pub for_ms: Option<i64>,
}

/// A renewed account.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Renewed {
    /// Whose it is.
    pub user_id: String,
    /// Until when it is valid (Unix ms).
    pub until_ms: i64,
}
