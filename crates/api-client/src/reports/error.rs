//! What reports have in common.
use accounts::Session;
use endpoint::api_error;
use moderation::{ReportError, Reporter};

/// Why a report was not taken.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(crate) struct Error(#[from] ReportError);

api_error!(Error:
    Self(ReportError::Unknown) => NOT_FOUND,
    Self(ReportError::Rooms(_)) => INTERNAL,
    Self(ReportError::Failed(_)) => INTERNAL,
);

/// The caller, as the one who reports.
pub(super) fn reporter(session: &Session) -> Reporter {
    Reporter { user_id: session.user_id.clone(), user_num: session.user_num }
}
