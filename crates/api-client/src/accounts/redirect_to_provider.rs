//! `GET /_matrix/client/v3/login/sso/redirect/{idpId}` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3loginssoredirectidpid
use endpoint::{Auth, Endpoint, Failure, Method, Path, RateClass, body, error::NOT_FOUND};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: &[
        "/_matrix/client/v3/login/sso/redirect/{provider}",
        "/_matrix/client/r0/login/sso/redirect/{provider}",
        "/_matrix/client/unstable/org.matrix.msc2858/login/sso/redirect/{provider}",
    ],
    auth: Auth::None,
    rate: RateClass::Login,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3loginssoredirectidpid",
    summary: "Tells a browser that this server does not know an identity provider.",
};

pub(crate) async fn handler(Path(provider): Path<String>) -> Failure {
    NOT_FOUND.because(format!("This server has no identity provider {provider:?}"))
}
