//! What handlers work with: the services, and what the server says about itself.
use std::{net::IpAddr, ops::Deref, sync::Arc};

use accounts::{Accounts, AuthenticateError, Session};
use calls::Calls;
use directory::Directory;
use encryption::Encryption;
use endpoint::{Authenticated, Authority, Refusal};
use media::Media;
use moderation::Moderation;
use presence::Presence;
use previews::Previews;
use push::{Push, delivery::Delivery};
use rendezvous::Rendezvous;
use rooms::Rooms;
use search::Search;
use sync::Sync;

mod account_changes;
mod assemble;
pub(crate) mod room_upgrades;
mod settings;
mod third_party;

pub use assemble::{AssembleError, Foundation};
pub use settings::{Settings, Support};
pub use third_party::{Fields, Lookup, NoBridges, ThirdParty};

/// The state of every handler of this API. Cloning is cheap.
#[derive(Clone)]
pub struct App(Arc<Services>);

/// The services.
pub struct Services {
    /// What the server says about itself.
    pub settings: Settings,
    /// Users, sessions, devices, profiles, account data.
    pub accounts: Arc<Accounts>,
    /// Rooms.
    pub rooms: Arc<Rooms>,
    /// Relays and media servers for calls.
    pub calls: Calls,
    /// Bridges to other networks.
    pub third_party: Arc<dyn ThirdParty>,
    /// Finding people.
    pub directory: Arc<Directory>,
    /// Device keys, cross-signing, key backups, messages to devices.
    pub encryption: Arc<Encryption>,
    /// Uploads and thumbnails.
    pub media: Arc<Media>,
    /// What users report.
    pub moderation: Arc<Moderation>,
    /// Who is there.
    pub presence: Arc<Presence>,
    /// Where devices meet that log one another in.
    pub rendezvous: Rendezvous,
    /// Previews of links, if the server makes any.
    pub previews: Option<Arc<Previews>>,
    /// Push rules and unread counts.
    pub push: Arc<Push>,
    /// The deliveries to push gateways, which run beside the requests.
    pub deliveries: Arc<Delivery>,
    /// Search over what was said in the clear.
    pub search: Arc<Search>,
    /// What has changed since a client last asked.
    pub sync: Arc<Sync>,
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

impl Authority for App {
    type Session = Arc<Session>;

    async fn authenticate(
        &self,
        token: &str,
        address: IpAddr,
        user_agent: Option<&str>,
    ) -> Result<Authenticated<Arc<Session>>, Refusal> {
        let session = self.accounts.authenticate(token).await.map_err(|error| match error {
            AuthenticateError::Missing => Refusal::Unknown { soft_logout: false },
            AuthenticateError::Unknown { soft_logout } => Refusal::Unknown { soft_logout },
            AuthenticateError::Failed(error) => Refusal::Broken(error.into()),
        })?;
        self.accounts.note_activity(&session, address, user_agent);
        Ok(Authenticated {
            user: session.user_num.0,
            is_admin: session.is_admin,
            is_guest: session.is_guest,
            is_locked: session.is_locked,
            is_suspended: session.is_suspended,
            is_unlimited: false,
            session,
        })
    }
}
