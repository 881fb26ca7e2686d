//! `POST /_matrix/client/v3/account/password/msisdn/requestToken` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3accountpasswordmsisdnrequesttoken
use accounts::threepids::Purpose;
use endpoint::{Auth, Endpoint, Failure, Json, Method, RateClass, State, body};
use serde_json::Value;

use super::request_phone::{Body, request};
use crate::App;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Post,
    paths: v3!("/account/password/msisdn/requestToken"),
    auth: Auth::None,
    rate: RateClass::Verify,
    body_bytes_max: body::SMALL,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3accountpasswordmsisdnrequesttoken",
    summary: "Sends a text message by which somebody who has forgotten their password sets a new one.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    Json(body): Json<Body>,
) -> Result<Json<Value>, Failure> {
    request(&app, Purpose::ResetPassword, body).await
}
