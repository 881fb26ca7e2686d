//! `POST /_longhouse/local/v1/users`: makes an account
use accounts::administration;
use config::Secret;
use endpoint::{Auth, Endpoint, Json, Method, RateClass, State, body};

use super::{
    DOCUMENTATION, Error,
    document::{NewUser, User},
};
use crate::App;

/// In the registry.
pub const ENDPOINT: Endpoint = Endpoint {
    method: Method::Post,
    paths: &["/_longhouse/local/v1/users"],
    auth: Auth::Local,
    rate: RateClass::Admin,
    body_bytes_max: body::SMALL,
    spec: DOCUMENTATION,
    summary: "Makes an account.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    Json(body): Json<NewUser>,
) -> Result<Json<User>, Error> {
    let user = administration::NewUser {
        name: body.name,
        password: Some(Secret::new(body.password)),
        displayname: body.displayname,
        admin: body.admin,
        user_type: None,
    };
    Ok(Json(app.accounts.create_user(user).await?.into()))
}
