//! `PUT /_matrix/client/v3/presence/{user}/status` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#put_matrixclientv3presenceuseridstatus
use endpoint::{Auth, Endpoint, Json, Method, Path, RateClass, State, body};
use protocol::ids::OwnedUserId;
use serde::Deserialize;
use serde_json::{Value, json};

use super::error::Error;
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Put,
    paths: v3!("/presence/{user}/status"),
    auth: Auth::User,
    rate: RateClass::Write,
    body_bytes_max: body::SMALL,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#put_matrixclientv3presenceuseridstatus",
    summary: "Sets what others see of the user's being there.",
};

#[derive(Deserialize)]
pub(crate) struct Body {
    presence: Status,
    status_msg: Option<String>,
}

/// Whether a client says that its user is there.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    #[default]
    Online,
    Unavailable,
    Offline,
}

impl From<Status> for ::presence::Status {
    fn from(status: Status) -> Self {
        match status {
            Status::Online => Self::Online,
            Status::Unavailable => Self::Unavailable,
            Status::Offline => Self::Offline,
        }
    }
}

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Path(user): Path<OwnedUserId>,
    Json(body): Json<Body>,
) -> Result<Json<Value>, Error> {
    if user != caller.user_id {
        return Err(::presence::Error::NotYours.into());
    }
    let message = body.status_msg.as_deref();
    app.presence.set(caller.user_num, body.presence.into(), message).await?;
    Ok(Json(json!({})))
}
