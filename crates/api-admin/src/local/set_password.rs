//! `PUT /_longhouse/local/v1/users/{user}/password`: gives a user another password
use config::Secret;
use endpoint::{Auth, Endpoint, Json, Method, Path, RateClass, State, body};

use super::{
    DOCUMENTATION, Error,
    document::{NewPassword, User},
    named,
};
use crate::App;

/// In the registry.
pub const ENDPOINT: Endpoint = Endpoint {
    method: Method::Put,
    paths: &["/_longhouse/local/v1/users/{user}/password"],
    auth: Auth::Local,
    rate: RateClass::Admin,
    body_bytes_max: body::SMALL,
    spec: DOCUMENTATION,
    summary: "Gives a user another password.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    Path(user): Path<String>,
    Json(body): Json<NewPassword>,
) -> Result<Json<User>, Error> {
    let user_id = named::find(&app, &user).await?;
    let password = Secret::new(body.password);
    app.accounts.set_password(&user_id, &password, body.logout_devices).await?;
    named::document(&app, &user_id).await
}
