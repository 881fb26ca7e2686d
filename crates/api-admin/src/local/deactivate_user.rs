//! `POST /_longhouse/local/v1/users/{user}/deactivate`: closes an account
use endpoint::{Auth, Endpoint, Json, Method, Path, RateClass, State, body};
use protocol::ids::local_user_id;
use serde_json::{Value, json};

use super::{DOCUMENTATION, Error, document::Deactivation};
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
) -> Result<Json<Value>, Error> {
    let user_id =
        local_user_id(&user, app.accounts.server_name()).map_err(|_| Error::NotOurs(user))?;
    app.accounts.deactivate_user(&user_id, body.erase).await?;
    Ok(Json(json!({})))
}
