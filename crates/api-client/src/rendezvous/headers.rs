//! A meeting by the headers of HTTP ([MSC4108]).
//!
//! [MSC4108]: https://github.com/matrix-org/matrix-spec-proposals/pull/4108
use ::rendezvous::Payload;
use axum::response::Response;
use endpoint::{Failure, error::MISSING_PARAM};
use http::{
    HeaderMap, HeaderValue,
    header::{CONTENT_TYPE, ETAG, EXPIRES, LAST_MODIFIED, PRAGMA},
};
use httpdate::fmt_http_date;

use std::time::{Duration, UNIX_EPOCH};

/// The name of a revision.
pub(super) fn tag(payload: &Payload) -> String {
    format!("\"{}\"", payload.revision)
}

/// The revision that a client names; `None` for what is none.
pub(super) fn revision(tag: &HeaderValue) -> Option<u64> {
    tag.to_str().ok()?.trim().strip_prefix('"')?.strip_suffix('"')?.parse().ok()
}

/// The type of the body.
///
/// # Errors
/// 400 `M_MISSING_PARAM` without it.
pub(super) fn content_type(headers: &HeaderMap) -> Result<&str, Failure> {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    value.ok_or_else(|| MISSING_PARAM.because("There is no Content-Type header"))
}

/// Puts what is known of a payload into the headers of a response.
pub(super) fn put(response: &mut Response, payload: &Payload) {
    let texts = [
        (ETAG, tag(payload)),
        (EXPIRES, date(payload.expires_ts)),
        (LAST_MODIFIED, date(payload.written_ts)),
    ];
    let headers = response.headers_mut();
    for (name, text) in texts {
        if let Ok(value) = HeaderValue::try_from(text) {
            headers.insert(name, value);
        }
    }
    headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
}

fn date(ms: i64) -> String {
    fmt_http_date(UNIX_EPOCH + Duration::from_millis(u64::try_from(ms).unwrap_or_default()))
}
