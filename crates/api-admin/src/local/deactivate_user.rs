//! `POST /_longhouse/local/v1/users/{user}/deactivate`: closes an account
use endpoint::{Auth, Endpoint, Json, Method, Path, RateClass, State, body};

use super::{
    DOCUMENTATION, Error,
    document::{Deactivation, User},
    named,
};
use crate::App;

/// In the registry.
pub const ENDPOINT: Endpoint = Endpoint {
    method: Method::Post,
    paths: &["/_longhouse/local/v1/users/{user}/deactivate"],
    auth: Auth::Local,
    rate: RateClass::Admin,
    body_bytes_max: body::SMALL,
    spec: DOCUMENTATION,
    summary: "Closes an account for good.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    Path(user): Path<String>,
    Json(body): Json<Deactivation>,
) -> Result<Json<User>, Error> {
    let user_id = named::find(&app, &user).await?;
    app.accounts.deactivate_user(&user_id, body.erase).await?;
    named::document(&app, &user_id).await
}
