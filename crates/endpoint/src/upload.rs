//! Bodies: read whole up to a limit, or handed on as a stream.
use axum::{
    body::Body,
    extract::{FromRequest, Request},
};
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt as _};
use http::{
    HeaderMap,
    header::{CONTENT_LENGTH, CONTENT_TYPE},
};
use http_body_util::BodyExt as _;

use crate::{
    error::{Failure, TOO_LARGE, UNKNOWN},
    request::Context,
};

/// A body that the handler reads piece by piece. It must stop at a limit of its own.
pub struct Upload {
    /// What the client calls the type of the content; not to be trusted.
    pub content_type: Option<String>,
    /// How long the client says the body is, in bytes.
    pub length: Option<u64>,
    body: Body,
}

impl Upload {
    /// The pieces of the body. An error means that the client went away or broke the protocol.
    pub fn into_stream(self) -> impl Stream<Item = Result<Bytes, Failure>> + Send + Unpin {
        let pieces = self.body.into_data_stream();
        pieces.map(|piece| piece.map_err(|error| broken(&error)))
    }
}

impl<S: Sync> FromRequest<S> for Upload {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &S) -> Result<Self, Failure> {
        let (parts, body) = request.into_parts();
        let content_type = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        Ok(Self {
            content_type: content_type.map(str::to_owned),
            length: announced(&parts.headers),
            body,
        })
    }
}

/// A body read whole, up to the endpoint's limit, and not looked into.
#[derive(Clone, Debug)]
pub struct RawBody(pub Bytes);

impl<S: Sync> FromRequest<S> for RawBody {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &S) -> Result<Self, Failure> {
        let (parts, body) = request.into_parts();
        let context = Context::of(&parts)?;
        let bytes_max = context.route.endpoint.body_bytes_max;
        let body = read(&parts.headers, body, bytes_max).await?;
        context.work.begin();
        Ok(Self(body))
    }
}

fn announced(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn broken(error: &dyn std::error::Error) -> Failure {
    UNKNOWN.because(format!("The body could not be read: {error}"))
}

/// Reads a whole body.
///
/// # Errors
/// 413 `M_TOO_LARGE` as soon as it is clear that it is longer than `bytes_max`.
async fn read(headers: &HeaderMap, mut body: Body, bytes_max: usize) -> Result<Bytes, Failure> {
    let too_large = || TOO_LARGE.because(format!("The body is longer than {bytes_max} bytes"));
    let announced = announced(headers).unwrap_or(0);
    if usize::try_from(announced).map_or(true, |length| length > bytes_max) {
        return Err(too_large());
    }
    let mut first = Bytes::new();
    let mut all = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(piece) = frame.map_err(|error| broken(&error))?.into_data() else { continue };
        if first.len() + all.len() + piece.len() > bytes_max {
            return Err(too_large());
        }
        // One piece is the rule: then nothing is copied.
        if first.is_empty() && all.is_empty() {
            first = piece;
        } else {
            all.extend_from_slice(&std::mem::take(&mut first));
            all.extend_from_slice(&piece);
        }
    }
    Ok(if all.is_empty() { first } else { all.freeze() })
}
