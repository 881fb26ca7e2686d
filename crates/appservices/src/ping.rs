//! Whether an application service can be reached ([spec]): it asks this itself, to tell its user what is wrong.
//!
//! [spec]: https://spec.matrix.org/v1.16/application-service-api/#pinging
use std::{sync::Arc, time::Duration};

use accounts::Session;
use bytes::Bytes;
use http::{Method, StatusCode};
use serde_json::json;
use tokio::time::Instant;

use crate::{Appservices, LinkError, link::ask};

/// Why the ping did not come back.
#[derive(Debug, thiserror::Error)]
pub enum PingError {
    /// The caller is not that application service.
    #[error("Only an application service can ping itself")]
    NotItself,
    /// It has no URL.
    #[error("The application service has no URL")]
    NoUrl,
    /// It has answered with another status than 2xx.
    #[error("The application service answered with status {status}")]
    Status {
        /// The status.
        status: StatusCode,
        /// What it has said.
        body: String,
    },
    /// There was no answer in time.
    #[error("The application service did not answer in time")]
    Timeout,
    /// There was no answer at all.
    #[error("The application service cannot be reached: {0}")]
    Failed(egress::Error),
}

impl Appservices {
    /// Pings the application service `id`, which acts in `session`; how long it took.
    ///
    /// # Errors
    /// See [`PingError`].
    pub async fn ping(
        &self,
        session: &Session,
        id: &str,
        transaction_id: Option<&str>,
    ) -> Result<Duration, PingError> {
        let registration = self.acting(session).filter(|registration| &*registration.id == id);
        let registration = Arc::clone(registration.ok_or(PingError::NotItself)?);
        let body = match transaction_id {
            Some(transaction_id) => json!({ "transaction_id": transaction_id }),
            None => json!({}),
        };
        let body = Bytes::from(body.to_string());
        let begun = Instant::now();
        let path = "/_matrix/app/v1/ping";
        let answer = ask(self.egress.as_ref(), &registration, Method::POST, path, body).await;
        let took = begun.elapsed();
        answer.map(|_| took).map_err(|error| match error {
            LinkError::NoUrl => PingError::NoUrl,
            LinkError::Refused { status, body } => {
                PingError::Status { status, body: String::from_utf8_lossy(&body).into_owned() }
            }
            LinkError::NoAnswer(egress::Error::Timeout(_)) => PingError::Timeout,
            LinkError::NoAnswer(error) => PingError::Failed(error),
        })
    }
}
