//! `[[listeners]]`
use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use crate::{section::section, value::Serves};

section! {
    /// An address on which the node listens. Repeat the table for several. `/health` is answered on
    /// every one of them. The environment numbers them from 0: `LONGHOUSE_LISTENERS__0__ADDRESS`.
    pub struct Listener in "listeners" {
        /// IP address and port. Port 0 takes a free one.
        pub address: SocketAddr = SocketAddr::from((Ipv4Addr::LOCALHOST, 8008)),
        /// The certificate chain in PEM; with it the listener speaks TLS. Read again on SIGHUP.
        pub tls_certificate: Option<PathBuf> = None,
        /// The private key of `tls_certificate` in PEM. Read again on SIGHUP.
        pub tls_key: Option<PathBuf> = None,
        /// What is answered here: `client`, `federation`, `management` (metrics; keep it on an
        /// address that only your monitoring reaches).
        pub serves: Vec<Serves> = vec![Serves::Client, Serves::Federation],
    }
    check(this, complaints) {
        if this.tls_certificate.is_some() != this.tls_key.is_some() {
            complaints.push((
                "tls_certificate",
                "tls_certificate and tls_key are needed together".to_owned(),
            ));
        }
        if this.serves.is_empty() {
            complaints.push(("serves", "a listener must serve something".to_owned()));
        }
    }
}

impl Listener {
    /// Whether this listener speaks TLS.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        self.tls_certificate.is_some()
    }

    /// Whether this listener answers `what`.
    #[must_use]
    pub fn serves(&self, what: Serves) -> bool {
        self.serves.contains(&what)
    }
}
