//! What the tests share: the service on each engine.
use std::sync::Arc;

use clock::MockClock;
use config::{Demand, Secret};
use db::{Write, testing::TestDatabase};
use entropy::SeededEntropy;
use parking_lot::Mutex;
use protocol::ids::{OwnedServerName, UserId};
use store::{Store, UserNum};

use crate::{
    AccountObserver, Accounts, Action, AfterCommit, ClosedFuture, Confirmation, DeviceChange,
    Granted, ObserverFuture, PasswordCost, RegistrationMode, Session, Settings,
    administration::NewUser,
    interactive::{Attempt, Proof},
    login::DeviceRequest,
    terms::Terms,
    threepids::Messengers,
};

pub(crate) const PASSWORD: &str = "correct horse";

/// Settings whose password hashes cost next to nothing.
pub(crate) fn settings() -> Settings {
    Settings {
        server_name: OwnedServerName::try_from("example.org").unwrap(),
        registration: RegistrationMode::Open,
        guests: true,
        registration_tokens: Vec::new(),
        shared_secret: None,
        reserved_names: vec!["root".to_owned()],
        password_cost: PasswordCost { memory_kib: 8, iterations: 1, parallelism: 1 },
        password_concurrency: 2,
        password_length_min: 8,
        bcrypt_pepper: None,
        email: Demand::Optional,
        phone: Demand::Optional,
        allowed_addresses: Vec::new(),
        terms: Terms::default(),
        validity: None,
        threepid_changes: true,
        login_tokens: true,
        access_token_lifetime_ms: 300_000,
        refresh_token_lifetime_ms: None,
    }
}

/// Remembers what it is told, and that it was told again once the write was durable.
#[derive(Default)]
pub(crate) struct Witness {
    pub(crate) seen: Arc<Mutex<Vec<String>>>,
}

impl AccountObserver for Witness {
    fn devices_changed<'a>(
        &'a self,
        _: &'a mut Write,
        _: UserNum,
        user_id: &'a UserId,
        change: DeviceChange<'a>,
    ) -> ObserverFuture<'a> {
        let what = match change {
            DeviceChange::Renamed(device) => format!("{} renamed {device}", user_id.localpart()),
            DeviceChange::Deleted(devices) => {
                format!("{} deleted {}", user_id.localpart(), devices.join(","))
            }
        };
        let seen = Arc::clone(&self.seen);
        let after: AfterCommit = Box::new(move |_| {
            seen.lock().push(what);
            Vec::new()
        });
        Box::pin(async move { Ok(after) })
    }

    fn account_closed<'a>(&'a self, user_id: &'a UserId) -> ClosedFuture<'a> {
        self.seen.lock().push(format!("{} closed", user_id.localpart()));
        Box::pin(async {})
    }
}

pub(crate) struct TestServer {
    pub(crate) accounts: Arc<Accounts>,
    pub(crate) store: Store,
    pub(crate) clock: Arc<MockClock>,
    pub(crate) seen: Arc<Mutex<Vec<String>>>,
}

impl TestServer {
    pub(crate) async fn new(database: &TestDatabase) -> Self {
        Self::with(database, |_| ()).await
    }

    pub(crate) async fn with(database: &TestDatabase, change: impl FnOnce(&mut Settings)) -> Self {
        let clock = Arc::new(MockClock::at_ms(1_700_000_000_000));
        let store = Store::open(database.open().await, clock.clone(), SeededEntropy::shared(1));
        let store = store.await.unwrap();
        let mut settings = settings();
        change(&mut settings);
        let witness = Witness::default();
        let seen = Arc::clone(&witness.seen);
        let accounts = Accounts::new(store.clone(), settings, Arc::new(witness)).unwrap();
        Self { accounts: Arc::new(accounts), store, clock, seen }
    }

    /// Lets the server write to addresses.
    pub(crate) fn write_to_addresses(&mut self, messengers: Messengers) {
        let witness = Witness { seen: Arc::clone(&self.seen) };
        let settings = self.accounts.settings().clone();
        let accounts = Accounts::new(self.store.clone(), settings, Arc::new(witness)).unwrap();
        self.accounts = Arc::new(accounts.with_messengers(messengers));
    }

    /// The same server after a restart: nothing is left in memory.
    pub(crate) fn restarted(&self) -> Arc<Accounts> {
        let witness = Arc::new(Witness::default());
        let settings = self.accounts.settings().clone();
        Arc::new(Accounts::new(self.store.clone(), settings, witness).unwrap())
    }

    /// The same server after a restart with other settings.
    pub(crate) fn restarted_with(&self, change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = self.accounts.settings().clone();
        change(&mut settings);
        let (store, seen) = (self.store.clone(), Arc::clone(&self.seen));
        let witness = Arc::new(Witness { seen: Arc::clone(&seen) });
        let accounts = Arc::new(Accounts::new(store.clone(), settings, witness).unwrap());
        Self { accounts, store, clock: Arc::clone(&self.clock), seen }
    }

    /// Creates a user whose password is [`PASSWORD`].
    pub(crate) async fn user(&self, name: &str) {
        let user = NewUser {
            name: name.to_owned(),
            password: Some(Secret::new(PASSWORD)),
            displayname: None,
            admin: false,
            user_type: None,
        };
        self.accounts.create_user(user).await.unwrap();
    }

    /// Logs a user in with a device.
    pub(crate) async fn login(&self, name: &str, device_id: &str) -> Granted {
        self.accounts.login_with_password(name, PASSWORD, device(device_id)).await.unwrap()
    }

    /// Logs a user in who can refresh tokens.
    pub(crate) async fn login_refreshing(&self, name: &str, device_id: &str) -> Granted {
        let request = DeviceRequest { refresh_token: true, ..device(device_id) };
        self.accounts.login_with_password(name, PASSWORD, request).await.unwrap()
    }

    /// A user with a session.
    pub(crate) async fn session(&self, name: &str, device_id: &str) -> Arc<Session> {
        self.user(name).await;
        let granted = self.login(name, device_id).await;
        self.authenticate(&granted).await
    }

    pub(crate) async fn authenticate(&self, granted: &Granted) -> Arc<Session> {
        self.accounts.authenticate(granted.access_token.expose()).await.unwrap()
    }

    /// Whether an access token is accepted.
    pub(crate) async fn accepts(&self, granted: &Granted) -> bool {
        self.accounts.authenticate(granted.access_token.expose()).await.is_ok()
    }

    /// Confirms an action by the password.
    pub(crate) async fn confirm(&self, session: &Session, action: Action) -> Confirmation {
        let attempt = Some(password_attempt(None, PASSWORD));
        let request = serde_json::json!({});
        self.accounts.confirm(session, action, "", &request, attempt).await.unwrap()
    }

    /// What the observer was told since the last call.
    pub(crate) fn seen(&self) -> Vec<String> {
        std::mem::take(&mut *self.seen.lock())
    }
}

pub(crate) fn device(device_id: &str) -> DeviceRequest {
    DeviceRequest {
        device_id: Some(device_id.to_owned()),
        display_name: Some(format!("name of {device_id}")),
        refresh_token: false,
    }
}

pub(crate) fn password_attempt(session: Option<&str>, password: &str) -> Attempt {
    let proof = Proof::Password { user: None, password: Secret::new(password) };
    Attempt { session: session.map(str::to_owned), proof: Some(proof) }
}

/// A user without a name or a password.
pub(crate) fn new_user() -> NewUser {
    NewUser {
        name: String::new(),
        password: None,
        displayname: None,
        admin: false,
        user_type: None,
    }
}
