//! HTTP/1.1 to one server, without TLS: a request, its whole answer, and a limit on the wait.

use std::{fmt::Write, time::Duration};

use anyhow::{Context, bail};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Method, Request, header};
use hyper_util::{
    client::legacy::{self, connect::HttpConnector},
    rt::TokioExecutor,
};

/// How long an answer may take, beyond what a long-poll asks for, before it counts as a failure.
const ANSWER_TIMEOUT: Duration = Duration::from_mins(1);

/// A connection pool to one server. Cloning shares the pool.
#[derive(Clone)]
pub struct Http {
    client: legacy::Client<HttpConnector, Full<Bytes>>,
    base: String,
}

/// What a server answered.
pub struct Answer {
    pub status: u16,
    pub body: Bytes,
}

impl Answer {
    /// The body, if the status is a success.
    ///
    /// # Errors
    /// Says the status and the beginning of the body otherwise.
    pub fn success(self) -> anyhow::Result<Bytes> {
        if (200..300).contains(&self.status) {
            return Ok(self.body);
        }
        let text: String = String::from_utf8_lossy(&self.body).chars().take(300).collect();
        bail!("status {}: {text}", self.status)
    }
}

/// A body and its content type.
pub enum Body {
    Empty,
    Json(Vec<u8>),
    Binary(Bytes),
}

impl Http {
    /// `base` is `http://host:port`, with or without a trailing slash.
    ///
    /// # Errors
    /// Only plain HTTP is spoken: TLS would be measured along with the server.
    pub fn new(base: &str) -> anyhow::Result<Self> {
        if !base.starts_with("http://") {
            bail!("--url must start with http://, not {base:?}");
        }
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let client = legacy::Client::builder(TokioExecutor::new()).build(connector);
        Ok(Self { client, base: base.trim_end_matches('/').to_owned() })
    }

    /// One request, with its whole answer, whatever its status.
    ///
    /// # Errors
    /// When no complete answer came within a minute (and `wait`, what a long-poll asks for).
    pub async fn request(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: Body,
        wait: Duration,
    ) -> anyhow::Result<Answer> {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.base));
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let (content_type, bytes) = match body {
            Body::Empty => (None, Bytes::new()),
            Body::Json(json) => (Some("application/json"), Bytes::from(json)),
            Body::Binary(bytes) => (Some("application/octet-stream"), bytes),
        };
        if let Some(content_type) = content_type {
            request = request.header(header::CONTENT_TYPE, content_type);
        }
        let request = request.body(Full::new(bytes))?;
        let exchange = async {
            let reply = self.client.request(request).await?;
            let status = reply.status().as_u16();
            let body = reply.into_body().collect().await?.to_bytes();
            Ok(Answer { status, body })
        };
        let route = || path.split('?').next().unwrap_or(path).to_owned();
        tokio::time::timeout(ANSWER_TIMEOUT + wait, exchange)
            .await
            .with_context(|| format!("no answer in time: {}", route()))?
            .map_err(|error: anyhow::Error| error.context(route()))
    }
}

/// Percent-encodes everything but RFC 3986's unreserved characters.
pub fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_characters_are_encoded() {
        assert_eq!(encode("!a:b/c"), "%21a%3Ab%2Fc");
        assert_eq!(encode("s1_2.3~-"), "s1_2.3~-");
        assert_eq!(encode("é"), "%C3%A9");
    }

    #[test]
    fn only_plain_http_is_accepted() {
        assert!(Http::new("https://localhost").is_err());
        assert!(Http::new("http://localhost:1/").is_ok());
    }

    #[test]
    fn a_refusal_says_status_and_reason() {
        let answer = Answer { status: 403, body: Bytes::from_static(b"M_FORBIDDEN") };
        assert_eq!(answer.success().unwrap_err().to_string(), "status 403: M_FORBIDDEN");
    }
}
