//! `GET /_matrix/client/versions` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientversions
use std::collections::BTreeMap;

use axum::response::IntoResponse;
use endpoint::{Auth, Endpoint, Json, Method, RateClass, State, body};
use http::header::{CACHE_CONTROL, VARY};
use serde::Serialize;

use crate::App;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: &["/_matrix/client/versions"],
    auth: Auth::None,
    rate: RateClass::Unlimited,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientversions",
    summary: "Lists the versions of the specification and the unstable features that the server implements.",
};

/// Clients look for the versions that they know, some for one alone, so that the old ones are named too. Each version
/// holds what the one before it has.
const VERSIONS: [&str; 16] = [
    "v1.1", "v1.2", "v1.3", "v1.4", "v1.5", "v1.6", "v1.7", "v1.8", "v1.9", "v1.10", "v1.11",
    "v1.12", "v1.13", "v1.14", "v1.15", "v1.16",
];

/// Unstable features, each with an endpoint that makes it up: nothing is promised that is not served.
pub(super) const FEATURES: &[(&str, &str)] = &[
    (
        "org.matrix.simplified_msc3575",
        "/_matrix/client/unstable/org.matrix.simplified_msc3575/sync",
    ),
    (
        "uk.half-shot.msc2666.query_mutual_rooms",
        "/_matrix/client/unstable/uk.half-shot.msc2666/user/mutual_rooms",
    ),
    ("org.matrix.msc1763", "/_matrix/client/unstable/org.matrix.msc1763/retention/configuration"),
    ("uk.half-shot.msc2666.query_mutual_rooms.stable", "/_matrix/client/v1/mutual_rooms"),
    ("org.matrix.msc3882", "/_matrix/client/unstable/org.matrix.msc3882/login/get_token"),
    ("org.matrix.msc4143", "/_matrix/client/unstable/org.matrix.msc4143/rtc/transports"),
    ("org.matrix.msc4151", "/_matrix/client/unstable/org.matrix.msc4151/rooms/{room}/report"),
    ("org.matrix.msc4155", "/_matrix/client/v3/rooms/{room}/invite"),
    ("org.matrix.msc4380", "/_matrix/client/v3/rooms/{room}/invite"),
    ("org.matrix.msc4380.stable", "/_matrix/client/v3/rooms/{room}/invite"),
    ("org.matrix.msc3814", "/_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device"),
    ("org.matrix.msc4108", "/_matrix/client/unstable/org.matrix.msc4108/rendezvous"),
    ("uk.timedout.msc4323", "/_matrix/client/unstable/uk.timedout.msc4323/admin/lock/{user}"),
    ("fi.mau.msc2659", "/_matrix/client/unstable/fi.mau.msc2659/appservice/{appservice}/ping"),
    ("fi.mau.msc2659.stable", "/_matrix/client/v1/appservice/{appservice}/ping"),
    ("org.matrix.e2e_cross_signing", "/_matrix/client/v3/keys/device_signing/upload"),
    ("org.matrix.msc3912", "/_matrix/client/v3/rooms/{room}/redact/{event}/{transaction}"),
    ("org.matrix.msc3916.stable", "/_matrix/client/v1/media/download/{server}/{media}"),
    ("org.matrix.msc3881", "/_matrix/client/v3/pushers/set"),
    (
        "org.matrix.msc3030",
        "/_matrix/client/unstable/org.matrix.msc3030/rooms/{room}/timestamp_to_event",
    ),
    ("org.matrix.msc3030.stable", "/_matrix/client/v1/rooms/{room}/timestamp_to_event"),
    ("org.matrix.msc3440.stable", "/_matrix/client/v1/rooms/{room}/relations/{event}/{rel_type}"),
    ("org.matrix.msc3715.stable", "/_matrix/client/v1/rooms/{room}/relations/{event}"),
    ("org.matrix.msc3771", "/_matrix/client/v3/rooms/{room}/receipt/{kind}/{event}"),
    ("org.matrix.msc3773", "/_matrix/client/v3/sync"),
    ("org.matrix.msc3856.stable", "/_matrix/client/v1/rooms/{room}/threads"),
    ("org.matrix.msc3981", "/_matrix/client/v1/rooms/{room}/relations/{event}"),
    (
        "org.matrix.msc4306",
        "/_matrix/client/unstable/io.element.msc4306/rooms/{room}/thread/{root}/subscription",
    ),
    ("org.matrix.msc4308", "/_matrix/client/unstable/io.element.msc4308/thread_subscriptions"),
    ("org.matrix.msc4140", "/_matrix/client/unstable/org.matrix.msc4140/delayed_events"),
    ("org.matrix.msc4262", "/_matrix/client/unstable/org.matrix.simplified_msc3575/sync"),
    ("org.matrix.msc4429", "/_matrix/client/v3/sync"),
    ("org.matrix.msc4354", "/_matrix/client/v3/rooms/{room}/send/{kind}/{transaction}"),
    ("uk.tcpip.msc4133", "/_matrix/client/unstable/uk.tcpip.msc4133/profile/{user}/{field}"),
    ("uk.tcpip.msc4133.stable", "/_matrix/client/v3/profile/{user}/{field}"),
];

#[derive(Serialize)]
pub(crate) struct Reply {
    versions: [&'static str; 16],
    unstable_features: BTreeMap<&'static str, bool>,
}

pub(crate) async fn handler(State(app): State<App>) -> impl IntoResponse {
    let is_on = |feature: &str| match feature {
        "org.matrix.msc4108" => app.rendezvous.settings().enabled,
        "org.matrix.msc4140" => app.rooms.delay_limits().is_some(),
        "org.matrix.msc1763" => app.rooms.retention().is_some(),
        _ => true,
    };
    let is_served =
        |path: &str| crate::ENDPOINTS.iter().any(|endpoint| endpoint.paths.contains(&path));
    let features = FEATURES.iter().filter(|(feature, path)| is_served(path) && is_on(feature));
    let unstable_features = features.map(|(feature, _)| (*feature, true)).collect();
    // Other servers answer per user: what is between us and the client must not mix them up.
    let headers = [(VARY, "Authorization"), (CACHE_CONTROL, "public, max-age=600")];
    (headers, Json(Reply { versions: VERSIONS, unstable_features }))
}
