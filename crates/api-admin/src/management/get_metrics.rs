//! `GET /metrics` ([format])
//!
//! [format]: https://prometheus.io/docs/instrumenting/exposition_formats/
use axum::response::IntoResponse;
use endpoint::{Auth, Endpoint, Method, RateClass, State, body};
use http::header::CONTENT_TYPE;
use telemetry::metrics;

use crate::App;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: &["/metrics", "/_synapse/metrics"],
    auth: Auth::None,
    rate: RateClass::Unlimited,
    body_bytes_max: body::NONE,
    spec: "https://prometheus.io/docs/instrumenting/exposition_formats/",
    summary: "Gives the node's numbers to Prometheus.",
};

pub(crate) async fn handler(State(app): State<App>) -> impl IntoResponse {
    ([(CONTENT_TYPE, metrics::CONTENT_TYPE)], app.metrics.render())
}
