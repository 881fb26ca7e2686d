//! `PUT /_longhouse/local/v1/users/{user}/shadow_banned`: shadow-bans a user, or ends that
use endpoint::{Auth, Endpoint, Json, Method, Path, RateClass, State, body};

use super::{
    DOCUMENTATION, Error,
    document::{ShadowBanned, User},
    named,
};
use crate::App;

/// In the registry.
pub const ENDPOINT: Endpoint = Endpoint {
    method: Method::Put,
    paths: &["/_longhouse/local/v1/users/{user}/shadow_banned"],
    auth: Auth::Local,
    rate: RateClass::Admin,
    body_bytes_max: body::SMALL,
    spec: DOCUMENTATION,
    summary: "Shadow-bans a user, or ends that.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    Path(user): Path<String>,
    Json(body): Json<ShadowBanned>,
) -> Result<Json<User>, Error> {
    let user_id = named::find(&app, &user).await?;
    app.accounts.set_shadow_banned(&user_id, body.shadow_banned).await?;
    named::document(&app, &user_id).await
}
