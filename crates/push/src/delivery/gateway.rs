//! Asking gateways.
use std::{collections::HashMap, sync::Arc};

use bytes::Bytes;
use egress::{Egress, Request};
use http::{HeaderMap, HeaderValue, Method, header::CONTENT_TYPE};
use parking_lot::Mutex;
use serde::Deserialize;
use serde_json::Value;
use store::pushers::PusherRow;
use tokio::sync::Semaphore;

/// How many requests are under way at the same time.
const REQUESTS_MAX: usize = 128;

/// How many of them may be to the same gateway: those of one that does not answer must leave room for the others.
const REQUESTS_PER_GATEWAY_MAX: usize = 32;

/// The longest answer, in bytes.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// Why a gateway has not taken something.
#[derive(Debug)]
pub(super) enum Refusal {
    /// It does not know the pusher's address, or no longer.
    Rejected,
    /// It has not answered, or with an error.
    Failed(String),
}

/// The gateways.
pub(super) struct Gateways {
    egress: Egress,
    requests: Semaphore,
    per_gateway: Mutex<HashMap<String, Arc<Semaphore>>>,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    rejected: Vec<String>,
}

impl Gateways {
    pub(super) fn new(egress: Egress) -> Self {
        let requests = Semaphore::new(REQUESTS_MAX);
        Self { egress, requests, per_gateway: Mutex::default() }
    }

    /// Tells the pusher's gateway something.
    pub(super) async fn post(&self, row: &PusherRow, body: &Value) -> Result<(), Refusal> {
        let data: Value = serde_json::from_str(&row.settings.data).unwrap_or_default();
        let Some(url) = data.get("url").and_then(Value::as_str) else {
            return Err(Refusal::Failed("the pusher has no URL".to_owned()));
        };
        let gateway = gateway_of(url);
        let turns = {
            let mut all = self.per_gateway.lock();
            let new = || Arc::new(Semaphore::new(REQUESTS_PER_GATEWAY_MAX));
            Arc::clone(all.entry(gateway.to_owned()).or_insert_with(new))
        };
        let outcome = {
            // In this order: who waits for a slow gateway must not keep others from asking theirs.
            let _turn = turns.acquire().await;
            let _request = self.requests.acquire().await;
            self.ask(url, &row.settings.pushkey, body.to_string().into()).await
        };
        drop(turns);
        self.per_gateway
            .lock()
            .retain(|name, turns| name != gateway || Arc::strong_count(turns) > 1);
        let name = match &outcome {
            Ok(()) => "delivered",
            Err(Refusal::Rejected) => "rejected",
            Err(Refusal::Failed(_)) => "failed",
        };
        metrics::counter!("longhouse_push_notifications_total", "outcome" => name).increment(1);
        outcome
    }

    async fn ask(&self, url: &str, pushkey: &str, body: Bytes) -> Result<(), Refusal> {
        let json = HeaderValue::from_static("application/json");
        let request = Request {
            method: Method::POST,
            url: url.to_owned(),
            headers: HeaderMap::from_iter([(CONTENT_TYPE, json)]),
            body,
            answer_bytes_max: ANSWER_BYTES_MAX,
            redirects_max: 0,
        };
        let answer = self.egress.send(request).await;
        let answer = answer.map_err(|error| Refusal::Failed(error.to_string()))?;
        if !answer.status.is_success() {
            return Err(Refusal::Failed(format!("it answered {}", answer.status)));
        }
        match serde_json::from_slice::<Answer>(&answer.body) {
            Ok(answer) if answer.rejected.iter().any(|key| key == pushkey) => {
                Err(Refusal::Rejected)
            }
            Ok(_) => Ok(()),
            // A page of something that is no gateway is no sign that anybody was notified.
            Err(error) => Err(Refusal::Failed(format!("its answer is none of a gateway: {error}"))),
        }
    }
}

/// The part of a URL that says which server it is on.
fn gateway_of(url: &str) -> &str {
    let start = url.find("://").map_or(0, |at| at + 3);
    let rest = url.get(start..).unwrap_or_default();
    rest.split('/').next().unwrap_or_default()
}
