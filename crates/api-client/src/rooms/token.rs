//! The tokens of a timeline.
use endpoint::{Failure, error::INVALID_PARAM};
use rooms::token::TimelineToken;

use crate::App;

/// The position that a client's token stands for.
///
/// # Errors
/// 400 `M_INVALID_PARAM` for what is none, or is one from before the database was restored.
pub(crate) fn position(app: &App, token: &str) -> Result<i64, Failure> {
    let parsed = token.parse::<TimelineToken>().ok();
    let ours = parsed.filter(|token| token.epoch == app.rooms.store().db.epoch());
    ours.map(|token| token.position)
        .ok_or_else(|| INVALID_PARAM.because(format!("{token} is not a token of this server")))
}

/// The token for a position.
pub(crate) fn token(app: &App, position: i64) -> String {
    TimelineToken { epoch: app.rooms.store().db.epoch(), position }.to_string()
}
