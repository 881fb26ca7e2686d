//! `POST /_matrix/client/v3/pushers/set` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3pushersset
use ::push::{PusherError, PusherOwner};
use endpoint::{
    Auth, Endpoint, Failure, Json, Method, RateClass, State, api_error, body, error::MISSING_PARAM,
};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};
use store::pushers::PusherSettings;

use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Post,
    paths: v3!("/pushers/set"),
    auth: Auth::User,
    rate: RateClass::Write,
    body_bytes_max: body::SMALL,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3pushersset",
    summary: "Sets or removes where the user is notified.",
};

/// Which kind of pusher is asked for.
#[derive(Default)]
enum Kind {
    #[default]
    Absent,
    /// It is removed: null is told from a field that is not there.
    Null,
    Named(String),
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Null, Self::Named))
    }
}

#[derive(Deserialize)]
pub(crate) struct Body {
    #[serde(default)]
    kind: Kind,
    app_id: Option<String>,
    pushkey: Option<String>,
    app_display_name: Option<String>,
    device_display_name: Option<String>,
    profile_tag: Option<String>,
    lang: Option<String>,
    data: Option<Map<String, Value>>,
    #[serde(default)]
    append: bool,
    /// Whether it is switched on (MSC3881).
    #[serde(rename = "org.matrix.msc3881.enabled")]
    enabled: Option<bool>,
}

#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(crate) struct Error(#[from] PusherError);

api_error!(Error:
    Self(PusherError::NoUrl) => MISSING_PARAM,
    Self(
        PusherError::Kind(_)
            | PusherError::TooLong
            | PusherError::Url
            | PusherError::EmailApp
            | PusherError::Unstorable,
    ) => INVALID_PARAM,
    Self(PusherError::NotYourEmail) => THREEPID_NOT_FOUND,
    Self(PusherError::TooMany) => UNKNOWN,
    Self(PusherError::Contended) => UNAVAILABLE,
    Self(PusherError::Failed(_)) => INTERNAL,
);

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Json(mut body): Json<Body>,
) -> Result<Json<Value>, Failure> {
    let kind = std::mem::take(&mut body.kind);
    let (Some(app_id), Some(pushkey)) = (&body.app_id, &body.pushkey) else {
        return Err(missing(&[
            ("app_id", body.app_id.is_none()),
            ("pushkey", body.pushkey.is_none()),
        ]));
    };
    let kind = match kind {
        Kind::Absent => return Err(missing(&[("kind", true)])),
        Kind::Null => {
            let deleting = app.push.delete_pusher(caller.user_num, app_id, pushkey);
            deleting.await.map_err(PusherError::from).map_err(Error)?;
            return Ok(Json(json!({})));
        }
        Kind::Named(kind) => kind,
    };
    let append = body.append;
    let settings = settings(kind, body)?;
    let owner = PusherOwner {
        user_id: &caller.user_id,
        user_num: caller.user_num,
        session_id: caller.session_id,
        device_id: caller.device().map(protocol::ids::DeviceId::as_str),
    };
    app.push.set_pusher(owner, &settings, append).await.map_err(Error)?;
    Ok(Json(json!({})))
}

fn settings(kind: String, body: Body) -> Result<PusherSettings, Failure> {
    let Body { app_display_name, device_display_name, lang, data, .. } = body;
    let (Some(app_display_name), Some(device_display_name), Some(lang), Some(data)) =
        (&app_display_name, &device_display_name, &lang, &data)
    else {
        return Err(missing(&[
            ("app_display_name", app_display_name.is_none()),
            ("device_display_name", device_display_name.is_none()),
            ("lang", lang.is_none()),
            ("data", data.is_none()),
        ]));
    };
    Ok(PusherSettings {
        kind,
        app_id: body.app_id.unwrap_or_default(),
        pushkey: body.pushkey.unwrap_or_default(),
        app_display_name: app_display_name.clone(),
        device_display_name: device_display_name.clone(),
        profile_tag: body.profile_tag,
        lang: lang.clone(),
        data: Value::Object(data.clone()).to_string(),
        enabled: body.enabled.unwrap_or(true),
    })
}

fn missing(fields: &[(&str, bool)]) -> Failure {
    let names: Vec<_> = fields.iter().filter(|(_, is)| *is).map(|(name, _)| *name).collect();
    MISSING_PARAM.because(format!("Missing parameters: {}", names.join(", ")))
}
