//! `PUT /_longhouse/local/v1/users/{user}/password`: gives a user another password
use config::Secret;
use endpoint::{Auth, Endpoint, Json, Method, Path, RateClass, State, body};
use protocol::ids::local_user_id;
use serde_json::{Value, json};

use super::{DOCUMENTATION, Error, document::NewPassword};
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
) -> Result<Json<Value>, Error> {
    let user_id =
        local_user_id(&user, app.accounts.server_name()).map_err(|_| Error::NotOurs(user))?;
    let password = Secret::new(body.password);
    app.accounts.set_password(&user_id, &password, body.logout_devices).await?;
    Ok(Json(json!({})))
}
