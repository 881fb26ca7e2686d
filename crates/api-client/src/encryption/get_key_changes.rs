//! `GET /_matrix/client/v3/keys/changes` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3keyschanges
use endpoint::{
    Auth, Endpoint, Failure, Json, Method, Query, RateClass, State, body,
    error::{INTERNAL, INVALID_PARAM},
};
use protocol::ids::OwnedUserId;
use rooms::token::StreamToken;
use serde::{Deserialize, Serialize};

use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: v3!("/keys/changes"),
    auth: Auth::Guest,
    rate: RateClass::Read,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3keyschanges",
    summary: "Tells whose keys have changed between two syncs, and who shares no room any more.",
};

#[derive(Deserialize)]
pub(crate) struct Parameters {
    from: String,
    to: String,
}

#[derive(Serialize)]
pub(crate) struct Reply {
    changed: Vec<OwnedUserId>,
    left: Vec<OwnedUserId>,
}

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Query(parameters): Query<Parameters>,
) -> Result<Json<Reply>, Failure> {
    let from = position(&app, "from", &parameters.from)?;
    let to = position(&app, "to", &parameters.to)?;
    let changes = app.encryption.device_list_changes(caller.user_num, from, to).await;
    let changes = changes.map_err(|error| INTERNAL.from_error(&error))?;
    Ok(Json(Reply { changed: changes.changed, left: changes.left }))
}

fn position(app: &App, name: &str, token: &str) -> Result<i64, Failure> {
    let token = token.parse::<StreamToken>().ok();
    let ours = token.filter(|token| token.epoch == app.rooms.store().db.epoch());
    ours.map(|token| token.position)
        .ok_or_else(|| INVALID_PARAM.because(format!("{name} is no token of this server's sync")))
}
