//! What handlers work with.
use std::{ops::Deref, sync::Arc};

use accounts::Accounts;
use clock::SharedClock;
use components::Supervisor;
use mail::Mailer;
use media::Media;
use moderation::Moderation;
use notices::Notices;
use rooms::Rooms;
use telemetry::metrics::Metrics;

use crate::local::document::Listener;

/// The state of every handler of this API. Cloning is cheap.
#[derive(Clone)]
pub struct App(Arc<Services>);

/// What handlers call.
pub struct Services {
    /// Users.
    pub accounts: Arc<Accounts>,
    /// What users report.
    pub moderation: Arc<Moderation>,
    /// What those who run the server tell its users.
    pub notices: Arc<Notices>,
    /// Rooms.
    pub rooms: Arc<Rooms>,
    /// The way to e-mail addresses, if there is one.
    pub mail: Option<Arc<Mailer>>,
    /// Uploads.
    pub media: Arc<Media>,
    /// The node's parts.
    pub components: Arc<Supervisor>,
    /// The numbers for monitoring.
    pub metrics: Metrics,
    /// The time.
    pub clock: SharedClock,
    /// What the node knows of itself.
    pub about: About,
}

/// What a running node knows of itself.
#[derive(Clone, Debug)]
pub struct About {
    /// The program's version.
    pub version: String,
    /// The server name.
    pub server_name: String,
    /// Where the database is, without its password.
    pub database: String,
    /// The node's folder.
    pub folder: String,
    /// When the node started (Unix milliseconds).
    pub started_ms: i64,
    /// The process.
    pub process: u32,
    /// Where it listens.
    pub listeners: Vec<Listener>,
}

impl App {
    /// The state of handlers that call these services.
    #[must_use]
    pub fn new(services: Services) -> Self {
        Self(Arc::new(services))
    }
}

impl Deref for App {
    type Target = Services;

    fn deref(&self) -> &Services {
        &self.0
    }
}
