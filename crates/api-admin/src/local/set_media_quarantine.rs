//! `PUT /_longhouse/local/v1/media/{media}/quarantine`: hides a content from everybody, or shows it again
use endpoint::{Auth, Endpoint, Json, Method, Path, RateClass, State, body};

use super::{
    Error, MEDIA_DOCUMENTATION,
    document::{ChangedMedia, Quarantine},
};
use crate::App;

/// In the registry.
pub const ENDPOINT: Endpoint = Endpoint {
    method: Method::Put,
    paths: &["/_longhouse/local/v1/media/{media}/quarantine"],
    auth: Auth::Local,
    rate: RateClass::Admin,
    body_bytes_max: body::SMALL,
    spec: MEDIA_DOCUMENTATION,
    summary: "Hides a content from everybody, or shows it again.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    Path(media): Path<String>,
    Json(body): Json<Quarantine>,
) -> Result<Json<ChangedMedia>, Error> {
    let changed = if body.quarantined {
        app.media.quarantine(&media).await?
    } else {
        app.media.unquarantine(&media).await?
    };
    Ok(Json(ChangedMedia { media: changed }))
}
