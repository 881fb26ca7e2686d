//! Why there is no answer.
use std::{net::IpAddr, time::Duration};

/// Why a request has no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The certificates or the client could not be set up.
    #[error("cannot make outbound requests: {0}")]
    Setup(String),
    /// Neither `http` nor `https`, or no host.
    #[error("{0} is not an HTTP URL")]
    NotHttp(String),
    /// The address belongs to a network that strangers must not reach (`egress.allow_private`).
    #[error("{address} is refused: {what}")]
    Refused {
        /// The address of the URL, or that its name resolved to.
        address: IpAddr,
        /// What kind of address it is.
        what: &'static str,
    },
    /// The name has no address.
    #[error("cannot resolve {name}: {why}")]
    Resolve {
        /// The name.
        name: String,
        /// What the resolver said.
        why: String,
    },
    /// More bytes than the caller takes.
    #[error("the answer is longer than {max} bytes")]
    TooLong {
        /// How many the caller takes.
        max: usize,
    },
    /// The time was up.
    #[error("no whole answer within {0:?}")]
    Timeout(Duration),
    /// More redirects than the caller allows.
    #[error("more than {0} redirects")]
    Redirects(usize),
    /// Connecting, TLS, or HTTP itself failed.
    #[error("{0}")]
    Failed(String),
}

impl Error {
    /// Finds our own refusal below reqwest's error, else flattens its chain of causes: reqwest's own
    /// text only says that something went wrong.
    pub(crate) fn of(error: &reqwest::Error) -> Self {
        let mut text = error.to_string();
        let mut source = std::error::Error::source(error);
        while let Some(cause) = source {
            if let Some(Self::Refused { address, what }) = cause.downcast_ref() {
                return Self::Refused { address: *address, what };
            }
            if let Some(Self::Resolve { name, why }) = cause.downcast_ref() {
                return Self::Resolve { name: name.clone(), why: why.clone() };
            }
            text = format!("{text}: {cause}");
            source = cause.source();
        }
        Self::Failed(text)
    }
}
