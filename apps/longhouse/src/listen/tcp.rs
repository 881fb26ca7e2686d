//! TCP listeners.
use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use config::Listener;
use endpoint::Site;
use tokio::{
    net::{TcpListener, TcpStream},
    time::{sleep, timeout},
};
use tokio_rustls::server::TlsStream;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    Certificate, TlsError,
    connection::{Service, Speaks},
};

const TLS_HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);

/// Why a listener cannot listen.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BindError {
    /// The address is taken or not ours.
    #[error("cannot listen on {address}: {why}")]
    Address { address: SocketAddr, why: io::Error },
    /// The certificate cannot be used.
    #[error("cannot listen on {address} with TLS: {why}")]
    Tls { address: SocketAddr, why: TlsError },
}

/// A listener that has its address and accepts nothing yet.
#[derive(Clone, Debug)]
pub(crate) struct Bound {
    listener: Arc<TcpListener>,
    /// The address; a free port where port 0 was asked for.
    pub(crate) address: SocketAddr,
    /// The certificate of a TLS listener.
    pub(crate) certificate: Option<Arc<Certificate>>,
}

/// Takes the address.
pub(crate) async fn bind(listener: &Listener) -> Result<Bound, BindError> {
    let address = listener.address;
    let certificate = match (&listener.tls_certificate, &listener.tls_key) {
        (Some(certificate), Some(key)) => {
            let loaded = Certificate::load(certificate, key);
            Some(Arc::new(loaded.map_err(|why| BindError::Tls { address, why })?))
        }
        _ => None,
    };
    let refused = |why| BindError::Address { address, why };
    let listener = TcpListener::bind(address).await.map_err(refused)?;
    let address = listener.local_addr().map_err(refused)?;
    Ok(Bound { listener: Arc::new(listener), address, certificate })
}

impl Bound {
    /// Accepts connections until `stop`; each is a task of `connections`.
    pub(crate) async fn accept(
        self,
        site: Site,
        stop: CancellationToken,
        connections: TaskTracker,
    ) {
        let service = Service { site, stop: stop.clone() };
        loop {
            let accepted = tokio::select! {
                () = stop.cancelled() => return,
                accepted = self.listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, peer)) => {
                    let service = service.clone();
                    match self.certificate.clone() {
                        None => connections.spawn(plain(service, stream, peer)),
                        Some(certificate) => {
                            connections.spawn(encrypted(service, certificate, stream, peer))
                        }
                    };
                }
                Err(error) => {
                    // Out of file descriptors, most likely: accepting at once would spin.
                    tracing::warn!(%error, address = %self.address, "cannot accept a connection");
                    sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }
}

async fn plain(service: Service, stream: TcpStream, peer: SocketAddr) {
    // Answers are written whole; waiting for more of them only delays the last packet.
    let _ = stream.set_nodelay(true);
    service.serve(stream, Speaks::Http1, Some(peer)).await;
}

async fn encrypted(
    service: Service,
    certificate: Arc<Certificate>,
    stream: TcpStream,
    peer: SocketAddr,
) {
    let _ = stream.set_nodelay(true);
    let handshake = certificate.acceptor().accept(stream);
    // Nothing is said about a failed handshake: port scanners make one a second.
    let Ok(Ok(stream)) = timeout(TLS_HANDSHAKE_WITHIN, handshake).await else { return };
    let speaks = agreed(&stream);
    service.serve(stream, speaks, Some(peer)).await;
}

fn agreed(stream: &TlsStream<TcpStream>) -> Speaks {
    match stream.get_ref().1.alpn_protocol() {
        Some(b"h2") => Speaks::Http2,
        _ => Speaks::Http1,
    }
}
