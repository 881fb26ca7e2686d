//! Accounts: users, passwords, sessions, devices, profiles, and the data that clients keep for their users.
//!
//! Invariants:
//! - Tokens are stored only as SHA-256 hashes, passwords only as argon2id (or imported bcrypt) hashes; none of them is
//!   ever logged: every type that holds one hides it from `Debug`.
//! - Whoever is deactivated has no session, and can get none: a session is added in a write that requires its user to be
//!   active.
//! - A sensitive action takes a [`Confirmation`], which only a fresh user-interactive authentication gives.
//! - A revoked session is refused from the moment on at which its revocation is durable.
pub mod account_data;
mod activity;
pub mod administration;
pub mod appservices;
mod authenticate;
mod commit;
mod deactivate;
pub mod devices;
mod filters;
mod guests;
pub mod interactive;
pub mod login;
pub mod login_tokens;
mod logout;
mod nonces;
mod observer;
pub mod openid;
mod password_change;
mod passwords;
pub mod profiles;
pub mod refresh;
pub mod registration;
pub mod server_user;
mod session;
mod settings;
pub mod shared_secret;
pub mod standing;
pub mod tags;
pub mod terms;
pub mod threepids;
mod tokens;
pub mod usernames;
pub mod validity;

#[cfg(test)]
mod testing;

use std::sync::Arc;

use config::Secret;
use protocol::ids::{ServerName, UserId};
use store::{Store, UserTurns, users};
use tokio::sync::OnceCell;

pub use store::user_ips::UseRow as SessionUse;
pub use store::users::UserRow as User;

use self::{
    activity::Activity, authenticate::SessionCache, interactive::Interactive, nonces::Nonces,
    passwords::Passwords, threepids::Messengers,
};
pub use self::{
    authenticate::AuthenticateError,
    deactivate::DeactivateError,
    interactive::{Action, Confirmation},
    login::{Granted, LoginName},
    observer::{AccountObserver, AfterCommit, ClosedFuture, DeviceChange, ObserverFuture},
    password_change::ChangePasswordError,
    passwords::PasswordCost,
    session::Session,
    settings::{RegistrationMode, Settings},
    usernames::{ClaimedNames, NothingClaimed},
};

/// The service.
pub struct Accounts {
    store: Store,
    settings: Settings,
    passwords: Passwords,
    sessions: Arc<SessionCache>,
    interactive: Interactive,
    nonces: Nonces,
    activity: Activity,
    observer: Arc<dyn AccountObserver>,
    claimed: Arc<dyn ClaimedNames>,
    messengers: Messengers,
    /// Held while it is decided whether a message goes to an address.
    verifying: tokio::sync::Mutex<()>,
    /// Of those who change their tags.
    turns: UserTurns,
    /// What signs the links to the page of the terms.
    link_key: OnceCell<Secret>,
}

/// The settings ask for password hashes that argon2 cannot make.
#[derive(Debug, thiserror::Error)]
#[error("the settings of argon2 do not fit each other: {0}")]
pub struct CostError(String);

impl Accounts {
    /// The service of the users of `settings.server_name`.
    ///
    /// # Errors
    /// [`CostError`].
    pub fn new(
        store: Store,
        settings: Settings,
        observer: Arc<dyn AccountObserver>,
    ) -> Result<Self, CostError> {
        let passwords = Passwords::new(&settings, Arc::clone(&store.entropy))?;
        Ok(Self {
            store,
            settings,
            passwords,
            sessions: Arc::default(),
            interactive: Interactive::default(),
            nonces: Nonces::default(),
            activity: Activity::default(),
            observer,
            claimed: Arc::new(NothingClaimed),
            messengers: Messengers::default(),
            verifying: tokio::sync::Mutex::default(),
            turns: UserTurns::default(),
            link_key: OnceCell::new(),
        })
    }

    /// The same service, on a server where some names are kept for application services.
    #[must_use]
    pub fn with_claimed_names(self, claimed: Arc<dyn ClaimedNames>) -> Self {
        Self { claimed, ..self }
    }

    /// The same service, on a server that can write to addresses.
    #[must_use]
    pub fn with_messengers(self, messengers: Messengers) -> Self {
        Self { messengers, ..self }
    }

    /// The server whose accounts these are.
    #[must_use]
    pub fn server_name(&self) -> &ServerName {
        &self.settings.server_name
    }

    /// How the service was set up.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// A user of this server, deactivated or not.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn user(&self, user_id: &UserId) -> Result<Option<User>, db::Error> {
        if user_id.server_name() != self.server_name() || user_id.as_str().contains('\0') {
            return Ok(None);
        }
        users::find(&self.store.db, user_id).await
    }

    fn now_ms(&self) -> i64 {
        self.store.clock.now_ms()
    }
}
