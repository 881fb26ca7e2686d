//! `POST /_matrix/client/v3/account/3pid` ([spec])
//!
//! What [`super::add`] does, for clients of before r0.6. The specification has it without a confirmation. We ask for one: an
//! address lets its owner set a new password, so a stolen access token would be enough to take an account over (A1 of
//! the faults seen in the field).
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3account3pid
use accounts::{Action, threepids::ThreepidCredentials};
use endpoint::{Auth, Endpoint, Json, Method, RateClass, State, body};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Credentials, error::Error};
use crate::{
    App, Caller,
    accounts::interactive::{Interactive, Interrupted},
};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Post,
    paths: v3!("/account/3pid"),
    auth: Auth::User,
    rate: RateClass::Login,
    body_bytes_max: body::SMALL,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3account3pid",
    summary: "Adds an address, as old clients do it.",
};

#[derive(Deserialize)]
struct Body {
    #[serde(alias = "threePidCreds")]
    three_pid_creds: Credentials,
}

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<Map<String, Value>>,
) -> Result<Json<Value>, Interrupted> {
    let Interactive { body, request, attempt } = Interactive::<Body>::read(body)?;
    let (session, credentials): (_, ThreepidCredentials) = (&caller.0, body.three_pid_creds.into());
    app.accounts.check_new_threepid(&credentials).await.map_err(Error::from)?;
    let action = Action::AddThreepid;
    let confirmation = app.accounts.confirm(session, action, "", &request, attempt).await?;
    app.accounts.add_threepid(session, &credentials, confirmation).await.map_err(Error::from)?;
    Ok(Json(json!({})))
}
