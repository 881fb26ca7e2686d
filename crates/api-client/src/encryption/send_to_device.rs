//! `PUT /_matrix/client/v3/sendToDevice/{kind}/{transaction}` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#put_matrixclientv3sendtodeviceeventtypetxnid
use encryption::to_device::{Messages, SendError};
use endpoint::{Auth, Endpoint, Failure, Json, Method, Path, RateClass, State, api_error, body};
use serde::Deserialize;
use serde_json::{Value, json};

use super::caller_device::caller_device;
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Put,
    paths: v3!("/sendToDevice/{kind}/{transaction}"),
    auth: Auth::Guest,
    rate: RateClass::Message,
    body_bytes_max: body::LARGE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#put_matrixclientv3sendtodeviceeventtypetxnid",
    summary: "Sends messages to single devices, or to all devices of users.",
};

#[derive(Deserialize)]
pub(crate) struct Body {
    messages: Messages,
}

#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(crate) struct Error(#[from] SendError);

api_error!(Error:
    Self(SendError::Field(_)) => INVALID_PARAM,
    Self(SendError::TooLarge | SendError::TooManyTargets) => TOO_LARGE,
    Self(SendError::Database(_)) => INTERNAL,
);

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Path((kind, transaction)): Path<(String, String)>,
    Json(body): Json<Body>,
) -> Result<Json<Value>, Failure> {
    let device = caller_device(&caller)?;
    let sent = app.encryption.send_to_device(device, &kind, &transaction, body.messages).await;
    sent.map_err(Error::from)?;
    Ok(Json(json!({})))
}
