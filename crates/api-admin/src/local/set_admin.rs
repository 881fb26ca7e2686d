//! `PUT /_longhouse/local/v1/users/{user}/admin`: makes a user an administrator, or no longer
use endpoint::{Auth, Endpoint, Json, Method, Path, RateClass, State, body};
use protocol::ids::local_user_id;
use serde_json::{Value, json};

use super::{DOCUMENTATION, Error, document::Administrates};
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
) -> Result<Json<Value>, Error> {
    let user_id =
        local_user_id(&user, app.accounts.server_name()).map_err(|_| Error::NotOurs(user))?;
    app.accounts.set_admin(&user_id, body.admin).await?;
    Ok(Json(json!({})))
}
