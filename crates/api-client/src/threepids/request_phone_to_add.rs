//! `POST /_matrix/client/v3/account/3pid/msisdn/requestToken` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3account3pidmsisdnrequesttoken
use accounts::threepids::Purpose;
use endpoint::{Auth, Endpoint, Failure, Json, Method, RateClass, State, body};
use serde_json::Value;

use super::request_phone::{Body, request};
use crate::App;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Post,
    paths: v3!("/account/3pid/msisdn/requestToken"),
    auth: Auth::None,
    rate: RateClass::Verify,
    body_bytes_max: body::SMALL,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3account3pidmsisdnrequesttoken",
    summary: "Sends a text message by which a phone number is proven that is to be added to an account.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    Json(body): Json<Body>,
) -> Result<Json<Value>, Failure> {
    request(&app, Purpose::Add, body).await
}
