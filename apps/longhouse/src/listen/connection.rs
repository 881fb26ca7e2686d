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
const HEADERS_WITHIN: Duration = Duration::from_mins(1);

/// The longest request line and headers: filters of `/sync` may come in the query.
const HEADER_BYTES_MAX: usize = 64 * 1024;

const HTTP2_STREAMS_MAX: u32 = 128;
const HTTP2_PING_EVERY: Duration = Duration::from_mins(1);

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
            let response = answer(&site, request, peer);
            async move { Ok::<_, Infallible>(response.await) }
        });
        let stream = TokioIo::new(stream);
        // Broken connections are everyday life on a network; they are the peer's to notice.
        let ended = match speaks {
            Speaks::Http1 => {
                let mut connection =
                    pin!(http1_builder(HEADERS_WITHIN).serve_connection(stream, answer));
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

fn answer(
    site: &Site,
    request: Request<Incoming>,
    peer: Option<SocketAddr>,
) -> impl Future<Output = Response<Body>> + Send + use<> {
    let mut request = request.map(Body::new);
    if let Some(peer) = peer {
        request.extensions_mut().insert(Peer(peer));
    }
    site.serve(request)
}

fn http1_builder(headers_within: Duration) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        // Without a timer hyper ignores the header timeout in silence (faults.md, S11).
        .timer(TokioTimer::new())
        .header_read_timeout(headers_within)
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

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt, duplex},
        time::{sleep, timeout},
    };

    use super::*;

    const WITHIN: Duration = Duration::from_millis(200);

    /// What a peer reads that sends `pieces` with pauses, until the connection is closed.
    async fn spoken(pieces: &[&str], pause: Duration) -> String {
        let (mut peer, ours) = duplex(1024);
        let answer = service_fn(async |_| Ok::<_, Infallible>(Response::new(Body::from("hello"))));
        let serving =
            tokio::spawn(http1_builder(WITHIN).serve_connection(TokioIo::new(ours), answer));
        for piece in pieces {
            // The other end closes when it has waited long enough; then there is no more to send.
            if peer.write_all(piece.as_bytes()).await.is_err() {
                break;
            }
            sleep(pause).await;
        }
        let mut heard = String::new();
        let read = peer.read_to_string(&mut heard);
        timeout(Duration::from_secs(5), read).await.expect("the connection ends").unwrap();
        let _ = serving.await;
        heard
    }

    #[tokio::test]
    async fn headers_that_drip_and_silence_end_the_connection() {
        for pieces in [&["GET / HT", "TP/1.1\r\nHo", "st: a\r\n", "b: c\r\n", "d: e\r\n"][..], &[]]
        {
            let began = Instant::now();
            let heard = spoken(pieces, Duration::from_millis(90)).await;
            assert!(!heard.contains("hello"), "{heard}");
            assert!(began.elapsed() < WITHIN * 10);
        }
    }

    #[tokio::test]
    async fn a_connection_on_which_nothing_more_is_asked_ends() {
        let heard = spoken(&["GET / HTTP/1.1\r\nHost: a\r\n\r\n"], Duration::ZERO).await;
        assert!(heard.ends_with("hello"), "{heard}");
    }

    #[tokio::test]
    async fn huge_headers_are_refused() {
        let header = format!("GET / HTTP/1.1\r\na: {}\r\n\r\n", "x".repeat(HEADER_BYTES_MAX));
        let heard = spoken(&[&header], Duration::ZERO).await;
        assert!(heard.starts_with("HTTP/1.1 431"), "{heard}");
    }
}
