//! What serves requests: everything that happens around a handler, in one function.
use std::{
    convert::Infallible,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context as TaskContext, Poll},
    time::Instant,
};

use axum::{
    body::Body,
    extract::Request,
    response::{IntoResponse as _, Response},
};
use clock::SharedClock;
use futures_util::FutureExt as _;
use http::{HeaderValue, Method, StatusCode, header::ALLOW};
use tracing::Instrument as _;

use crate::{
    ForwardedBy, Peer,
    caller::token_of,
    error::{INTERNAL, UNRECOGNIZED, WRONG_METHOD},
    load::{self, Load, Overload},
    rate::{Limiter, Who},
    request::{Context, RequestId},
    routes::{Conflict, Route, Routes, Tree},
};

mod finishing;
mod headers;
mod measures;
use finishing::Finishing;
pub(crate) use measures::Measures;
pub use measures::{DURATION_SECONDS, REQUESTS_TOTAL};

/// Whether an access token's holder is trusted.
pub type Trusted = Arc<dyn Fn(&str) -> bool + Send + Sync>;

/// How a site behaves.
pub struct SiteOptions {
    /// For the rate limits.
    pub clock: SharedClock,
    /// How often each class of endpoints may be called.
    pub rate_limits: config::RateLimits,
    /// Whose `X-Forwarded-For` is believed.
    pub forwarded_by: ForwardedBy,
    /// When there is too much to do.
    pub overload: Overload,
    /// Tells the access tokens whose holders are not limited by their address: those of application services.
    pub is_trusted: Option<Trusted>,
    /// Any number that no other site has, now or after a restart; the beginning of every request id.
    pub run: u32,
}

/// Serves routes: a `tower` service, one for each set of listeners. Clones share everything.
#[derive(Clone)]
pub struct Site(Arc<Shared>);

/// What all requests share.
pub(crate) struct Shared {
    tree: Tree,
    pub(crate) limiter: Limiter,
    load: Arc<Load>,
    forwarded_by: ForwardedBy,
    is_trusted: Option<Trusted>,
    run: u32,
    next_request: AtomicU64,
    unmatched: Measures,
}

impl Site {
    /// A site of these routes.
    ///
    /// # Errors
    /// [`Conflict`], a mistake in the registry.
    pub fn new(options: SiteOptions, routes: Routes) -> Result<Self, Conflict> {
        measures::describe();
        load::describe();
        Ok(Self(Arc::new(Shared {
            tree: Tree::new(routes)?,
            load: Arc::new(Load::new(options.overload)),
            limiter: Limiter::new(&options.rate_limits, options.clock),
            forwarded_by: options.forwarded_by,
            is_trusted: options.is_trusted,
            run: options.run,
            next_request: AtomicU64::new(1),
            unmatched: Measures::unmatched(),
        })))
    }

    /// Answers a request. Never fails: what goes wrong is a reply too.
    ///
    /// All that comes before the handler happens in the call. What is awaited holds the handler's own future and little
    /// else: there are as many of them as clients that wait for news.
    pub fn serve(&self, request: Request) -> impl Future<Output = Response> + Send + use<> {
        let started = Instant::now();
        let shared = Arc::clone(&self.0);
        let number = shared.next_request.fetch_add(1, Ordering::Relaxed);
        let id = RequestId { run: shared.run, number };
        let is_head = *request.method() == Method::HEAD;
        let begun = self.begin(request, id);
        async move {
            let (mut response, route) = match begun {
                Begun::Answered(response, route) => (response, route),
                Begun::Handled(handled) => handled.end().await,
            };
            let measures = route.as_ref().map_or(&shared.unmatched, |route| &*route.measures);
            measures.record(response.status(), started.elapsed());
            headers::put(response.headers_mut(), id);
            if is_head {
                *response.body_mut() = Body::empty();
            }
            response
        }
    }

