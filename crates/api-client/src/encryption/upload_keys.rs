//! `POST /_matrix/client/v3/keys/upload` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3keysupload
use std::collections::BTreeMap;

use encryption::upload::{KeyError, KeysUpload, UploadError};
use endpoint::{Auth, Endpoint, Failure, Json, Method, RateClass, State, api_error, body};
use protocol::canonical::{Object, Value};
use serde::Deserialize;
use serde_json::json;

use super::caller_device::caller_device;
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Post,
    paths: v3!("/keys/upload"),
    auth: Auth::Guest,
    rate: RateClass::Write,
    body_bytes_max: body::LARGE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3keysupload",
    summary: "Publishes the identity keys, one-time keys and fallback keys of the caller's device.",
};

#[derive(Deserialize)]
pub(crate) struct Body {
    #[serde(rename = "device_keys")]
    device: Option<Object>,
    #[serde(rename = "one_time_keys")]
    one_time: Option<BTreeMap<String, Value>>,
    #[serde(rename = "fallback_keys")]
    fallback: Option<BTreeMap<String, Value>>,
    /// COMPAT(clients before Matrix 1.2): the name while it was a proposal.
    #[serde(rename = "org.matrix.msc2732.fallback_keys")]
    unstable_fallback: Option<BTreeMap<String, Value>>,
}

impl From<Body> for KeysUpload {
    fn from(body: Body) -> Self {
        let fallback_keys = body.fallback.or(body.unstable_fallback);
        Self {
            device_keys: body.device,
            one_time_keys: body.one_time.unwrap_or_default(),
            fallback_keys: fallback_keys.unwrap_or_default(),
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(crate) struct Error(#[from] UploadError);

api_error!(Error:
    Self(UploadError::Key(KeyError::BadSignature(_))) => INVALID_SIGNATURE,
    Self(UploadError::Key(KeyError::TooLarge)) => TOO_LARGE,
    Self(UploadError::Key(
        KeyError::OtherUser
        | KeyError::OtherDevice
        | KeyError::Form(_)
        | KeyError::Name
        | KeyError::Signatures,
    )) => INVALID_PARAM,
    Self(UploadError::KeyTaken { .. }) => INVALID_PARAM,
    Self(UploadError::TooManyKeys | UploadError::FallbackKeys) => INVALID_PARAM,
    Self(UploadError::UnknownDevice) => UNKNOWN_TOKEN,
    Self(UploadError::Database(_)) => INTERNAL,
);

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<Body>,
) -> Result<Json<serde_json::Value>, Failure> {
    let device = caller_device(&caller)?;
    let counts = app.encryption.upload_keys(device, body.into()).await.map_err(Error::from)?;
    Ok(Json(json!({ "one_time_key_counts": counts.one_time_keys })))
}
