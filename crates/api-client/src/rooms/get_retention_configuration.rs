//! `GET /_matrix/client/unstable/org.matrix.msc1763/retention/configuration` (MSC1763)
use std::collections::BTreeMap;

use endpoint::{Auth, Endpoint, Json, Method, RateClass, State, body};
use rooms::Policy;
use serde::Serialize;

use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: &["/_matrix/client/unstable/org.matrix.msc1763/retention/configuration"],
    auth: Auth::Guest,
    rate: RateClass::Read,
    body_bytes_max: body::NONE,
    spec: "https://github.com/matrix-org/matrix-spec-proposals/pull/1763",
    summary: "Tells for how long messages are kept, and what rooms can set of that.",
};

#[derive(Serialize)]
pub(crate) struct Reply {
    policies: BTreeMap<&'static str, Lifetimes>,
    limits: Limits,
}

#[derive(Serialize)]
struct Lifetimes {
    #[serde(skip_serializing_if = "Option::is_none")]
    min_lifetime: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_lifetime: Option<i64>,
}

#[derive(Default, Serialize)]
struct Limits {
    #[serde(skip_serializing_if = "Option::is_none")]
    max_lifetime: Option<Bounds>,
}

#[derive(Serialize)]
struct Bounds {
    #[serde(skip_serializing_if = "Option::is_none")]
    min: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max: Option<i64>,
}

pub(crate) async fn handler(State(app): State<App>, _: Caller) -> Json<Reply> {
    let mut reply = Reply { policies: BTreeMap::new(), limits: Limits::default() };
    let Some(retention) = app.rooms.retention() else { return Json(reply) };
    // The policy of rooms without one of their own, with the bounds that hold for it, too.
    let Policy { min_lifetime, max_lifetime } = retention.effective(None);
    if min_lifetime.is_some() || max_lifetime.is_some() {
        reply.policies.insert("*", Lifetimes { min_lifetime, max_lifetime });
    }
    let (min, max) = (retention.allowed_min, retention.allowed_max);
    if min.is_some() || max.is_some() {
        reply.limits.max_lifetime = Some(Bounds { min, max });
    }
    Json(reply)
}
