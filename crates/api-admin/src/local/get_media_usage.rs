//! `GET /_longhouse/local/v1/users/{user}/media_usage`: tells what a user's uploads take
use endpoint::{Auth, Endpoint, Json, Method, Path, RateClass, State, body};
use protocol::ids::UserId;

use super::{Error, MEDIA_DOCUMENTATION, document::MediaUsage, named};
use crate::App;

/// In the registry.
pub const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: &["/_longhouse/local/v1/users/{user}/media_usage"],
    auth: Auth::Local,
    rate: RateClass::Admin,
    body_bytes_max: body::NONE,
    spec: MEDIA_DOCUMENTATION,
    summary: "Tells what a user's uploads take.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    Path(user): Path<String>,
) -> Result<Json<MediaUsage>, Error> {
    let user_id = named::find(&app, &user).await?;
    usage(&app, &user_id).await
}

/// What the user's uploads take now.
pub(super) async fn usage(app: &App, user_id: &UserId) -> Result<Json<MediaUsage>, Error> {
    let usage = match app.media.uploader_num(user_id).await? {
        Some(user_num) => app.media.usage(user_num).await?,
        None => store::media_usage::MediaUsage::default(),
    };
    Ok(Json(MediaUsage {
        user_id: user_id.to_string(),
        files: usage.files,
        bytes: usage.bytes,
        quota_bytes: usage.quota_bytes,
    }))
}
