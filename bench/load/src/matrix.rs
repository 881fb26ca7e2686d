//! The client-server API, as far as the phases use it.

mod reading;
mod registration;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use anyhow::Context;
use bytes::Bytes;
use hyper::Method;
use serde_json::{Value, json};

use crate::http::{Body, Http, encode};

pub use reading::SyncRequest;
pub use registration::Registration;

/// One server, seen as a client sees it. Cloning shares the connections.
#[derive(Clone)]
pub struct Matrix {
    http: Http,
    marks: Arc<AtomicUsize>,
}

/// A logged-in device.
#[derive(Clone, Debug)]
pub struct User {
    pub id: String,
    pub localpart: String,
    pub token: String,
}

/// What `createRoom` is asked for.
#[derive(Clone, Copy, Debug)]
pub enum Preset {
    Private,
    Public,
}

impl Matrix {
    pub fn new(http: Http) -> Self {
        Self { http, marks: Arc::default() }
    }

    /// A part of a sync filter that changes nothing, different at each call: a server that keeps its
    /// whole answer to a repeated request (Synapse does for two minutes) has to make a new one.
    pub fn unrepeated(&self) -> Value {
        let number = self.marks.fetch_add(1, Ordering::Relaxed);
        json!({"not_types": [format!("org.longhouse.load.{number}")]})
    }

    /// The server's own name and version, or "unknown": not every server tells its clients.
    pub async fn server_version(&self) -> String {
        let answer = self.get("/_matrix/federation/v1/version", None).await;
        let version = answer.ok().and_then(|body| serde_json::from_slice::<Value>(&body).ok());
        let field = |name: &str| version.as_ref()?.get("server")?.get(name)?.as_str();
        match (field("name"), field("version")) {
            (Some(name), Some(version)) => format!("{name} {version}"),
            _ => "unknown".to_owned(),
        }
    }

    /// `POST /v3/login` with a password, as a new device.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn login(&self, localpart: &str, password: &str) -> anyhow::Result<Bytes> {
        let body = json!({
            "type": "m.login.password",
            "identifier": {"type": "m.id.user", "user": localpart},
            "password": password,
        });
        self.post("/_matrix/client/v3/login", None, &body).await
    }

    /// `POST /v3/createRoom`; the new room's id.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn create_room(
        &self,
        user: &User,
        preset: Preset,
        version: Option<&str>,
    ) -> anyhow::Result<String> {
        let preset = match preset {
            Preset::Private => "private_chat",
            Preset::Public => "public_chat",
        };
        let body = json!({"preset": preset, "name": "Benchmark", "topic": "Measured"});
        self.create(user, body, version).await
    }

    /// `POST /v3/createRoom` of a public space; its id.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn create_space(&self, user: &User, version: Option<&str>) -> anyhow::Result<String> {
        let content = json!({"type": "m.space"});
        let body = json!({"preset": "public_chat", "name": "Space", "creation_content": content});
        self.create(user, body, version).await
    }

    async fn create(
        &self,
        user: &User,
        mut body: Value,
        version: Option<&str>,
    ) -> anyhow::Result<String> {
        if let Some(version) = version {
            body["room_version"] = version.into();
        }
        let answer = self.post("/_matrix/client/v3/createRoom", Some(user), &body).await?;
        text_field(&answer, "room_id")
    }

    /// `POST /v3/join/{roomId}`.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn join(&self, user: &User, room: &str) -> anyhow::Result<Bytes> {
        self.post(&format!("/_matrix/client/v3/join/{}", encode(room)), Some(user), &json!({}))
            .await
    }

    /// `POST /v3/rooms/{roomId}/leave`.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn leave(&self, user: &User, room: &str) -> anyhow::Result<Bytes> {
        let path = format!("/_matrix/client/v3/rooms/{}/leave", encode(room));
        self.post(&path, Some(user), &json!({})).await
    }

    /// `PUT /v3/rooms/{roomId}/send/m.room.message/{txnId}` with a line of text.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn send(
        &self,
        user: &User,
        room: &str,
        transaction: &str,
        number: usize,
    ) -> anyhow::Result<Bytes> {
        let text = format!("Message {number}: the kettle is on, come down when you are ready.");
        let content = json!({"msgtype": "m.text", "body": text, NUMBER_FIELD: number});
        self.send_content(user, room, transaction, &content).await
    }

    /// `PUT /v3/rooms/{roomId}/send/m.room.message/{txnId}`.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn send_content(
        &self,
        user: &User,
        room: &str,
        transaction: &str,
        content: &Value,
    ) -> anyhow::Result<Bytes> {
        let (room, transaction) = (encode(room), encode(transaction));
        let path = format!("/_matrix/client/v3/rooms/{room}/send/m.room.message/{transaction}");
        self.put(&path, user, content).await
    }

    /// `PUT /v3/rooms/{roomId}/state/m.space.child/{stateKey}`: `child` belongs to the space.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn add_to_space(
        &self,
        user: &User,
        space: &str,
        child: &str,
    ) -> anyhow::Result<Bytes> {
        let (space, child) = (encode(space), encode(child));
        let path = format!("/_matrix/client/v3/rooms/{space}/state/m.space.child/{child}");
        self.put(&path, user, &json!({"via": ["localhost"]})).await
    }

    /// `PUT /v3/pushrules/global/content/{ruleId}`: `word` notifies and highlights.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn add_keyword(&self, user: &User, word: &str) -> anyhow::Result<Bytes> {
        let path = format!("/_matrix/client/v3/pushrules/global/content/{}", encode(word));
        let actions = json!(["notify", {"set_tweak": "highlight"}]);
        self.put(&path, user, &json!({"pattern": word, "actions": actions})).await
    }

    async fn put(&self, path: &str, user: &User, body: &Value) -> anyhow::Result<Bytes> {
        let body = Body::Json(serde_json::to_vec(body)?);
        self.call(Method::PUT, path, Some(user), body, Duration::ZERO).await
    }

    async fn get(&self, path: &str, user: Option<&User>) -> anyhow::Result<Bytes> {
        self.call(Method::GET, path, user, Body::Empty, Duration::ZERO).await
    }

    async fn post(&self, path: &str, user: Option<&User>, body: &Value) -> anyhow::Result<Bytes> {
        let body = Body::Json(serde_json::to_vec(body)?);
        self.call(Method::POST, path, user, body, Duration::ZERO).await
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        user: Option<&User>,
        body: Body,
        wait: Duration,
    ) -> anyhow::Result<Bytes> {
        let token = user.map(|user| user.token.as_str());
        let answer = self.http.request(method.clone(), path, token, body, wait).await?;
        answer
            .success()
            .with_context(|| format!("{method} {}", path.split('?').next().unwrap_or(path)))
    }
}

/// The field of a message's content that carries its number, for the delivery phase.
pub const NUMBER_FIELD: &str = "longhouse_load_number";

/// A text field of a JSON object.
///
/// # Errors
/// When the bytes are no such object.
pub fn text_field(json: &[u8], name: &str) -> anyhow::Result<String> {
    let value: Value = serde_json::from_slice(json).context("an answer that is not JSON")?;
    let text = value.get(name).and_then(Value::as_str);
    Ok(text.with_context(|| format!("an answer without {name}"))?.to_owned())
}
