//! The headers that every reply carries.
use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{
        ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
        ACCESS_CONTROL_EXPOSE_HEADERS, CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS,
    },
};

use crate::request::RequestId;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// CORS as the specification has it ([spec]), and what keeps browsers from guessing. Where a handler has set one of the
/// others itself, it knows better.
///
/// [spec]: https://spec.matrix.org/latest/client-server-api/#web-browser-clients
pub(super) fn put(headers: &mut HeaderMap, id: RequestId) {
    headers.reserve(8);
    let mut always = |name, value| headers.insert(name, HeaderValue::from_static(value));
    always(ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    always(ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD, POST, PUT, DELETE, OPTIONS");
    always(
        ACCESS_CONTROL_ALLOW_HEADERS,
        "X-Requested-With, Content-Type, Authorization, If-Match, If-None-Match",
    );
    always(ACCESS_CONTROL_EXPOSE_HEADERS, "ETag, Retry-After, X-Request-Id");
    always(X_CONTENT_TYPE_OPTIONS, "nosniff");
    // Answers belong to one user and moment: no cache between may keep them unless the handler says so.
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    if let Ok(id) = HeaderValue::try_from(id.to_string()) {
        headers.insert(X_REQUEST_ID, id);
    }
}
