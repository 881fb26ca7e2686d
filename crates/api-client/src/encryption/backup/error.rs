//! What goes wrong with backups, as clients read it.
use encryption::backup::BackupError;
use endpoint::{
    Failure,
    error::{INTERNAL, INVALID_PARAM, NOT_FOUND, TOO_LARGE, UNAVAILABLE, WRONG_ROOM_KEYS_VERSION},
};

/// The reply for `error`.
#[expect(clippy::needless_pass_by_value, reason = "it is what map_err hands over")]
pub(crate) fn failure(error: BackupError) -> Failure {
    let kind = match &error {
        BackupError::UnknownVersion | BackupError::UnknownKey => NOT_FOUND,
        BackupError::AlgorithmChanged | BackupError::Field(_) => INVALID_PARAM,
        BackupError::DataTooLarge(_) => TOO_LARGE,
        BackupError::Busy => UNAVAILABLE,
        BackupError::Database(_) => INTERNAL,
        BackupError::WrongVersion { current } => {
            let failure = WRONG_ROOM_KEYS_VERSION.from_error(&error);
            return failure.with("current_version", current.as_str());
        }
    };
    kind.from_error(&error)
}
