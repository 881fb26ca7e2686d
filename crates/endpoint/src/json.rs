//! `Json<T>`: bodies of requests and replies.
use axum::{
    extract::{FromRequest, Request},
    response::{IntoResponse, Response},
};
use bytes::{BufMut as _, Bytes, BytesMut};
use http::{HeaderValue, header::CONTENT_TYPE};
use serde::{
    Serialize,
    de::{DeserializeOwned, IgnoredAny},
};

use crate::{
    error::{BAD_JSON, Failure, INTERNAL, NOT_JSON},
    upload::RawBody,
};

/// The deepest nesting of arrays and objects that a body may have.
///
/// Parsers of JSON and whatever walks the parsed value recurse; a limit here keeps each of them off the end of its stack.
pub(crate) const DEPTH_MAX: usize = 100;

/// A JSON object: of a request as the last argument of a handler, or its reply.
///
/// The content type of a request is not looked at, as on other servers: clients leave it out. What is not JSON or not
/// UTF-8 is 400 `M_NOT_JSON`; what does not fit `T`, or is nested too deeply, 400 `M_BAD_JSON`, with the place of the
/// mistake in the message; what is longer than the endpoint allows, 413 `M_TOO_LARGE`.
#[derive(Clone, Copy, Debug)]
pub struct Json<T>(pub T);

/// As [`Json`], but a request without a body reads as `{}`: for endpoints whose fields are all optional and which
/// clients call without any.
#[derive(Clone, Copy, Debug)]
pub struct JsonOrEmpty<T>(pub T);

/// A reply that is JSON already.
#[derive(Clone, Debug)]
pub struct RawJson(pub Bytes);

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for Json<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        let RawBody(body) = RawBody::from_request(request, state).await?;
        parse(&body).map(Self)
    }
}

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for JsonOrEmpty<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        let RawBody(body) = RawBody::from_request(request, state).await?;
        parse(if body.is_empty() { b"{}" } else { &body }).map(Self)
    }
}

/// Reads a JSON object. The fast way is one pass; only a body that fails is looked at again, to say what is wrong.
pub(crate) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Failure> {
    let text = std::str::from_utf8(body).map_err(|_| NOT_JSON.because("The body is not UTF-8"))?;
    if is_too_deep(body) {
        return Err(BAD_JSON.because(format!("The body is nested deeper than {DEPTH_MAX}")));
    }
    if text.trim_ascii_start().starts_with('{')
        && let Ok(value) = serde_json::from_str(text)
    {
        return Ok(value);
    }
    Err(diagnose::<T>(text))
}

#[cold]
fn diagnose<T: DeserializeOwned>(text: &str) -> Failure {
    if let Err(error) = serde_json::from_str::<IgnoredAny>(text) {
        return NOT_JSON.because(format!("The body is not JSON: {error}"));
    }
    if !text.trim_ascii_start().starts_with('{') {
        return BAD_JSON.because("The body is not a JSON object");
    }
    let result: Result<T, _> =
        serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_str(text));
    match result {
        Ok(_) => BAD_JSON.because("The body does not have the expected form"),
        // Whatever serde calls it, it is JSON: an array that is too long for a tuple counts as a syntax error there.
        Err(error) => match error.path().to_string().as_str() {
            "." => BAD_JSON.because(error.inner().to_string()),
            path => BAD_JSON.because(format!("{path}: {}", error.inner())),
        },
    }
}

/// Whether arrays and objects nest deeper than [`DEPTH_MAX`]. Nearly every body has fewer brackets than that, which a
/// count that the compiler vectorizes finds out.
fn is_too_deep(body: &[u8]) -> bool {
    let opening = body.iter().filter(|&&byte| byte == b'{' || byte == b'[').count();
    if opening <= DEPTH_MAX {
        return false;
    }
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for &byte in body {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => depth += 1,
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEPTH_MAX {
            return true;
        }
    }
    false
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        let mut writer = BytesMut::with_capacity(128).writer();
        match serde_json::to_writer(&mut writer, &self.0) {
            Ok(()) => RawJson(writer.into_inner().freeze()).into_response(),
            Err(error) => INTERNAL.from_error(&error).into_response(),
        }
    }
}

impl IntoResponse for RawJson {
    fn into_response(self) -> Response {
        let mut response = Response::new(self.0.into());
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response
    }
}

#[cfg(test)]
mod tests;
