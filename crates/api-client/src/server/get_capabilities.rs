//! `GET /_matrix/client/v3/capabilities` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3capabilities
use std::collections::BTreeMap;

use endpoint::{Auth, Endpoint, Json, Method, RateClass, State, body};
use protocol::RoomVersion;
use serde_json::{Value, json};

use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: v3!("/capabilities"),
    auth: Auth::Guest,
    rate: RateClass::Read,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3capabilities",
    summary: "Tells what users can do here: which room versions there are, what they can change of their account.",
};

pub(crate) async fn handler(State(app): State<App>, caller: Caller) -> Json<Value> {
    let versions = RoomVersion::ALL.into_iter().filter(|version| version.can_create());
    let available: BTreeMap<_, _> = versions
        .map(|version| (version.as_str(), if version.is_stable() { "stable" } else { "unstable" }))
        .collect();
    let accounts = &app.accounts;
    let threepids = accounts.allows_threepid_changes() && accounts.can_verify_addresses();
    let default = app.rooms.default_version().as_str();
    let mut capabilities = json!({
        "m.room_versions": { "default": default, "available": available },
        "m.change_password": { "enabled": true },
        "m.set_displayname": { "enabled": true },
        "m.set_avatar_url": { "enabled": true },
        "m.profile_fields": { "enabled": true },
        "m.3pid_changes": { "enabled": threepids },
        "m.get_login_token": { "enabled": app.accounts.settings().login_tokens },
        "m.forget_forced_upon_leave": { "enabled": false },
    });
    if let Some((delay_ms_max, count_max)) = app.rooms.delay_limits()
        && let Some(capabilities) = capabilities.as_object_mut()
    {
        // MSC4140
        let limits = json!({ "max_delay_ms": delay_ms_max, "max_scheduled": count_max });
        capabilities.insert("org.matrix.msc4140.delayed_events".to_owned(), limits);
    }
    if caller.is_admin
        && let Some(capabilities) = capabilities.as_object_mut()
    {
        for name in ["m.account_moderation", "uk.timedout.msc4323"] {
            let abilities = json!({ "lock": true, "suspend": true });
            capabilities.insert(name.to_owned(), abilities);
        }
    }
    Json(json!({ "capabilities": capabilities }))
}
