//! `PUT /_longhouse/local/v1/media/{media}/protection`: protects media from being hidden or deleted for their age, or no longer
use endpoint::{Auth, Endpoint, Json, Method, Path, RateClass, State, body};

use super::{
    Error, MEDIA_DOCUMENTATION,
    document::{ChangedMedia, Protection},
};
use crate::App;

/// In the registry.
pub const ENDPOINT: Endpoint = Endpoint {
    method: Method::Put,
    paths: &["/_longhouse/local/v1/media/{media}/protection"],
    auth: Auth::Local,
    rate: RateClass::Admin,
    body_bytes_max: body::SMALL,
    spec: MEDIA_DOCUMENTATION,
    summary: "Protects media from being hidden or deleted for their age, or no longer.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    Path(media): Path<String>,
    Json(body): Json<Protection>,
) -> Result<Json<ChangedMedia>, Error> {
    app.media.protect(&media, body.protected).await?;
    Ok(Json(ChangedMedia { media: 1 }))
}
