//! A backup's version, as clients write and read it.
use encryption::backup::BackupState;
use endpoint::{
    Failure,
    error::{BAD_JSON, INTERNAL},
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use store::key_backups::BackupVersion;

/// What a client sets of a version.
#[derive(Deserialize)]
pub(crate) struct VersionBody {
    pub(crate) algorithm: String,
    auth_data: Box<RawValue>,
    pub(crate) version: Option<String>,
}

impl VersionBody {
    /// The `auth_data` as JSON.
    ///
    /// # Errors
    /// 400 `M_BAD_JSON` if it is no object.
    pub(crate) fn auth_data(&self) -> Result<&str, Failure> {
        object(&self.auth_data, "auth_data")
    }
}

/// The text of a JSON object.
///
/// # Errors
/// 400 `M_BAD_JSON` if it is something else.
pub(crate) fn object<'a>(value: &'a RawValue, name: &str) -> Result<&'a str, Failure> {
    let text = value.get();
    let is_object = text.starts_with('{');
    if is_object { Ok(text) } else { Err(BAD_JSON.because(format!("{name} must be an object"))) }
}

/// A version with what it holds.
#[derive(Serialize)]
pub(crate) struct VersionReply {
    algorithm: String,
    auth_data: Box<RawValue>,
    count: i64,
    etag: String,
    version: String,
}

impl TryFrom<BackupVersion> for VersionReply {
    type Error = Failure;

    fn try_from(backup: BackupVersion) -> Result<Self, Failure> {
        let auth_data = RawValue::from_string(backup.auth_data);
        Ok(Self {
            algorithm: backup.algorithm,
            auth_data: auth_data.map_err(|error| INTERNAL.from_error(&error))?,
            count: backup.key_count,
            etag: backup.etag.to_string(),
            version: backup.version.to_string(),
        })
    }
}

/// The version that a request is about.
#[derive(Deserialize)]
pub(crate) struct VersionParameter {
    pub(crate) version: String,
}

/// What a backup holds after a change.
#[derive(Serialize)]
pub(crate) struct StateReply {
    count: i64,
    etag: String,
}

impl From<BackupState> for StateReply {
    fn from(state: BackupState) -> Self {
        Self { count: state.count, etag: state.etag }
    }
}
