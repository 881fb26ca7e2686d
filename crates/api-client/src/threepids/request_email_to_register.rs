//! `POST /_matrix/client/v3/register/email/requestToken` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3registeremailrequesttoken
use accounts::threepids::Purpose;
use endpoint::{Auth, Endpoint, Failure, Json, Method, RateClass, State, body};
use serde_json::Value;

use super::request_email::{Body, request};
use crate::App;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Post,
    paths: v3!("/register/email/requestToken"),
    auth: Auth::None,
    rate: RateClass::Verify,
    body_bytes_max: body::SMALL,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3registeremailrequesttoken",
    summary: "Sends a mail by which an address is proven that an account is to be made with.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    Json(body): Json<Body>,
) -> Result<Json<Value>, Failure> {
    request(&app, Purpose::Register, body).await
}
