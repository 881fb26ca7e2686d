//! `GET /health`, as Synapse has it ([documentation])
//!
//! [documentation]: https://element-hq.github.io/synapse/latest/reverse_proxy.html#health-check-endpoint
use endpoint::{Auth, Endpoint, Method, RateClass, body};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: &["/health"],
    auth: Auth::None,
    rate: RateClass::Unlimited,
    body_bytes_max: body::NONE,
    spec: "https://element-hq.github.io/synapse/latest/reverse_proxy.html#health-check-endpoint",
    summary: "Answers OK while the node serves requests.",
};

pub(crate) async fn handler() -> &'static str {
    "OK"
}
