//! A whole server without sockets, for tests: its own database, a clock that stands still, seeded randomness.
#![expect(clippy::expect_used, clippy::missing_panics_doc, reason = "a test panics to fail")]
use std::sync::Arc;

use axum::body::Body;
use blobs::Blobs;
use clock::MockClock;
use config::Config;
use db::testing::TestDatabase;
use endpoint::{ForwardedBy, Site, SiteOptions, testing::Reply};
use entropy::SeededEntropy;
use http::{Method, Request, header::AUTHORIZATION};
use protocol::signing::{ServerKey, Signer};
use serde_json::Value;
use store::Store;
use tempfile::TempDir;

use crate::{App, Foundation, Services};

mod user;

pub use user::{TestUser, encode};

/// The name of the server.
pub const SERVER_NAME: &str = "example.org";

/// A server.
pub struct TestApp {
    /// Its services.
    pub app: App,
    /// Its endpoints.
    pub site: Site,
    /// Its clock; it moves only when it is told to.
    pub clock: Arc<MockClock>,
    // Dropped last: the server's connections go first.
    _media: TempDir,
    _database: TestDatabase,
}

impl TestApp {
    /// A server on a fresh database of each engine.
    pub async fn on_each_engine() -> Vec<Self> {
        Self::on_each_engine_with(|_| {}).await
    }

    /// A server on a fresh database of each engine, with other settings: `change` gets those of a test, which are the
    /// default ones but for the server's name, cheap password hashes and no rate limits.
    pub async fn on_each_engine_with(change: impl Fn(&mut Config)) -> Vec<Self> {
        let mut apps = Vec::new();
        for database in db::testing::engines().await {
            apps.push(Self::start(database, &change).await);
        }
        apps
    }

    /// A server on this database.
    pub async fn start(database: TestDatabase, change: impl Fn(&mut Config)) -> Self {
        let mut config = Config::default();
        SERVER_NAME.clone_into(&mut config.server.name);
        config.accounts.argon2_memory = config::Bytes(8 * 1024);
        config.accounts.argon2_iterations = 1;
        config.rate_limits.enabled = false;
        change(&mut config);
        let clock = Arc::new(MockClock::default());
        let entropy = SeededEntropy::shared(1);
        let media = TempDir::new().expect("a temporary folder");
        let blobs = Blobs::open(media.path().to_owned(), entropy.clone()).await;
        let store = Store::open(database.open().await, clock.clone(), entropy).await;
        let key = ServerKey::from_seed("test", [7; 32]).expect("a key");
        let name = config.server.name.as_str().try_into().expect("a server name");
        let services = Services::assemble(Foundation {
            config: &config,
            store: store.expect("a migrated database"),
            signer: Signer::new(name, key),
            blobs: blobs.expect("a folder for media"),
            decoding: media::Decoding::Here,
            listener_url: "http://127.0.0.1:8008",
        });
        let app = App::new(services.expect("settings that fit"));
        app.appservices.prepare().await.expect("senders of application services");
        app.notices.prepare().await.expect("a user that the server speaks as");
        let options = SiteOptions {
            clock: clock.clone(),
            rate_limits: config.rate_limits.clone(),
            forwarded_by: ForwardedBy::default(),
            overload: app.overload(&config),
            is_trusted: Some(app.trusted_tokens()),
            run: 1,
        };
        let site = Site::new(options, crate::routes(&app)).expect("endpoints that do not conflict");
        Self { app, site, clock, _media: media, _database: database }
    }

    /// Makes a user and logs them in.
    pub async fn user(&self, name: &str) -> TestUser {
        TestUser::register(self, name).await
    }

    /// Sends a request. A path that does not begin with `/_` or `/.` is one of version 3 of the client-server API;
    /// `Value::Null` is no body at all.
    pub async fn request(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: &Value,
    ) -> Reply {
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        self.request_raw(method, path, token, body).await
    }

    /// As [`Self::request`], with any body.
    pub async fn request_raw(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: Body,
    ) -> Reply {
        send(&self.site, method, path, token, body).await
    }

    /// Reads, without an access token.
    pub async fn get(&self, path: &str) -> Reply {
        self.request(Method::GET, path, None, &Value::Null).await
    }
}

/// Whatever a test has done, everybody concerned was told of it.
impl Drop for TestApp {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert_eq!(
                self.app.rooms.store().db.untold_position(),
                0,
                "a change was not published"
            );
        }
    }
}

async fn send(site: &Site, method: Method, path: &str, token: Option<&str>, body: Body) -> Reply {
    let is_whole = path.starts_with("/_") || path.starts_with("/.");
    let uri = if is_whole { path.to_owned() } else { format!("/_matrix/client/v3{path}") };
    let mut request = Request::builder().method(method).uri(uri);
    if let Some(token) = token {
        request = request.header(AUTHORIZATION, format!("Bearer {token}"));
    }
    endpoint::testing::send(site, request.body(body).expect("a request")).await
}
