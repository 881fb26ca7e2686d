//! The only place where an error becomes a response ([spec]).
//!
//! [spec]: https://spec.matrix.org/latest/client-server-api/#standard-error-response
use std::{error::Error as StdError, fmt::Write as _, io};

use axum::response::{IntoResponse, Response};
use http::{
    HeaderValue, StatusCode,
    header::{CONTENT_TYPE, RETRY_AFTER},
};
use serde_json::{Map, Value};

mod kinds;
pub use kinds::*;

/// A status and its Matrix error code, always chosen together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind(pub StatusCode, pub &'static str);

impl Kind {
    /// An error of this kind. The client reads `why`, unless the status is 5xx: then only the log has it.
    pub fn because(self, why: impl Into<String>) -> Failure {
        Failure { kind: self, why: why.into(), fields: None }
    }

    /// An error of this kind for `error`; where the client will not see why, the log gets its sources too.
    ///
    /// What breaks because the database is away or the disk is full is no fault of ours: it is told from one.
    pub fn from_error(self, error: &(dyn StdError + 'static)) -> Failure {
        if self == INTERNAL
            && let Some(outage) = outage(error)
        {
            return outage.from_error(error);
        }
        let mut why = error.to_string();
        let mut source = error.source().filter(|_| self.0.is_server_error());
        while let Some(cause) = source {
            // Writing to a string does not fail.
            let _ = write!(why, ": {cause}");
            source = cause.source();
        }
        self.because(why)
    }
}

/// What the client is to be told instead of [`INTERNAL`], if `error` comes from something that may pass.
fn outage(error: &(dyn StdError + 'static)) -> Option<Kind> {
    if let Some(outage) = db::Outage::behind(error) {
        return Some(if outage.is_disk_full() { STORAGE_FULL } else { UNAVAILABLE });
    }
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            let full = [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded];
            return full.contains(&error.kind()).then_some(STORAGE_FULL);
        }
        cause = error.source();
    }
    None
}

/// When what was refused for an outage may be asked again.
const OUTAGE_RETRY_AFTER_MS: u64 = 5_000;

/// Statuses of 5xx that say what somebody else has not done, which the client may know.
const WAITS_FOR_OTHERS: [Kind; 5] =
    [NOT_YET_UPLOADED, NO_PREVIEW, BAD_STATUS, CONNECTION_FAILED, CONNECTION_TIMEOUT];

/// What a client reads of an error that is not its own.
fn fixed_text(kind: Kind) -> &'static str {
    match kind {
        UNAVAILABLE => "The server is not available at the moment: please try again later",
        STORAGE_FULL => "The server has no space left to store this",
        _ => "Internal server error",
    }
}

/// A refusal, or a breakdown: what a handler returns instead of a reply.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}: {why}", .kind.1)]
pub struct Failure {
    /// Status and error code.
    pub kind: Kind,
    /// For the client below status 500, for the log from there on.
    pub why: String,
    fields: Option<Box<Map<String, Value>>>,
}

impl Failure {
    /// Adds a field beside `errcode` and `error`, as some error codes have them.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.fields.get_or_insert_default().insert(name.to_owned(), value.into());
        self
    }

    /// 429 `M_LIMIT_EXCEEDED`: to be asked again after so many milliseconds.
    #[must_use]
    pub fn rate_limited(retry_after_ms: u64) -> Self {
        LIMIT_EXCEEDED.because("Too many requests").with("retry_after_ms", retry_after_ms)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let Kind(status, errcode) = self.kind;
        // The client learns why it was refused, never why we broke. What others are to do is no breakdown of ours.
        let error = if status.is_server_error() && !WAITS_FOR_OTHERS.contains(&self.kind) {
            tracing::error!(errcode, why = %self.why, "request failed");
            fixed_text(self.kind).to_owned()
        } else {
            self.why
        };
        let mut body = self.fields.map(|fields| *fields).unwrap_or_default();
        let retry_after_ms = body
            .get("retry_after_ms")
            .and_then(Value::as_u64)
            .or((self.kind == UNAVAILABLE).then_some(OUTAGE_RETRY_AFTER_MS));
        body.insert("errcode".to_owned(), errcode.into());
        body.insert("error".to_owned(), error.into());
        let mut response = (status, Value::Object(body).to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(ms) = retry_after_ms {
            headers.insert(RETRY_AFTER, HeaderValue::from(ms.div_ceil(1_000)));
        }
        response
    }
}

/// Maps each variant of an endpoint's error to a [`Kind`], with no wildcard.
///
/// ```ignore
/// api_error!(Error:
///     Self::NotYou => FORBIDDEN,
///     Self::Rooms(rooms::Error::Store(_)) => INTERNAL,
/// );
/// ```
#[macro_export]
macro_rules! api_error {
    ($ty:ty: $($pat:pat => $kind:ident),+ $(,)?) => {
        impl From<$ty> for $crate::Failure {
            fn from(error: $ty) -> Self {
                <$ty>::kind(&error).from_error(&error)
            }
        }

        impl $ty {
            fn kind(&self) -> $crate::Kind {
                match self { $($pat => $crate::error::$kind),+ }
            }
        }

        impl axum::response::IntoResponse for $ty {
            fn into_response(self) -> axum::response::Response {
                axum::response::IntoResponse::into_response($crate::Failure::from(self))
            }
        }
    };
}

#[cfg(test)]
mod tests;
