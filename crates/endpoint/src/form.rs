//! `Form<T>`: what a web page sends.
use axum::extract::{FromRequest, Request};
use serde::de::DeserializeOwned;

use crate::{
    error::{Failure, INVALID_PARAM},
    query,
    upload::RawBody,
};

/// The fields of a form (`application/x-www-form-urlencoded`), as the last argument of a handler. They are read and refused as
/// those of a [`Query`](crate::Query).
#[derive(Clone, Copy, Debug)]
pub struct Form<T>(pub T);

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for Form<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        let RawBody(body) = RawBody::from_request(request, state).await?;
        let text = std::str::from_utf8(&body);
        let text = text.map_err(|_| INVALID_PARAM.because("the form is not text"))?;
        query::parse(text, "form").map(Self)
    }
}
