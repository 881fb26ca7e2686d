//! What the site knows of a request when a handler gets it.
use std::{fmt, net::IpAddr, ops::Range, sync::Arc};

use http::request::Parts;
use smallvec::SmallVec;

use crate::{
    error::{Failure, INTERNAL},
    load::Work,
    routes::Route,
    site::Shared,
};

/// Names a request in the log and in the header `X-Request-Id`. Not secret, unique among this run of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestId {
    pub(crate) run: u32,
    pub(crate) number: u64,
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}-{}", self.run, self.number)
    }
}

/// Put into a request's extensions by the site; the extractors read it.
#[derive(Clone)]
pub(crate) struct Context {
    pub(crate) id: RequestId,
    pub(crate) shared: Arc<Shared>,
    pub(crate) route: Arc<Route>,
    pub(crate) work: Arc<Work>,
    pub(crate) address: IpAddr,
    /// Where the values of the path's parameters are in the path, in the order of the route's names.
    pub(crate) values: SmallVec<[Range<usize>; 4]>,
}

impl Context {
    /// # Errors
    /// 500 when the handler was not called by a site.
    pub(crate) fn of(parts: &Parts) -> Result<&Self, Failure> {
        let context = parts.extensions.get::<Self>();
        context.ok_or_else(|| INTERNAL.because("the request did not come through a site"))
    }
}

impl<S: Sync> axum::extract::FromRequestParts<S> for RequestId {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        Ok(Context::of(parts)?.id)
    }
}
