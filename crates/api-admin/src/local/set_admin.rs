//! `PUT /_longhouse/local/v1/users/{user}/admin`: makes a user an administrator, or no longer
use endpoint::{Auth, Endpoint, Json, Method, Path, RateClass, State, body};

use super::{
    DOCUMENTATION, Error,
    document::{Administrates, User},
    named,
};
use crate::App;

/// In the registry.
pub const ENDPOINT: Endpoint = Endpoint {
    method: Method::Put,
    paths: &["/_longhouse/local/v1/users/{user}/admin"],
    auth: Auth::Local,
    rate: RateClass::Admin,
    body_bytes_max: body::SMALL,
    spec: DOCUMENTATION,
    summary: "Makes a user an administrator, or no longer.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    Path(user): Path<String>,
    Json(body): Json<Administrates>,
) -> Result<Json<User>, Error> {
    let user_id = named::find(&app, &user).await?;
    app.accounts.set_admin(&user_id, body.admin).await?;
    named::document(&app, &user_id).await
}
