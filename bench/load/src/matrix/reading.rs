//! The reading half of the API: sync, sliding sync, history, members, media.

use std::{fmt::Write, time::Duration};

use anyhow::Context;
use bytes::Bytes;
use hyper::Method;
use serde_json::{Value, json};

use super::{Matrix, User, text_field};
use crate::http::{Body, encode};

/// `GET /v3/sync`'s parameters.
#[derive(Clone, Debug, Default)]
pub struct SyncRequest {
    pub since: Option<String>,
    pub filter: Option<Value>,
    pub timeout_ms: u64,
}

impl Matrix {
    /// `GET /v3/sync`.
    ///
    /// # Errors
    /// When the server refuses, or does not answer in time.
    pub async fn sync(&self, user: &User, request: &SyncRequest) -> anyhow::Result<Bytes> {
        let mut path = format!("/_matrix/client/v3/sync?timeout={}", request.timeout_ms);
        if let Some(since) = &request.since {
            let _ = write!(path, "&since={}", encode(since));
        }
        if let Some(filter) = &request.filter {
            let _ = write!(path, "&filter={}", encode(&filter.to_string()));
        }
        let wait = Duration::from_millis(request.timeout_ms);
        self.call(Method::GET, &path, Some(user), Body::Empty, wait).await
    }

    /// A position to sync from, without the rooms that an initial sync would bring.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn position(&self, user: &User) -> anyhow::Result<String> {
        let filter = Some(json!({"room": {"rooms": []}, "account_data": self.unrepeated()}));
        let answer = self.sync(user, &SyncRequest { filter, ..SyncRequest::default() }).await?;
        text_field(&answer, "next_batch")
    }

    /// Simplified sliding sync (MSC4186) at its unstable path; `position` is `pos`.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn sliding_sync(
        &self,
        user: &User,
        position: Option<&str>,
        body: &Value,
    ) -> anyhow::Result<Bytes> {
        let mut path =
            "/_matrix/client/unstable/org.matrix.simplified_msc3575/sync?timeout=0".to_owned();
        if let Some(position) = position {
            let _ = write!(path, "&pos={}", encode(position));
        }
        self.post(&path, Some(user), body).await
    }

    /// `GET /v3/rooms/{roomId}/messages` backwards, 100 events a page.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn messages(
        &self,
        user: &User,
        room: &str,
        from: Option<&str>,
    ) -> anyhow::Result<Bytes> {
        let from = from.map(|from| format!("&from={}", encode(from))).unwrap_or_default();
        let room = encode(room);
        let path = format!("/_matrix/client/v3/rooms/{room}/messages?dir=b&limit=100{from}");
        self.get(&path, Some(user)).await
    }

    /// `GET /v3/rooms/{roomId}/members`.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn members(&self, user: &User, room: &str) -> anyhow::Result<Bytes> {
        self.get(&format!("/_matrix/client/v3/rooms/{}/members", encode(room)), Some(user)).await
    }

    /// `POST /v3/search` for messages with `term`, the best first.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn search(&self, user: &User, term: &str) -> anyhow::Result<Bytes> {
        let criteria = json!({"search_term": term, "order_by": "rank", "keys": ["content.body"]});
        let body = json!({"search_categories": {"room_events": criteria}});
        self.post("/_matrix/client/v3/search", Some(user), &body).await
    }

    /// `GET /v1/rooms/{roomId}/hierarchy`: the first page.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn hierarchy(&self, user: &User, space: &str) -> anyhow::Result<Bytes> {
        let path = format!("/_matrix/client/v1/rooms/{}/hierarchy?limit=50", encode(space));
        self.get(&path, Some(user)).await
    }

    /// `GET /v1/media/preview_url`.
    ///
    /// # Errors
    /// When the server refuses, or cannot ask the page.
    pub async fn preview(&self, user: &User, url: &str) -> anyhow::Result<Bytes> {
        self.get(&format!("/_matrix/client/v1/media/preview_url?url={}", encode(url)), Some(user))
            .await
    }

    /// `POST /_matrix/media/v3/upload`; the server name and media id of the new `mxc:` URI.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn upload(&self, user: &User, bytes: Bytes) -> anyhow::Result<String> {
        let path = "/_matrix/media/v3/upload?filename=benchmark.bin";
        let answer =
            self.call(Method::POST, path, Some(user), Body::Binary(bytes), Duration::ZERO).await?;
        let uri = text_field(&answer, "content_uri")?;
        Ok(uri.strip_prefix("mxc://").context("content_uri is no mxc: URI")?.to_owned())
    }

    /// `GET /v1/media/download/{serverName}/{mediaId}`, with authentication.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn download(&self, user: &User, media: &str) -> anyhow::Result<Bytes> {
        self.get(&format!("/_matrix/client/v1/media/download/{media}"), Some(user)).await
    }
}
