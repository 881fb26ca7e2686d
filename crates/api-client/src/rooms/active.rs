//! What shows that a user does something.
use accounts::Session;

use crate::App;

/// Notes that the caller does something that others see in a room. That it cannot be noted is no reason to refuse it.
pub(super) async fn note_activity(app: &App, caller: &Session) {
    if let Err(error) = app.presence.note_activity(caller.user_num).await {
        tracing::warn!(%error, "presence could not be noted");
    }
}
