//! `DELETE /_longhouse/local/v1/media/{media}`: deletes media for good
use endpoint::{Auth, Endpoint, Json, Method, Path, RateClass, State, body};

use super::{Error, MEDIA_DOCUMENTATION, document::ChangedMedia};
use crate::App;

/// In the registry.
pub const ENDPOINT: Endpoint = Endpoint {
    method: Method::Delete,
    paths: &["/_longhouse/local/v1/media/{media}"],
    auth: Auth::Local,
    rate: RateClass::Admin,
    body_bytes_max: body::NONE,
    spec: MEDIA_DOCUMENTATION,
    summary: "Deletes media for good.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    Path(media): Path<String>,
) -> Result<Json<ChangedMedia>, Error> {
    app.media.facts(&media).await?;
    let media = app.media.delete(&[media], db::Write::new()).await?;
    Ok(Json(ChangedMedia { media }))
}
