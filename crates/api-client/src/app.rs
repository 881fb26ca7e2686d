//! What handlers work with: the services, and what the server says about itself.
use std::{ops::Deref, sync::Arc};

use accounts::{Accounts, AuthenticateError, Session, appservices::ActError, terms::NotAgreed};
use appservices::{Appservices, Masquerade, MasqueradeError};
use calls::Calls;
use directory::Directory;
use encryption::Encryption;
use endpoint::{
    Authenticated, Authority, Failure, Overload, Presented, Refusal, Trusted,
    error::{CONSENT_NOT_GIVEN, INTERNAL},
};
use mail::Mailer;
use media::Media;
use moderation::Moderation;
use notices::Notices;
use presence::Presence;
use previews::Previews;
use push::{
    Push,
    delivery::{Delivery, digests::Digests},
};
use rendezvous::Rendezvous;
use rooms::Rooms;
use search::Search;
use sync::Sync;

mod account_changes;
mod assemble;
mod bridges;
mod messengers;
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
    /// Bridges and bots.
    pub appservices: Arc<Appservices>,
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
    /// The way to e-mail addresses, if there is one.
    pub mail: Option<Arc<Mailer>>,
    /// Uploads and thumbnails.
    pub media: Arc<Media>,
    /// What users report.
    pub moderation: Arc<Moderation>,
    /// What those who run the server tell its users.
    pub notices: Arc<Notices>,
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
    /// Mail about what users have not read, if any can be sent; it runs beside the requests.
    pub digests: Option<Arc<Digests>>,
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

    /// When there is too much to do, for [`endpoint::SiteOptions`].
    #[must_use]
    pub fn overload(&self, config: &config::Config) -> Overload {
        let settings = &config.overload;
        let db = self.rooms.store().db.clone();
        Overload {
            requests_max: usize::try_from(settings.requests_max).unwrap_or(usize::MAX),
            writes_max: usize::try_from(settings.queued_writes_max).unwrap_or(usize::MAX),
            queued_writes: Arc::new(move || db.queued_writes()),
            retry_after_ms: settings.retry_after.as_ms(),
        }
    }

    /// Tells the tokens of application services, for [`endpoint::SiteOptions`]: a bridge makes its users from one address.
    #[must_use]
    pub fn trusted_tokens(&self) -> Trusted {
        let registrations = Arc::clone(self.appservices.registrations());
        Arc::new(move |token| registrations.by_token(token).is_some())
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
        presented: Presented<'_>,
    ) -> Result<Authenticated<Arc<Session>>, Refusal> {
        let Presented { token, address, user_agent, .. } = presented;
        if let Some(acting) = self.authenticate_appservice(presented).await? {
            return Ok(acting);
        }
        let session = self.accounts.authenticate(token).await.map_err(|error| match error {
            AuthenticateError::Missing => Refusal::Unknown { soft_logout: false },
            AuthenticateError::Unknown { soft_logout } => Refusal::Unknown { soft_logout },
            AuthenticateError::Failed(error) => Refusal::Broken(error.into()),
        })?;
        let is_expired = self.accounts.has_expired(&session).await;
        let is_expired = is_expired.map_err(|error| Refusal::Broken(error.into()))?;
        self.accounts.note_activity(&session, address, user_agent);
        Ok(Authenticated {
            user: session.user_num.0,
            is_admin: session.is_admin,
            is_guest: session.is_guest,
            is_locked: session.is_locked,
            is_suspended: session.is_suspended,
            is_expired,
            is_unlimited: false,
            session,
        })
    }

    async fn check_agreed(&self, session: &Arc<Session>) -> Result<(), Failure> {
        self.accounts.check_agreed(session).await.map_err(|error| match error {
            NotAgreed::Terms { message, link } => {
                CONSENT_NOT_GIVEN.because(message).with("consent_uri", link)
            }
            NotAgreed::Failed(error) => INTERNAL.from_error(&error),
        })
    }
}

impl App {
    /// As whom the application service with this token asks; `None` if it is no application service's.
    async fn authenticate_appservice(
        &self,
        presented: Presented<'_>,
    ) -> Result<Option<Authenticated<Arc<Session>>>, Refusal> {
        if self.appservices.registrations().by_token(presented.token).is_none() {
            return Ok(None);
        }
        let user_id = presented.parameter("user_id");
        let device_id = presented.parameter("device_id");
        let device_id = device_id.or_else(|| presented.parameter("org.matrix.msc3202.device_id"));
        let masquerade =
            Masquerade { user_id: user_id.as_deref(), device_id: device_id.as_deref() };
        let acting = self.appservices.authenticate(presented.token, masquerade).await;
        let acting = acting.map_err(|error| match error {
            MasqueradeError::Act(ActError::Failed(error)) => Refusal::Broken(error.into()),
            MasqueradeError::Act(ActError::UnknownDevice) => {
                Refusal::UnknownDevice(error.to_string())
            }
            MasqueradeError::NotOwned(_)
            | MasqueradeError::Act(ActError::NotRegistered(_) | ActError::Deactivated) => {
                Refusal::NotTheirs(error.to_string())
            }
        })?;
        Ok(acting.map(|acting| Authenticated {
            user: acting.session.user_num.0,
            is_admin: acting.session.is_admin,
            is_guest: acting.session.is_guest,
            is_locked: acting.session.is_locked,
            is_suspended: acting.session.is_suspended,
            is_expired: false,
            is_unlimited: acting.is_unlimited,
            session: acting.session,
        }))
    }
}
