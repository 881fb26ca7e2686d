//! Sockets: TCP with and without TLS, and the unix socket of local commands.
//!
//! A listener is bound before the node says that it is ready, and accepts connections until it is
//! told to stop; then the connections that are open finish the request they are in.
mod connection;
mod tcp;
mod tls;
mod unix;

pub(crate) use self::{
    tcp::{Bound, bind},
    tls::{Certificate, TlsError},
    unix::{LocalSocket, bind_local, connect_local},
};
