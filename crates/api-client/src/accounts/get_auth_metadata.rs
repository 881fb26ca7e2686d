//! `GET /_matrix/client/v1/auth_metadata` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv1auth_metadata
use endpoint::{Auth, Endpoint, Failure, Method, RateClass, body, error::UNRECOGNIZED};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: &[
        "/_matrix/client/v1/auth_metadata",
        "/_matrix/client/unstable/org.matrix.msc2965/auth_metadata",
    ],
    auth: Auth::None,
    rate: RateClass::Read,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv1auth_metadata",
    summary: "Tells clients that they log in here, not at an OAuth 2.0 service.",
};

pub(crate) async fn handler() -> Failure {
    UNRECOGNIZED
        .because("This server does not use OAuth 2.0: clients log in at /_matrix/client/v3/login")
}
