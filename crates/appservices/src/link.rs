//! The way to an application service: requests with its token ([spec]).
//!
//! [spec]: https://spec.matrix.org/v1.16/application-service-api/#authorization
use bytes::Bytes;
use egress::{Answer, Egress, Request};
use http::{
    HeaderMap, HeaderValue, Method, StatusCode,
    header::{AUTHORIZATION, CONTENT_TYPE},
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::Registration;

/// The longest answer that is read, in bytes.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// What stands in a path as it is.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Why an application service has not answered as it should.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// Its registration has no URL: it does not want to be asked.
    #[error("the application service has no URL")]
    NoUrl,
    /// There was no answer.
    #[error("no answer: {0}")]
    NoAnswer(#[from] egress::Error),
    /// It has refused.
    #[error("answered with status {status}")]
    Refused {
        /// The status.
        status: StatusCode,
        /// The body of the answer.
        body: Bytes,
    },
}

/// Percent-encodes a part of a path.
pub(crate) fn part(text: &str) -> String {
    utf8_percent_encode(text, PLAIN).to_string()
}

/// Asks an application service. `path` begins with a slash, `body` is JSON.
///
/// # Errors
/// See [`LinkError`]; any other status than 2xx is one.
pub(crate) async fn ask(
    egress: Option<&Egress>,
    registration: &Registration,
    method: Method,
    path: &str,
    body: Bytes,
) -> Result<Bytes, LinkError> {
    let (Some(url), Some(egress)) = (&registration.url, egress) else {
        return Err(LinkError::NoUrl);
    };
    let mut headers = HeaderMap::new();
    let bearer = format!("Bearer {}", registration.hs_token.expose());
    // A token that no header can have is refused when the registration is read.
    if let Ok(mut value) = HeaderValue::try_from(bearer) {
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    if !body.is_empty() {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    let request = Request {
        method,
        url: format!("{url}{path}"),
        headers,
        body,
        answer_bytes_max: ANSWER_BYTES_MAX,
        redirects_max: 0,
    };
    let Answer { status, body, .. } = egress.send(request).await?;
    if status.is_success() { Ok(body) } else { Err(LinkError::Refused { status, body }) }
}
