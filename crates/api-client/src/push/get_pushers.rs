//! `GET /_matrix/client/v3/pushers` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3pushers
use endpoint::{Auth, Endpoint, Json, Method, RateClass, State, api_error, body};
use serde::Serialize;
use serde_json::{Map, Value};
use store::pushers::PusherRow;

use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: v3!("/pushers"),
    auth: Auth::User,
    rate: RateClass::Read,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3pushers",
    summary: "Lists where the user is notified.",
};

#[derive(Serialize)]
pub(crate) struct Reply {
    pushers: Vec<Pusher>,
}

#[derive(Serialize)]
struct Pusher {
    pushkey: String,
    kind: String,
    app_id: String,
    app_display_name: String,
    device_display_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    profile_tag: Option<String>,
    lang: String,
    data: Map<String, Value>,
    /// Whether it is switched on (MSC3881).
    #[serde(rename = "org.matrix.msc3881.enabled")]
    enabled: bool,
    /// The device that has set it (MSC3881).
    #[serde(rename = "org.matrix.msc3881.device_id", skip_serializing_if = "Option::is_none")]
    device_id: Option<String>,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Failed(#[from] db::Error),
}

api_error!(Error:
    Self::Failed(_) => INTERNAL,
);

impl From<PusherRow> for Pusher {
    fn from(row: PusherRow) -> Self {
        let PusherRow { settings, device_id, .. } = row;
        Self {
            pushkey: settings.pushkey,
            kind: settings.kind,
            app_id: settings.app_id,
            app_display_name: settings.app_display_name,
            device_display_name: settings.device_display_name,
            profile_tag: settings.profile_tag,
            lang: settings.lang,
            data: serde_json::from_str(&settings.data).unwrap_or_default(),
            enabled: settings.enabled,
            device_id,
        }
    }
}

pub(crate) async fn handler(State(app): State<App>, caller: Caller) -> Result<Json<Reply>, Error> {
    let pushers = app.push.pushers(caller.user_num).await?;
    Ok(Json(Reply { pushers: pushers.into_iter().map(Into::into).collect() }))
}
