//! The body of a request that becomes the content of an event.
use axum::extract::{FromRequest, Request};
use endpoint::{
    Failure, RawBody,
    error::{BAD_JSON, NOT_JSON},
};
use protocol::canonical::{self, Object};

/// A body that is a JSON object as events may have it: no floats, integers in ±(2⁵³−1), no key twice.
pub(crate) struct Content(pub(crate) Object);

impl<S: Sync> FromRequest<S> for Content {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        let RawBody(body) = RawBody::from_request(request, state).await?;
        canonical::parse_object(&body).map(Self).map_err(|error| {
            let kind = if error.is_not_json() { NOT_JSON } else { BAD_JSON };
            kind.because(format!("The body: {error}"))
        })
    }
}
