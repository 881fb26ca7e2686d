//! `GET /_matrix/federation/v1/openid/userinfo` ([spec])
//!
//! Other services ask it, many of them where clients ask.
//!
//! [spec]: https://spec.matrix.org/v1.16/server-server-api/#get_matrixfederationv1openiduserinfo
use config::Secret;
use endpoint::{
    Auth, Endpoint, Failure, Json, Method, RateClass, State, body,
    error::{INTERNAL, MISSING_TOKEN, UNKNOWN_TOKEN},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{App, accounts::Hidden};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: &["/_matrix/federation/v1/openid/userinfo"],
    auth: Auth::None,
    rate: RateClass::Read,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/server-server-api/#get_matrixfederationv1openiduserinfo",
    summary: "Tells another service who has given it a token.",
};

#[derive(Deserialize)]
pub(crate) struct Query {
    access_token: Option<Hidden>,
}

pub(crate) async fn handler(
    State(app): State<App>,
    endpoint::Query(query): endpoint::Query<Query>,
) -> Result<Json<Value>, Failure> {
    let token: Secret =
        query.access_token.ok_or_else(|| MISSING_TOKEN.because("Missing access token"))?.into();
    let user = app.accounts.openid_user(token.expose()).await;
    let user = user.map_err(|error| INTERNAL.from_error(&error))?;
    let user = user.ok_or_else(|| UNKNOWN_TOKEN.because("Access token unknown or expired"))?;
    Ok(Json(json!({ "sub": user })))
}
