//! Reading a connection URL: what the driver does not read itself.
use std::{path::PathBuf, time::Duration};

use percent_encoding::percent_decode_str;
use tokio_postgres::config::{Config, Host, SslMode};

use crate::OpenError;

/// Where to connect to, and how.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) config: Config,
    pub(super) encryption: Encryption,
}

/// How the connection is protected.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Encryption {
    /// Not at all: the default for a loopback address or a unix socket.
    None,
    /// Encrypted, with any server: `sslmode=require`, as libpq means it.
    Unverified,
    /// Encrypted, with a server whose certificate is valid for its name: the default for any other address.
    Verified {
        /// Certificates to trust in place of the system's.
        roots: Option<PathBuf>,
    },
}

impl Target {
    /// # Errors
    /// Fails if the URL can't be understood.
    pub(super) fn parse(url: &str) -> Result<Self, OpenError> {
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let (mut kept, mut mode, mut roots) = (Vec::new(), None, None);
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("sslmode", value)) => mode = Some(value),
                Some(("sslrootcert", value)) => {
                    roots = Some(percent_decode_str(value).decode_utf8_lossy().into_owned().into());
                }
                _ => kept.push(pair),
            }
        }
        let separator = if kept.is_empty() { "" } else { "?" };
        let mut config: Config = format!("{base}{separator}{}", kept.join("&"))
            .parse()
            .map_err(|error: tokio_postgres::Error| OpenError::Url { what: describe(&error) })?;
        let encryption = encryption(mode, roots, is_local(&config))?;
        let ssl = if encryption == Encryption::None { SslMode::Disable } else { SslMode::Require };
        config.ssl_mode(ssl);
        set_defaults(&mut config);
        Ok(Self { config, encryption })
    }
}

fn encryption(
    mode: Option<&str>,
    roots: Option<PathBuf>,
    local: bool,
) -> Result<Encryption, OpenError> {
    match mode {
        None if local && roots.is_none() => Ok(Encryption::None),
        Some("disable") => Ok(Encryption::None),
        // With certificates to trust, libpq verifies in this mode too.
        Some("require") if roots.is_none() => Ok(Encryption::Unverified),
        None | Some("require" | "verify-full") => Ok(Encryption::Verified { roots }),
        Some(other) => Err(OpenError::Url {
            what: format!("sslmode is {other:?}, it can be disable, require or verify-full"),
        }),
    }
}

/// Whether no host is further away than this machine.
fn is_local(config: &Config) -> bool {
    config.get_hostaddrs().iter().all(std::net::IpAddr::is_loopback)
        && config.get_hosts().iter().all(|host| match host {
            Host::Tcp(name) => {
                name == "localhost"
                    || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
            }
            Host::Unix(_) => true,
        })
}

/// A server that has gone is noticed in seconds, not when TCP gives up.
fn set_defaults(config: &mut Config) {
    if config.get_application_name().is_none() {
        config.application_name("longhouse");
    }
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(Duration::from_secs(5));
    }
    config
        .keepalives(true)
        .keepalives_idle(Duration::from_secs(10))
        .keepalives_interval(Duration::from_secs(5))
        .keepalives_retries(3)
        .tcp_user_timeout(Duration::from_secs(15));
}

/// The driver's errors say what is wrong only in their sources.
pub(super) fn describe(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        // Some of them repeat their source in their own text.
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encryption_of(url: &str) -> Encryption {
        Target::parse(url).unwrap().encryption
    }

    #[test]
    fn only_local_servers_are_spoken_to_in_clear_unasked() {
        assert_eq!(encryption_of("postgres://u@localhost/d"), Encryption::None);
        assert_eq!(encryption_of("postgres://u@127.0.0.1:5433/d"), Encryption::None);
        assert_eq!(encryption_of("postgres:///d?host=/run/postgresql&user=u"), Encryption::None);
        let verified = Encryption::Verified { roots: None };
        assert_eq!(encryption_of("postgres://u@db.example/d"), verified);
        assert_eq!(encryption_of("postgres://u@localhost/d?sslmode=verify-full"), verified);
        assert_eq!(encryption_of("postgres://u@db.example/d?sslmode=disable"), Encryption::None);
        assert_eq!(
            encryption_of("postgres://u@db.example/d?sslmode=require"),
            Encryption::Unverified
        );
    }

    #[test]
    fn certificates_to_trust_are_always_used() {
        let verified = Encryption::Verified { roots: Some("/etc/my ca.pem".into()) };
        let url = "postgres://u@db.example/d?sslrootcert=/etc/my%20ca.pem&connect_timeout=3";
        assert_eq!(encryption_of(url), verified);
        let url = "postgres://u@localhost/d?sslmode=require&sslrootcert=/etc/my%20ca.pem";
        assert_eq!(encryption_of(url), verified);
    }

    #[test]
    fn bad_urls_are_explained() {
        for (url, word) in [
            ("postgres://u@h/d?sslmode=maybe", "verify-full"),
            ("postgres://u@h:port/d", "port"),
            ("postgres://u@h/d?colour=red", "colour"),
        ] {
            let error = Target::parse(url).unwrap_err().to_string();
            assert!(error.contains(word), "{url}: {error}");
        }
    }
}
