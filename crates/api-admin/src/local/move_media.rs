//! `POST /_longhouse/local/v1/media_move`: moves all contents to where new ones are stored
use endpoint::{Auth, Endpoint, Json, Method, RateClass, State, body};

use super::{Error, MEDIA_DOCUMENTATION, document::MediaMove, get_media_move};
use crate::App;

/// In the registry.
pub const ENDPOINT: Endpoint = Endpoint {
    method: Method::Post,
    paths: &["/_longhouse/local/v1/media_move"],
    auth: Auth::Local,
    rate: RateClass::Admin,
    body_bytes_max: body::NONE,
    spec: MEDIA_DOCUMENTATION,
    summary: "Moves all contents to where new ones are stored: from the disk to the bucket, or back.",
};

pub(crate) async fn handler(State(app): State<App>) -> Result<Json<MediaMove>, Error> {
    if !app.media.has_other_place() {
        return Err(Error::NothingToMove);
    }
    app.media.begin_move();
    Ok(Json(get_media_move::progress(&app)))
}
