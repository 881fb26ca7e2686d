//! One connection: HTTP/1.1, or HTTP/2 where TLS has agreed on it.
use std::{convert::Infallible, net::SocketAddr, pin::pin, time::Duration};

use axum::body::Body;
use endpoint::{Peer, Site};
use http::{Request, Response};
use hyper::{
    body::Incoming,
    server::conn::{http1, http2},
    service::service_fn,
};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;

/// From the first byte that is awaited to the end of the headers. It also ends connections on which
/// nothing is asked any more.
const HEADERS_WITHIN: Duration = Duration::from_secs(60);

/// The longest request line and headers: filters of `/sync` may come in the query.
const HEADER_BYTES_MAX: usize = 64 * 1024;

const HTTP2_STREAMS_MAX: u32 = 128;
const HTTP2_PING_EVERY: Duration = Duration::from_secs(60);

/// What both ends speak. There is no guessing by the first bytes: waiting for them would need a
/// time limit of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Speaks {
    Http1,
    Http2,
}

/// What a connection belongs to.
#[derive(Clone)]
pub(super) struct Service {
    pub(super) site: Site,
    pub(super) stop: CancellationToken,
}

impl Service {
    /// Answers requests until the peer goes away, or until the request at hand is answered once the
    /// node stops.
    pub(super) async fn serve<S>(self, stream: S, speaks: Speaks, peer: Option<SocketAddr>)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let Self { site, stop } = self;
        let answer = service_fn(move |request: Request<Incoming>| {
            let site = site.clone();
            async move { Ok::<_, Infallible>(answer(&site, request, peer).await) }
        });
        let stream = TokioIo::new(stream);
        // Broken connections are everyday life on a network; they are the peer's to notice.
        let ended = match speaks {
            Speaks::Http1 => {
                let mut connection = pin!(http1_builder().serve_connection(stream, answer));
                tokio::select! {
                    ended = connection.as_mut() => ended,
                    () = stop.cancelled() => {
                        connection.as_mut().graceful_shutdown();
                        connection.await
                    }
                }
            }
            Speaks::Http2 => {
                let mut connection = pin!(http2_builder().serve_connection(stream, answer));
                tokio::select! {
                    ended = connection.as_mut() => ended,
                    () = stop.cancelled() => {
                        connection.as_mut().graceful_shutdown();
                        connection.await
                    }
                }
            }
        };
        if let Err(error) = ended {
            tracing::trace!(%error, "connection ended");
        }
    }
}

async fn answer(
    site: &Site,
    request: Request<Incoming>,
    peer: Option<SocketAddr>,
) -> Response<Body> {
    let mut request = request.map(Body::new);
    if let Some(peer) = peer {
        request.extensions_mut().insert(Peer(peer));
    }
    site.serve(request).await
}

fn http1_builder() -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        // Without a timer hyper ignores the header timeout in silence (faults.md, S11).
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS_WITHIN)
        .max_buf_size(HEADER_BYTES_MAX)
        .half_close(false);
    builder
}

fn http2_builder() -> http2::Builder<TokioExecutor> {
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .keep_alive_interval(HTTP2_PING_EVERY)
        .max_concurrent_streams(HTTP2_STREAMS_MAX)
        .max_header_list_size(64 * 1024);
    builder
}
