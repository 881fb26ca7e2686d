//! `PUT /_longhouse/local/v1/users/{user}/media_quota`: gives a user a quota for uploads, or the configuration's again
use endpoint::{Auth, Endpoint, Json, Method, Path, RateClass, State, body};

use super::{
    Error, MEDIA_DOCUMENTATION,
    document::{MediaQuota, MediaUsage},
    get_media_usage::usage,
    named,
};
use crate::App;

/// In the registry.
pub const ENDPOINT: Endpoint = Endpoint {
    method: Method::Put,
    paths: &["/_longhouse/local/v1/users/{user}/media_quota"],
    auth: Auth::Local,
    rate: RateClass::Admin,
    body_bytes_max: body::SMALL,
    spec: MEDIA_DOCUMENTATION,
    summary: "Gives a user a quota for uploads, or the configuration's again.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    Path(user): Path<String>,
    Json(body): Json<MediaQuota>,
) -> Result<Json<MediaUsage>, Error> {
    let user_id = named::find(&app, &user).await?;
    if let Some(user_num) = app.media.uploader_num(&user_id).await? {
        app.media.set_quota(user_num, body.bytes).await?;
    }
    usage(&app, &user_id).await
}
