//! `POST /_matrix/client/v3/account/3pid/unbind` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3account3pidunbind
use endpoint::{Auth, Endpoint, Json, Method, RateClass, body};
use protocol::Threepid;
use serde::Deserialize;
use serde_json::{Value, json};

use super::error::Error;
use crate::Caller;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Post,
    paths: &[
        "/_matrix/client/v3/account/3pid/unbind",
        "/_matrix/client/r0/account/3pid/unbind",
        "/_matrix/client/unstable/account/3pid/unbind",
    ],
    auth: Auth::User,
    rate: RateClass::Write,
    body_bytes_max: body::SMALL,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3account3pidunbind",
    summary: "Tells that no identity server was told of an address.",
};

#[derive(Deserialize)]
pub(crate) struct Body {
    medium: String,
    address: String,
}

pub(crate) async fn handler(_: Caller, Json(body): Json<Body>) -> Result<Json<Value>, Error> {
    Threepid::parse(&body.medium, &body.address)?;
    // We have bound it to the user at no identity server.
    Ok(Json(json!({ "id_server_unbind_result": "no-support" })))
}
