//! `GET /_longhouse/local/v1/media_move`: tells how far the last move of contents is
use endpoint::{Auth, Endpoint, Json, Method, RateClass, State, body};
use media::{MoveState, Place};

use super::{
    MEDIA_DOCUMENTATION,
    document::{MediaMove, MoveWord},
};
use crate::App;

/// In the registry.
pub const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: &["/_longhouse/local/v1/media_move"],
    auth: Auth::Local,
    rate: RateClass::Admin,
    body_bytes_max: body::NONE,
    spec: MEDIA_DOCUMENTATION,
    summary: "Tells how far the last move of contents is.",
};

pub(crate) async fn handler(State(app): State<App>) -> Json<MediaMove> {
    Json(progress(&app))
}

/// How far it is now.
pub(super) fn progress(app: &App) -> MediaMove {
    let done = app.media.move_progress();
    let to = match app.media.place_of_new() {
        Place::Disk => "the folder",
        Place::Bucket => "the bucket",
    };
    let state = match done.state {
        MoveState::Idle => MoveWord::Idle,
        MoveState::Running => MoveWord::Running,
        MoveState::Done => MoveWord::Done,
        MoveState::Failed => MoveWord::Failed,
    };
    MediaMove {
        state,
        to: to.to_owned(),
        files: done.files,
        bytes: done.bytes,
        damaged: done.damaged,
        thousandths: done.thousandths,
    }
}
