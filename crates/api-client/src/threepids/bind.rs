//! `POST /_matrix/client/v3/account/3pid/bind` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3account3pidbind
use endpoint::{Auth, Endpoint, Json, Method, RateClass, body};
use serde::Deserialize;
use serde_json::Value;

use super::{Credentials, error::Error};
use crate::Caller;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Post,
    paths: &[
        "/_matrix/client/v3/account/3pid/bind",
        "/_matrix/client/r0/account/3pid/bind",
        "/_matrix/client/unstable/account/3pid/bind",
    ],
    auth: Auth::User,
    rate: RateClass::Write,
    body_bytes_max: body::SMALL,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3account3pidbind",
    summary: "Refuses to make an address known to an identity server: this server trusts none.",
};

#[derive(Deserialize)]
#[expect(dead_code, reason = "what the specification requires is required")]
pub(crate) struct Body {
    #[serde(flatten)]
    credentials: Credentials,
    id_server: String,
    id_access_token: String,
}

pub(crate) async fn handler(_: Caller, Json(_): Json<Body>) -> Result<Json<Value>, Error> {
    Err(Error::NoIdentityServer)
}
