//! `POST /_matrix/client/v3/keys/query` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3keysquery
use std::collections::BTreeMap;

use encryption::{Query, QueryAnswer};
use endpoint::{Auth, Endpoint, Failure, Json, Method, RateClass, State, body, error::INTERNAL};
use protocol::{canonical::Object, ids::OwnedUserId};
use serde::{Deserialize, Serialize};

use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Post,
    paths: v3!("/keys/query"),
    auth: Auth::Guest,
    rate: RateClass::Read,
    body_bytes_max: body::LARGE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3keysquery",
    summary: "Tells the identity keys of users' devices, and the users' cross-signing keys.",
};

#[derive(Deserialize)]
pub(crate) struct Body {
    device_keys: Query,
}

#[derive(Serialize)]
pub(crate) struct Reply {
    device_keys: BTreeMap<OwnedUserId, BTreeMap<String, Object>>,
    failures: BTreeMap<String, Unreachable>,
    master_keys: BTreeMap<OwnedUserId, Object>,
    self_signing_keys: BTreeMap<OwnedUserId, Object>,
    user_signing_keys: BTreeMap<OwnedUserId, Object>,
}

/// Why another server's users are not in a reply.
#[derive(Serialize)]
pub(crate) struct Unreachable {
    errcode: &'static str,
    error: &'static str,
}

impl Default for Unreachable {
    fn default() -> Self {
        Self { errcode: "M_UNKNOWN", error: "The server could not be reached" }
    }
}

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<Body>,
) -> Result<Json<Reply>, Failure> {
    let answer = app.encryption.query_keys(caller.user_num, body.device_keys).await;
    let answer = answer.map_err(|error| INTERNAL.from_error(&error))?;
    let QueryAnswer { device_keys, master_keys, self_signing_keys, user_signing_keys, unreachable } =
        answer;
    let failures =
        unreachable.into_iter().map(|server| (server.to_string(), Unreachable::default()));
    Ok(Json(Reply {
        device_keys,
        failures: failures.collect(),
        master_keys,
        self_signing_keys,
        user_signing_keys,
    }))
}
