//! `GET /_longhouse/local/v1/status`: how the node does
use components::Health;
use endpoint::{Auth, Endpoint, Json, Method, RateClass, State, body};

use super::{
    DOCUMENTATION, Error,
    document::{Component, Status},
};
use crate::App;

/// In the registry.
pub const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: &["/_longhouse/local/v1/status"],
    auth: Auth::Local,
    rate: RateClass::Admin,
    body_bytes_max: body::NONE,
    spec: DOCUMENTATION,
    summary: "Tells how the node does.",
};

pub(crate) async fn handler(State(app): State<App>) -> Result<Json<Status>, Error> {
    let about = app.about.clone();
    Ok(Json(Status {
        version: about.version,
        server_name: about.server_name,
        database: about.database,
        folder: about.folder,
        process: about.process,
        started_ms: about.started_ms,
        uptime_ms: app.clock.now_ms().saturating_sub(about.started_ms),
        users: app.accounts.count_active_users().await?,
        listeners: about.listeners,
        components: app.components.status().into_iter().map(component).collect(),
    }))
}

fn component(status: components::Status) -> Component {
    let (health, failure) = match status.health {
        Health::Stopped => ("stopped", None),
        Health::Starting => ("starting", None),
        Health::Running => ("running", None),
        Health::Restarting(why) => ("restarting", Some(why)),
    };
    Component {
        name: status.name.to_owned(),
        health: health.to_owned(),
        failure,
        restarts: status.restarts,
    }
}
