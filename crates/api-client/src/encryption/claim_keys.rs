//! `POST /_matrix/client/v3/keys/claim` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3keysclaim
use std::collections::BTreeMap;

use encryption::Claim;
use endpoint::{Auth, Endpoint, Failure, Json, Method, RateClass, State, body, error::INTERNAL};
use protocol::ids::{OwnedDeviceId, OwnedUserId};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::query_keys::Unreachable;
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Post,
    paths: v3!("/keys/claim"),
    auth: Auth::Guest,
    rate: RateClass::Read,
    body_bytes_max: body::LARGE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3keysclaim",
    summary: "Gives out one-time keys of other devices, each to one caller only.",
};

#[derive(Deserialize)]
pub(crate) struct Body {
    one_time_keys: Claim,
}

/// Keys by their names.
type Keys = BTreeMap<String, Box<RawValue>>;

#[derive(Serialize)]
pub(crate) struct Reply {
    failures: BTreeMap<String, Unreachable>,
    one_time_keys: BTreeMap<OwnedUserId, BTreeMap<OwnedDeviceId, Keys>>,
}

pub(crate) async fn handler(
    State(app): State<App>,
    _: Caller,
    Json(body): Json<Body>,
) -> Result<Json<Reply>, Failure> {
    let claimed = app.encryption.claim_keys(body.one_time_keys).await;
    let claimed = claimed.map_err(|error| INTERNAL.from_error(&error))?;
    let mut one_time_keys: BTreeMap<_, BTreeMap<_, Keys>> = BTreeMap::new();
    for (user_id, devices) in claimed.keys {
        for (device_id, key) in devices {
            let content = RawValue::from_string(key.content);
            let content = content.map_err(|error| INTERNAL.from_error(&error))?;
            let name = format!("{}:{}", key.algorithm, key.key_id);
            let keys = [(name, content)].into();
            one_time_keys.entry(user_id.clone()).or_default().insert(device_id, keys);
        }
    }
    let servers = claimed.unreachable.into_iter();
    let failures = servers.map(|server| (server.to_string(), Unreachable::default())).collect();
    Ok(Json(Reply { failures, one_time_keys }))
}
