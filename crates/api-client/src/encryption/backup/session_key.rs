//! A backed-up key, as clients write and read it.
use std::collections::BTreeMap;

use endpoint::{Failure, error::INTERNAL};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use store::key_backups::BackupSession;

use super::version::object;

/// One key.
#[derive(Deserialize, Serialize)]
pub(crate) struct SessionKey {
    first_message_index: u32,
    forwarded_count: u32,
    is_verified: bool,
    session_data: Box<RawValue>,
}

/// The keys of a room by session.
#[derive(Default, Deserialize, Serialize)]
pub(crate) struct RoomKeys {
    pub(crate) sessions: BTreeMap<String, SessionKey>,
}

/// The keys of all rooms.
#[derive(Default, Deserialize, Serialize)]
pub(crate) struct AllKeys {
    pub(crate) rooms: BTreeMap<String, RoomKeys>,
}

impl SessionKey {
    /// The key as it is stored for a session of a room.
    ///
    /// # Errors
    /// 400 `M_BAD_JSON` if its data are no object.
    pub(crate) fn of(&self, room_id: &str, session_id: &str) -> Result<BackupSession, Failure> {
        Ok(BackupSession {
            room_id: room_id.to_owned(),
            session_id: session_id.to_owned(),
            first_message_index: self.first_message_index.into(),
            forwarded_count: self.forwarded_count.into(),
            is_verified: self.is_verified,
            session_data: object(&self.session_data, "session_data")?.to_owned(),
        })
    }
}

impl RoomKeys {
    /// The keys as they are stored for a room.
    ///
    /// # Errors
    /// 400 `M_BAD_JSON` if the data of one are no object.
    pub(crate) fn of(&self, room_id: &str) -> Result<Vec<BackupSession>, Failure> {
        self.sessions.iter().map(|(session_id, key)| key.of(room_id, session_id)).collect()
    }
}

impl TryFrom<BackupSession> for SessionKey {
    type Error = Failure;

    fn try_from(session: BackupSession) -> Result<Self, Failure> {
        let broken = |_| INTERNAL.because("a stored key has an index that is none");
        let session_data = RawValue::from_string(session.session_data);
        Ok(Self {
            first_message_index: session.first_message_index.try_into().map_err(broken)?,
            forwarded_count: session.forwarded_count.try_into().map_err(broken)?,
            is_verified: session.is_verified,
            session_data: session_data.map_err(|error| INTERNAL.from_error(&error))?,
        })
    }
}
