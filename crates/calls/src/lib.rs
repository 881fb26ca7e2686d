//! What clients need for calls and what others run: relays (TURN) and media servers (MatrixRTC).
mod turn;

use clock::SharedClock;
use config::Secret;

pub use turn::TurnCredentials;

/// What the administrator has set up.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The relays, as `turn:` and `turns:` addresses.
    pub turn_uris: Vec<String>,
    /// How the relays know our users.
    pub turn_access: Option<TurnAccess>,
    /// How long credentials for relays are valid, in seconds.
    pub turn_lifetime_s: i64,
    /// Where clients get access to the LiveKit servers that calls of many go through.
    pub livekit_service_urls: Vec<String>,
}

/// How relays know our users.
#[derive(Clone, Debug)]
pub enum TurnAccess {
    /// By credentials for each user and a time, made with a secret that the relay has too.
    SharedSecret(Secret),
    /// By one name and password for all.
    Static {
        /// The name.
        username: String,
        /// The password.
        password: Secret,
    },
}

/// The service.
#[derive(Clone)]
pub struct Calls {
    clock: SharedClock,
    settings: Settings,
}

impl Calls {
    /// The service of what is set up.
    #[must_use]
    pub fn new(clock: SharedClock, settings: Settings) -> Self {
        Self { clock, settings }
    }

    /// Where clients get access to LiveKit servers.
    #[must_use]
    pub fn livekit_service_urls(&self) -> &[String] {
        &self.settings.livekit_service_urls
    }
}
