//! `POST /_matrix/client/v3/account/3pid` ([spec])
//!
//! What [`super::add`] does, for clients of before r0.6. The specification has it without a confirmation. We ask for one: an
//! address lets its owner set a new password, so a stolen access token would be enough to take an account over (A1 of
//! the faults seen in the field).
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3account3pid
use accounts::threepids::ThreepidCredentials;
use endpoint::{Auth, Endpoint, Json, Method, RateClass, State, body};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Credentials, add::add};
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

impl From<Body> for ThreepidCredentials {
    fn from(body: Body) -> Self {
        body.three_pid_creds.into()
    }
}

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<Map<String, Value>>,
) -> Result<Json<Value>, Interrupted> {
    add(&app, &caller, Interactive::<Body>::read(body)?).await
}
