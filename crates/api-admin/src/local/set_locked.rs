//! `PUT /_longhouse/local/v1/users/{user}/locked`: locks an account, or unlocks it
use endpoint::{Auth, Endpoint, Json, Method, Path, RateClass, State, body};

use super::{
    DOCUMENTATION, Error,
    document::{Locked, User},
    named,
};
use crate::App;

/// In the registry.
pub const ENDPOINT: Endpoint = Endpoint {
    method: Method::Put,
    paths: &["/_longhouse/local/v1/users/{user}/locked"],
    auth: Auth::Local,
    rate: RateClass::Admin,
    body_bytes_max: body::SMALL,
    spec: DOCUMENTATION,
    summary: "Locks an account, or unlocks it.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    Path(user): Path<String>,
    Json(body): Json<Locked>,
) -> Result<Json<User>, Error> {
    let user_id = named::find(&app, &user).await?;
    app.accounts.set_locked(&user_id, body.locked).await?;
    named::document(&app, &user_id).await
}
