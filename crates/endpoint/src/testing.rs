//! Requests without sockets, and the checks that walk a registry.
use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::Value;

use crate::{Endpoint, RateClass, Site, body};

/// A reply, read whole.
#[derive(Clone, Debug)]
pub struct Reply {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

impl Reply {
    /// The body as JSON, `null` when it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// Status and `errcode`, as in `403 M_FORBIDDEN`; for a reply without `errcode` the status alone.
    #[must_use]
    pub fn verdict(&self) -> String {
        match self.json().get("errcode").and_then(Value::as_str) {
            Some(errcode) => format!("{} {errcode}", self.status.as_u16()),
            None => self.status.as_u16().to_string(),
        }
    }
}

/// Sends a request straight into a site.
pub async fn send(site: &Site, request: Request<Body>) -> Reply {
    let (parts, body) = site.serve(request).await.into_parts();
    // A body that breaks off is one that tests see as short.
    let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    Reply { status: parts.status, headers: parts.headers, body }
}

/// Fills the parameters of a path: `{room}` becomes what `fill("room")` says.
#[must_use]
pub fn fill_path(path: &str, fill: impl Fn(&str) -> String) -> String {
    let part = |part: &str| match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
        Some(name) => fill(name.trim_start_matches('*')),
        None => part.to_owned(),
    };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

/// What the registry itself must fulfil. Returns every fault, in words.
#[must_use]
pub fn registry_faults(endpoints: &[Endpoint]) -> Vec<String> {
    let mut faults = Vec::new();
    for endpoint in endpoints {
        let mut fault = |what: &str| {
            faults.push(format!("{} {}: {what}", endpoint.method, endpoint.path()));
        };
        if endpoint.paths.is_empty() || endpoint.paths.iter().any(|path| !path.starts_with('/')) {
            fault("has no path, or one that does not begin with a slash");
        }
        if !endpoint.spec.starts_with("https://") {
            fault("has no link to a specification");
        }
        if endpoint.summary.len() < 8 || !endpoint.summary.ends_with('.') {
            fault("has no summary, or one that is not a sentence");
        }
        if endpoint.rate == RateClass::Unlimited && endpoint.body_bytes_max > body::NONE {
            fault("reads bodies without any rate limit");
        }
    }
    faults
}

/// Calls every private endpoint, by each of its paths, without an access token and with a wrong one. Returns every
/// one that does not answer with 401 and the right code: a handler that forgot its `Caller`.
pub async fn anonymous_callers_accepted(site: &Site, endpoints: &[Endpoint]) -> Vec<String> {
    let mut faults = Vec::new();
    let private = |endpoint: &&Endpoint| endpoint.auth.needs_token();
    for endpoint in endpoints.iter().filter(private) {
        for path in endpoint.paths {
            let path = fill_path(path, |_| "x".to_owned());
            for (token, expected) in
                [(None, "401 M_MISSING_TOKEN"), (Some("Bearer syt_wrong"), "401 M_UNKNOWN_TOKEN")]
            {
                let mut request = Request::new(Body::from("{}"));
                *request.method_mut() = endpoint.method.as_str().parse().unwrap_or_default();
                *request.uri_mut() = path.parse().unwrap_or_default();
                let headers = request.headers_mut();
                headers.extend(token.map(|token| {
                    (http::header::AUTHORIZATION, http::HeaderValue::from_static(token))
                }));
                let verdict = send(site, request).await.verdict();
                if verdict != expected {
                    faults.push(format!("{} {path}: {verdict}, not {expected}", endpoint.method));
                }
            }
        }
    }
    faults
}
