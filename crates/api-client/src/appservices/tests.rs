//! A server with one application service, which is a listener of the test's own.
use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Bytes, to_bytes},
    extract::Request,
    response::{IntoResponse, Response},
};
use components::Supervisor;
use db::testing::TestDatabase;
use endpoint::testing::Reply;
use http::{Method, StatusCode, header::AUTHORIZATION};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::testing::{TestApp, TestUser, encode};

mod acting;
mod delivery;
mod encryption;
mod networks;
mod queries;

const AS_TOKEN: &str = "token-of-the-bridge";
const HS_TOKEN: &str = "token-of-the-server";

/// What an application service was asked.
#[derive(Clone, Debug)]
struct Asked {
    method: Method,
    path: String,
    token: String,
    body: Value,
}

/// The program of the application service.
struct Bridge {
    asked: Arc<Mutex<Vec<Asked>>>,
    /// What it answers with; 404 to anything but transactions and pings.
    status: Arc<Mutex<StatusCode>>,
    /// What it answers queries with; 404 without it.
    found: Arc<Mutex<Option<Value>>>,
    port: u16,
}

impl Bridge {
    async fn listen() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let status = Arc::new(Mutex::new(StatusCode::OK));
        let found: Arc<Mutex<Option<Value>>> = Arc::default();
        let (seen, answer) = (Arc::clone(&asked), Arc::clone(&status));
        let finds = Arc::clone(&found);
        let router = Router::new().fallback(move |request: Request| {
            let (seen, answer) = (Arc::clone(&seen), Arc::clone(&answer));
            let found = finds.lock().clone();
            async move {
                let status = *answer.lock();
                note(request, &seen, status, found).await
            }
        });
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { asked, status, found, port }
    }

    fn answer_with(&self, status: u16) {
        *self.status.lock() = StatusCode::from_u16(status).unwrap();
    }

    /// The transactions so far: their ids and bodies.
    fn transactions(&self) -> Vec<(String, Value)> {
        let asked = self.asked.lock();
        let transactions = asked.iter().filter_map(|asked| {
            let id = asked.path.strip_prefix("/_matrix/app/v1/transactions/")?;
            assert_eq!((&asked.method, &*asked.token), (&Method::PUT, HS_TOKEN));
            Some((id.to_owned(), asked.body.clone()))
        });
        transactions.collect()
    }

    /// What has arrived under `key`, in order and as often as it did.
    fn arrived(&self, key: &str) -> Vec<Value> {
        let transactions = self.transactions();
        transactions
            .iter()
            .flat_map(|(_, body)| body[key].as_array().cloned().unwrap_or_default())
            .collect()
    }

    /// The texts of the messages that have arrived.
    fn words(&self) -> Vec<String> {
        let words = |event: Value| event["content"]["body"].as_str().map(str::to_owned);
        self.arrived("events").into_iter().filter_map(words).collect()
    }

    /// Waits until `done`.
    async fn until(&self, done: impl Fn(&Self) -> bool) {
        for _ in 0..500 {
            if done(self) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("it did not come: {:#?}", self.asked.lock());
    }
}

async fn note(
    request: Request,
    seen: &Mutex<Vec<Asked>>,
    status: StatusCode,
    found: Option<Value>,
) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap_or_else(|_| Bytes::new());
    let token = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let path = parts.uri.path().to_owned();
    let is_query = parts.method == Method::GET;
    seen.lock().push(Asked {
        method: parts.method,
        path,
        token: token.and_then(|token| token.strip_prefix("Bearer ")).unwrap_or_default().to_owned(),
        body: serde_json::from_slice(&body).unwrap_or_default(),
    });
    match found.filter(|_| is_query) {
        Some(found) => (status, found.to_string()).into_response(),
        None if is_query => StatusCode::NOT_FOUND.into_response(),
        None => (status, "{}").into_response(),
    }
}

/// A server, its application service, and the file that registers it.
struct Stage {
    server: TestApp,
    bridge: Bridge,
    running: Option<Supervisor>,
    _folder: TempDir,
}

impl Stage {
    /// On a fresh database of each engine.
    async fn on_each_engine() -> Vec<Self> {
        let mut stages = Vec::new();
        for database in db::testing::engines().await {
            stages.push(Self::on(database, |_| {}).await);
        }
        stages
    }

    async fn on(database: TestDatabase, change: impl Fn(&mut config::Config)) -> Self {
        let (folder, bridge) = (TempDir::new().unwrap(), Bridge::listen().await);
        let file = folder.path().join("irc.yaml");
        let registration = json!({
            "id": "irc", "url": format!("http://127.0.0.1:{}/", bridge.port),
            "as_token": AS_TOKEN, "hs_token": HS_TOKEN, "sender_localpart": "ircbot",
            "rate_limited": false, "protocols": ["irc"], "receive_ephemeral": true, "org.matrix.msc3202": true,
            "namespaces": {
                "users": [{ "regex": "@irc_.*", "exclusive": true }],
                "aliases": [{ "regex": "#irc_.*", "exclusive": true }],
                "rooms": [],
            },
        });
        // JSON is YAML.
        std::fs::write(&file, registration.to_string()).unwrap();
        let server = TestApp::start(database, |config| {
            config.appservices.registrations = vec![file.clone()];
            change(config);
        });
        Self { server: server.await, bridge, running: None, _folder: folder }
    }

    /// Asks as the application service. `path` may name whom it acts as.
    async fn ask(&self, method: Method, path: &str, body: Value) -> Reply {
        self.server.request(method, path, Some(AS_TOKEN), &body).await
    }

    /// Makes a user of the application service.
    async fn ghost(&self, name: &str) -> String {
        let body = json!({ "type": "m.login.application_service", "username": name, "inhibit_login": true });
        let reply = self.ask(Method::POST, "/register", body).await;
        assert_eq!(reply.verdict(), "200", "{}", reply.json());
        reply.json()["user_id"].as_str().unwrap().to_owned()
    }

    /// A user of the application service joins a room that is open to everybody.
    async fn ghost_joins(&self, ghost: &str, room: &str) {
        let path = format!("/join/{}?user_id={}", encode(room), encode(ghost));
        assert_eq!(self.ask(Method::POST, &path, json!({})).await.verdict(), "200");
    }

    /// Begins to deliver.
    async fn start(&mut self) {
        let component = self.server.app.appservices.component().unwrap();
        let supervisor = Supervisor::new(vec![component]).unwrap();
        supervisor.start_all().await;
        self.running = Some(supervisor);
    }

    /// Ends delivering.
    async fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            running.stop_all(Duration::from_secs(5)).await;
        }
    }
}

/// A room that everybody may join.
async fn open_room(user: &TestUser) -> String {
    user.create_room(json!({ "preset": "public_chat" })).await
}