    /// Finds the handler and hands it the request, unless the answer is known without it.
    fn begin(&self, request: Request, id: RequestId) -> Begun {
        if *request.method() == Method::OPTIONS {
            // Browsers ask before each request with an access token (CORS); nothing about the path matters.
            return Begun::Answered(StatusCode::NO_CONTENT.into_response(), None);
        }
        let path = request.uri().path();
        let Some(found) = self.0.tree.find(path) else {
            let failure = UNRECOGNIZED.because("Unrecognized request");
            return Begun::Answered(failure.into_response(), None);
        };
        let Some(route) = found.value.find(request.method()) else {
            let mut response = WRONG_METHOD.because("Unrecognized method").into_response();
            let allowed = HeaderValue::try_from(found.value.allowed());
            response.headers_mut().extend(allowed.ok().map(|methods| (ALLOW, methods)));
            return Begun::Answered(response, None);
        };
        let work = match self.0.load.admit(&route.endpoint) {
            Ok(work) => work,
            Err(failure) => {
                return Begun::Answered(failure.into_response(), Some(Arc::clone(route)));
            }
        };
        let start = path.as_ptr().addr();
        let values = found.params.iter().map(|(_, value)| {
            let from = value.as_ptr().addr().saturating_sub(start);
            from..from + value.len()
        });
        let peer = request.extensions().get::<Peer>();
        let context = Context {
            id,
            shared: Arc::clone(&self.0),
            route: Arc::clone(route),
            work,
            address: self.0.forwarded_by.client(peer, request.headers()),
            values: values.collect(),
        };
        handle(context, request)
    }
}

impl Shared {
    /// Whether the request's sender is not limited by their address.
    fn trusts(&self, request: &Request) -> bool {
        self.is_trusted.as_ref().is_some_and(|is_trusted| {
            let query = request.uri().query().unwrap_or_default();
            token_of(request.headers(), query).is_some_and(|token| is_trusted(&token))
        })
    }
}

/// A request that was looked at.
enum Begun {
    /// Its answer, and the endpoint if there is one.
    Answered(Response, Option<Arc<Route>>),
    /// A handler is at it.
    Handled(Handled),
}

/// A handler at work, inside its request's span.
struct Handled {
    route: Arc<Route>,
    reply: Finishing,
    span: tracing::Span,
}

/// Calls the handler.
fn handle(context: Context, mut request: Request) -> Begun {
    let (route, work) = (Arc::clone(&context.route), Arc::clone(&context.work));
    let endpoint = &route.endpoint;
    let span = tracing::info_span!(
        "request",
        request.id = %context.id,
        method = endpoint.method.as_str(),
        path = endpoint.path()
    );
    if !endpoint.auth.needs_token()
        && !context.shared.trusts(&request)
        && let Err(failure) = context.shared.limiter.take(endpoint.rate, Who::from(context.address))
    {
        return Begun::Answered(failure.into_response(), Some(route));
    }
    request.extensions_mut().insert(context);
    let goes_on = route.endpoint.changes_something();
    let called = catch_unwind(AssertUnwindSafe(|| span.in_scope(|| (route.handle)(request))));
    match called {
        Ok(reply) => {
            let reply = Finishing::new(reply, goes_on, work);
            Begun::Handled(Handled { route, reply, span })
        }
        Err(panic) => Begun::Answered(broken(&*panic), Some(route)),
    }
}

impl Handled {
    /// The handler's reply. Lives through its panic.
    async fn end(self) -> (Response, Option<Arc<Route>>) {
        let Self { route, reply, span } = self;
        let reply = async {
            // A panic unwinds through the handler's own values only: our locks do not poison, and nothing else is shared.
            let reply = AssertUnwindSafe(reply).catch_unwind().await;
            let response = reply.unwrap_or_else(|panic| broken(&*panic));
            tracing::debug!(status = response.status().as_u16(), "answered");
            response
        };
        (reply.instrument(span).await, Some(route))
    }
}

/// The answer where a handler panicked.
fn broken(panic: &(dyn std::any::Any + Send)) -> Response {
    INTERNAL.because(message(panic)).into_response()
}

fn message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("the handler panicked: {}", text.unwrap_or("no message"))
}

impl<B> tower::Service<http::Request<B>> for Site
where
    B: http_body::Body<Data = bytes::Bytes> + Send + 'static,
    B::Error: Into<axum::BoxError>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut TaskContext<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        let site = self.clone();
        let request = request.map(Body::new);
        Box::pin(async move { Ok(site.serve(request).await) })
    }
}

#[cfg(test)]
mod tests;
