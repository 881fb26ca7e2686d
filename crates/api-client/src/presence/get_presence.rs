//! `GET /_matrix/client/v3/presence/{user}/status` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3presenceuseridstatus
use endpoint::{Auth, Endpoint, Json, Method, Path, RateClass, State, body};
use protocol::ids::OwnedUserId;
use serde::Serialize;

use super::error::Error;
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: v3!("/presence/{user}/status"),
    auth: Auth::User,
    rate: RateClass::Read,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3presenceuseridstatus",
    summary: "Tells whether a user is there.",
};

#[derive(Serialize)]
pub(crate) struct Reply {
    presence: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_active_ago: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_msg: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    currently_active: Option<bool>,
}

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Path(user): Path<OwnedUserId>,
) -> Result<Json<Reply>, Error> {
    if !app.presence.is_enabled() {
        // Nobody is there for anybody, which is what Synapse says then.
        let presence = ::presence::Status::Offline.as_str();
        let (last_active_ago, status_msg, currently_active) = (None, None, None);
        return Ok(Json(Reply { presence, last_active_ago, status_msg, currently_active }));
    }
    let seen = app.presence.of(caller.user_num, &user).await?;
    Ok(Json(Reply {
        presence: seen.shown.status.as_str(),
        last_active_ago: seen.last_active_ago_ms,
        status_msg: seen.shown.status_msg,
        currently_active: Some(seen.shown.currently_active),
    }))
}
