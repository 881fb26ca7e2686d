//! How often an endpoint is called and how long it takes.
use std::{sync::OnceLock, time::Duration};

use http::StatusCode;
use metrics::{Counter, Histogram};
use parking_lot::RwLock;

use crate::Endpoint;

/// Requests answered, by `method`, `path` (the template, never the path itself) and `code`.
pub const REQUESTS_TOTAL: &str = "http_requests_total";

/// Seconds from the first to the last moment of a request inside the server, by `method` and `path`.
pub const DURATION_SECONDS: &str = "http_request_duration_seconds";

/// Says what the measures mean, to whoever reads them.
pub(crate) fn describe() {
    metrics::describe_counter!(REQUESTS_TOTAL, "Requests that were answered.");
    metrics::describe_histogram!(
        DURATION_SECONDS,
        metrics::Unit::Seconds,
        "Time from the first to the last moment of a request, waiting for news included."
    );
}

/// The measures of one endpoint. They are looked up in the registry of metrics when they are first used, not at each
/// request.
pub(crate) struct Measures {
    method: &'static str,
    path: &'static str,
    duration: OnceLock<Histogram>,
    by_code: RwLock<Vec<(StatusCode, Counter)>>,
}

impl Measures {
    pub(crate) fn new(endpoint: &Endpoint) -> Self {
        Self::named(endpoint.method.as_str(), endpoint.path())
    }

    /// Requests that no endpoint answers.
    pub(crate) fn unmatched() -> Self {
        Self::named("any", "unmatched")
    }

    fn named(method: &'static str, path: &'static str) -> Self {
        Self { method, path, duration: OnceLock::new(), by_code: RwLock::default() }
    }

    pub(crate) fn record(&self, code: StatusCode, took: Duration) {
        let duration = self.duration.get_or_init(
            || metrics::histogram!(DURATION_SECONDS, "method" => self.method, "path" => self.path),
        );
        duration.record(took.as_secs_f64());
        if let Some((_, counter)) = self.by_code.read().iter().find(|(known, _)| *known == code) {
            counter.increment(1);
            return;
        }
        let labels = [
            ("method", self.method.to_owned()),
            ("path", self.path.to_owned()),
            ("code", code.as_str().to_owned()),
        ];
        let counter = metrics::counter!(REQUESTS_TOTAL, &labels);
        counter.increment(1);
        let mut by_code = self.by_code.write();
        if by_code.iter().all(|(known, _)| *known != code) {
            by_code.push((code, counter));
        }
    }
}
