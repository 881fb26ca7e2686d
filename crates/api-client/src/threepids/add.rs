//! `POST /_matrix/client/v3/account/3pid/add` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3account3pidadd
use accounts::{Action, threepids::ThreepidCredentials};
use endpoint::{Auth, Endpoint, Json, Method, RateClass, State, body};
use serde_json::{Map, Value, json};

use super::{Credentials, error::Error};
use crate::{
    App, Caller,
    accounts::interactive::{Interactive, Interrupted},
};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Post,
    paths: &[
        "/_matrix/client/v3/account/3pid/add",
        "/_matrix/client/r0/account/3pid/add",
        "/_matrix/client/unstable/account/3pid/add",
    ],
    auth: Auth::User,
    rate: RateClass::Login,
    body_bytes_max: body::SMALL,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3account3pidadd",
    summary: "Adds an address that the user has proven to be theirs.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<Map<String, Value>>,
) -> Result<Json<Value>, Interrupted> {
    add(&app, &caller, Interactive::<Credentials>::read(body)?).await
}

/// Adds an address, once the user has confirmed that it is them.
pub(super) async fn add(
    app: &App,
    caller: &Caller,
    read: Interactive<impl Into<ThreepidCredentials>>,
) -> Result<Json<Value>, Interrupted> {
    let Interactive { body, request, attempt } = read;
    let (session, credentials) = (&caller.0, body.into());
    app.accounts.check_new_threepid(&credentials).await.map_err(Error::from)?;
    let action = Action::AddThreepid;
    let confirmation = app.accounts.confirm(session, action, "", &request, attempt).await?;
    app.accounts.add_threepid(session, &credentials, confirmation).await.map_err(Error::from)?;
    Ok(Json(json!({})))
}
