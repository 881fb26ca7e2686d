//! `GET /_matrix/client/v3/login/sso/redirect` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3loginssoredirect
use endpoint::{Auth, Endpoint, Failure, Method, RateClass, body, error::NOT_FOUND};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: v3!("/login/sso/redirect"),
    auth: Auth::None,
    rate: RateClass::Login,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3loginssoredirect",
    summary: "Tells a browser that nobody logs in here by an identity provider.",
};

pub(crate) async fn handler() -> Failure {
    NOT_FOUND.because("This server has no identity provider: please log in with your password")
}
