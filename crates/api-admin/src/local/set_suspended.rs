//! `PUT /_longhouse/local/v1/users/{user}/suspended`: suspends an account, or ends that
use endpoint::{Auth, Endpoint, Json, Method, Path, RateClass, State, body};

use super::{
    DOCUMENTATION, Error,
    document::{Suspended, User},
    named,
};
use crate::App;

/// In the registry.
pub const ENDPOINT: Endpoint = Endpoint {
    method: Method::Put,
    paths: &["/_longhouse/local/v1/users/{user}/suspended"],
    auth: Auth::Local,
    rate: RateClass::Admin,
    body_bytes_max: body::SMALL,
    spec: DOCUMENTATION,
    summary: "Suspends an account, or ends that.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    Path(user): Path<String>,
    Json(body): Json<Suspended>,
) -> Result<Json<User>, Error> {
    let user_id = named::find(&app, &user).await?;
    app.accounts.set_suspended(&user_id, body.suspended).await?;
    named::document(&app, &user_id).await
}
