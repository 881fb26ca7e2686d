//! The reply to a download: the bytes, and headers that keep them from doing anything ([spec]).
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#serving-inline-content
use axum::{body::Body, response::Response};
use blobs::{Digest, Object};
use http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode,
    header::{
        ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE,
        CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH, IF_RANGE, RANGE,
        X_CONTENT_TYPE_OPTIONS,
    },
};

use super::{disposition::Disposition, range::Part};

/// The policy that the specification recommends: nothing in a download runs, whatever it is.
const POLICY: HeaderValue = HeaderValue::from_static(
    "sandbox; default-src 'none'; script-src 'none'; plugin-types application/pdf; \
     style-src 'unsafe-inline'; object-src 'self';",
);

/// Web clients of other origins show these media.
const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName =
    HeaderName::from_static("cross-origin-resource-policy");

/// Content with what is said of it.
pub(crate) struct MediaReply<'a> {
    pub(crate) content_type: Option<&'a str>,
    pub(crate) disposition: Disposition,
    pub(crate) file_name: Option<&'a str>,
    pub(crate) digest: Digest,
    pub(crate) object: Object,
}

impl MediaReply<'_> {
    /// The response to a request with these headers: all, the part that it asks for, or only that nothing has changed.
    pub(crate) fn into_response_to(self, request: &HeaderMap) -> Response {
        let tag = entity_tag(&self.digest);
        if names_tag(request, &tag) {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            put_headers(response.headers_mut(), tag);
            return response;
        }
        let length = self.object.bytes();
        let mut response = match wanted_part(request, &tag, length) {
            Part::Whole => part(self.object, 0, length),
            Part::Bytes(range) => {
                let shown =
                    format!("bytes {}-{}/{length}", range.start, range.end.saturating_sub(1));
                let mut response = part(self.object, range.start, range.end);
                *response.status_mut() = StatusCode::PARTIAL_CONTENT;
                put_range(&mut response, shown);
                response
            }
            Part::Unsatisfiable => {
                let mut response = Response::new(Body::empty());
                *response.status_mut() = StatusCode::RANGE_NOT_SATISFIABLE;
                put_range(&mut response, format!("bytes */{length}"));
                response
            }
        };
        let headers = response.headers_mut();
        let content_type = self.content_type.and_then(|kind| HeaderValue::from_str(kind).ok());
        let unknown = HeaderValue::from_static("application/octet-stream");
        headers.insert(CONTENT_TYPE, content_type.unwrap_or(unknown));
        headers.insert(CONTENT_DISPOSITION, self.disposition.header(self.file_name));
        put_headers(headers, tag);
        response
    }
}

fn part(object: Object, start: u64, end: u64) -> Response {
    let mut response = Response::new(Body::from_stream(object.stream(start..end)));
    response.headers_mut().insert(CONTENT_LENGTH, end.saturating_sub(start).into());
    response
}

fn put_range(response: &mut Response, shown: String) {
    if let Ok(shown) = HeaderValue::try_from(shown) {
        response.headers_mut().insert(CONTENT_RANGE, shown);
    }
}

fn put_headers(headers: &mut HeaderMap, tag: HeaderValue) {
    headers.insert(CONTENT_SECURITY_POLICY, POLICY);
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CROSS_ORIGIN_RESOURCE_POLICY, HeaderValue::from_static("cross-origin"));
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    // Media never change. Only the client itself may keep them: others would need its access token.
    let forever = HeaderValue::from_static("private, max-age=31536000, immutable");
    headers.insert(CACHE_CONTROL, forever);
    headers.insert(ETAG, tag);
}

fn entity_tag(digest: &Digest) -> HeaderValue {
    // Hexadecimal digits in quotes.
    HeaderValue::try_from(format!("\"{digest}\"")).unwrap_or(HeaderValue::from_static("\"\""))
}

/// Whether the client has this content: `If-None-Match` names it.
fn names_tag(request: &HeaderMap, tag: &HeaderValue) -> bool {
    let (Some(known), Ok(tag)) = (request.get(IF_NONE_MATCH), tag.to_str()) else { return false };
    let known = known.to_str().unwrap_or_default();
    known
        .split(',')
        .map(|one| one.trim().trim_start_matches("W/"))
        .any(|one| one == tag || one == "*")
}

/// The part that is asked for; everything if the client asks for a part of other content (`If-Range`).
fn wanted_part(request: &HeaderMap, tag: &HeaderValue, length: u64) -> Part {
    let Some(range) = request.get(RANGE).and_then(|range| range.to_str().ok()) else {
        return Part::Whole;
    };
    let is_same = request.get(IF_RANGE).is_none_or(|known| known == tag);
    if is_same { Part::parse(range, length) } else { Part::Whole }
}

#[cfg(test)]
mod tests;
