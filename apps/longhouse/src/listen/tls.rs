//! Certificates of listeners, read again when the administrator asks for it.
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use arc_swap::ArcSwap;
use rustls::ServerConfig;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use tokio_rustls::TlsAcceptor;

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TlsError {
    /// A file cannot be read or holds no PEM.
    #[error("{}: {why}", path.display())]
    File { path: PathBuf, why: String },
    /// The key does not belong to the certificate, or either is of an unknown kind.
    #[error("{} with {}: {why}", certificate.display(), key.display())]
    Pair { certificate: PathBuf, key: PathBuf, why: rustls::Error },
}

/// A certificate with its key, as it is on disk.
#[derive(Debug)]
pub(crate) struct Certificate {
    chain: PathBuf,
    key: PathBuf,
    current: ArcSwap<ServerConfig>,
}

impl Certificate {
    pub(crate) fn load(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        Ok(Self {
            chain: certificate.to_owned(),
            key: key.to_owned(),
            current: ArcSwap::from_pointee(read(certificate, key)?),
        })
    }

    /// Reads the files again. If they cannot be used, the present ones stay.
    pub(crate) fn reload(&self) -> Result<(), TlsError> {
        self.current.store(Arc::new(read(&self.chain, &self.key)?));
        Ok(())
    }

    pub(super) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(self.current.load_full())
    }
}

fn read(certificate: &Path, key: &Path) -> Result<ServerConfig, TlsError> {
    let file = |path: &Path, why: rustls_pki_types::pem::Error| TlsError::File {
        path: path.to_owned(),
        why: why.to_string(),
    };
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect)
        .map_err(|why| file(certificate, why))?;
    let private = PrivateKeyDer::from_pem_file(key).map_err(|why| file(key, why))?;
    let mut config =
        ServerConfig::builder().with_no_client_auth().with_single_cert(chain, private).map_err(
            |why| TlsError::Pair { certificate: certificate.to_owned(), key: key.to_owned(), why },
        )?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use rustls::{ClientConfig, RootCertStore};
    use rustls_pki_types::ServerName;
    use tokio::io::duplex;
    use tokio_rustls::TlsConnector;

    use super::*;

    /// Writes a new self-signed pair; returns the certificate.
    fn write_pair(certificate: &Path, key: &Path) -> CertificateDer<'static> {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        fs::write(certificate, made.cert.pem()).unwrap();
        fs::write(key, made.signing_key.serialize_pem()).unwrap();
        made.cert.der().clone()
    }

    /// Whether a client that trusts only `trusted` accepts us.
    async fn is_accepted(ours: &Certificate, trusted: &CertificateDer<'static>) -> bool {
        let mut roots = RootCertStore::empty();
        roots.add(trusted.clone()).unwrap();
        let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        let (client, server) = duplex(16 * 1024);
        let name = ServerName::try_from("localhost").unwrap();
        let connector = TlsConnector::from(Arc::new(config));
        let (connected, _) =
            tokio::join!(connector.connect(name, client), ours.acceptor().accept(server));
        connected.is_ok()
    }

    #[tokio::test]
    async fn a_certificate_is_read_again_and_a_broken_one_is_not_taken() {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let folder = tempfile::tempdir().unwrap();
        let (certificate, key) = (folder.path().join("c.pem"), folder.path().join("k.pem"));
        let first = write_pair(&certificate, &key);
        let ours = Certificate::load(&certificate, &key).unwrap();
        assert!(is_accepted(&ours, &first).await);

        let second = write_pair(&certificate, &key);
        assert!(!is_accepted(&ours, &second).await, "not read before it is asked for");
        ours.reload().unwrap();
        assert!(is_accepted(&ours, &second).await);

        fs::write(&key, "no key").unwrap();
        assert!(matches!(ours.reload(), Err(TlsError::File { .. })));
        assert!(is_accepted(&ours, &second).await, "the old one stays");
    }

    #[test]
    fn a_key_of_another_certificate_is_refused() {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        write_pair(&path("c1.pem"), &path("k1.pem"));
        write_pair(&path("c2.pem"), &path("k2.pem"));
        let mixed = Certificate::load(&path("c1.pem"), &path("k2.pem"));
        assert!(matches!(mixed, Err(TlsError::Pair { .. })), "{mixed:?}");
    }
}
