//! Proofs of addresses in bodies.
use accounts::threepids::ThreepidCredentials;
use serde::Deserialize;

use crate::accounts::Hidden;

/// The session in which an address was proven. Clients also send the identity server that they would have used: there is
/// none.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Credentials {
    sid: String,
    client_secret: Hidden,
}

impl From<Credentials> for ThreepidCredentials {
    fn from(credentials: Credentials) -> Self {
        Self { sid: credentials.sid, client_secret: credentials.client_secret.into() }
    }
}
