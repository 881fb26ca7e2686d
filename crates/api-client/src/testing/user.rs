//! A user of the test's server, logged in with one device.
use std::{
    fmt::Write as _,
    sync::atomic::{AtomicU32, Ordering},
};

use accounts::{administration::NewUser, login::DeviceRequest};
use axum::body::Body;
use config::Secret;
use endpoint::{Site, testing::Reply};
use http::{
    Method, Request,
    header::{AUTHORIZATION, CONTENT_TYPE},
};
use protocol::ids::OwnedUserId;
use serde_json::{Value, json};

use super::{TestApp, send};

const PASSWORD: &str = "correct horse battery staple";

/// A user, logged in.
pub struct TestUser {
    /// The whole user id.
    pub id: OwnedUserId,
    /// Their device.
    pub device_id: String,
    /// Their access token.
    pub token: String,
    /// Their password.
    pub password: &'static str,
    site: Site,
    transactions: AtomicU32,
}

impl TestUser {
    pub(super) async fn register(server: &TestApp, name: &str) -> Self {
        let new = NewUser {
            name: name.to_owned(),
            password: Some(Secret::new(PASSWORD.to_owned())),
            displayname: None,
            admin: false,
            user_type: None,
        };
        let user = server.app.accounts.create_user(new).await.expect("a new user");
        let device = DeviceRequest {
            device_id: Some(format!("{}1", name.to_uppercase())),
            display_name: None,
            refresh_token: false,
        };
        let login = server.app.accounts.login_with_password(name, PASSWORD, device).await;
        let granted = login.expect("a session");
        Self {
            id: user.name,
            device_id: granted.device_id.to_string(),
            token: granted.access_token.expose().to_owned(),
            password: PASSWORD,
            site: server.site.clone(),
            transactions: AtomicU32::new(0),
        }
    }

    /// Sends a request as this user; see [`TestApp::request`].
    pub async fn request(&self, method: Method, path: &str, body: &Value) -> Reply {
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        self.request_raw(method, path, body).await
    }

    /// As [`Self::request`], with any body.
    pub async fn request_raw(&self, method: Method, path: &str, body: impl Into<Body>) -> Reply {
        send(&self.site, method, path, Some(&self.token), body.into()).await
    }

    /// Uploads and returns the media id.
    pub async fn upload(&self, content_type: &str, content: impl Into<Body>) -> String {
        let request = Request::builder()
            .method(Method::POST)
            .uri("/_matrix/media/v3/upload")
            .header(AUTHORIZATION, format!("Bearer {}", self.token))
            .header(CONTENT_TYPE, content_type)
            .body(content.into());
        let reply = endpoint::testing::send(&self.site, request.expect("a request")).await;
        let uri = text(&reply, "content_uri");
        uri.rsplit('/').next().unwrap_or_default().to_owned()
    }

    /// Reads.
    pub async fn get(&self, path: &str) -> Reply {
        self.request(Method::GET, path, &Value::Null).await
    }

    /// Sets.
    pub async fn put(&self, path: &str, body: Value) -> Reply {
        self.request(Method::PUT, path, &body).await
    }

    /// Does.
    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.request(Method::POST, path, &body).await
    }

    /// Removes.
    pub async fn delete(&self, path: &str) -> Reply {
        self.request(Method::DELETE, path, &Value::Null).await
    }

    /// Creates a room and returns its id.
    pub async fn create_room(&self, options: Value) -> String {
        let reply = self.post("/createRoom", options).await;
        text(&reply, "room_id")
    }

    /// Joins a room, which must let the user in.
    pub async fn join(&self, room: &str) {
        let reply = self.post(&format!("/rooms/{}/join", encode(room)), json!({})).await;
        assert_eq!(reply.verdict(), "200", "{} joins {room}: {}", self.id, reply.json());
    }

    /// Sends a text message and returns the event's id.
    pub async fn say(&self, room: &str, words: &str) -> String {
        let number = self.transactions.fetch_add(1, Ordering::Relaxed);
        let path = format!("/rooms/{}/send/m.room.message/say{number}", encode(room));
        let reply = self.put(&path, json!({ "msgtype": "m.text", "body": words })).await;
        text(&reply, "event_id")
    }
}

fn text(reply: &Reply, field: &str) -> String {
    let json = reply.json();
    json[field].as_str().unwrap_or_else(|| panic!("{} {json}", reply.status)).to_owned()
}

/// Percent-encodes an id as a part of a path.
#[must_use]
pub fn encode(id: &str) -> String {
    let mut encoded = String::new();
    for byte in id.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}
