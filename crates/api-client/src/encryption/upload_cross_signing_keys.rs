//! `POST /_matrix/client/v3/keys/device_signing/upload` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3keysdevice_signingupload
use accounts::Action;
use encryption::cross_signing::{Authenticated, CrossSigningError, CrossSigningUpload, KeyError};
use endpoint::{Auth, Endpoint, Failure, Json, Method, RateClass, State, api_error, body};
use protocol::canonical::Object;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{
    App, Caller,
    accounts::interactive::{Interactive, Interrupted},
};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Post,
    paths: v3!("/keys/device_signing/upload"),
    auth: Auth::User,
    rate: RateClass::Login,
    body_bytes_max: body::EVENT,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3keysdevice_signingupload",
    summary: "Publishes the caller's cross-signing keys; replacing them is to be confirmed.",
};

#[derive(Deserialize)]
struct Body {
    #[serde(rename = "master_key")]
    master: Option<Object>,
    #[serde(rename = "self_signing_key")]
    self_signing: Option<Object>,
    #[serde(rename = "user_signing_key")]
    user_signing: Option<Object>,
}

#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(crate) struct Error(#[from] CrossSigningError);

api_error!(Error:
    Self(CrossSigningError::AuthenticationRequired) => FORBIDDEN,
    Self(CrossSigningError::NoMasterKey) => MISSING_PARAM,
    Self(CrossSigningError::Key(KeyError::BadSignature(_))) => INVALID_SIGNATURE,
    Self(CrossSigningError::Key(KeyError::TooLarge)) => TOO_LARGE,
    Self(CrossSigningError::Key(
        KeyError::OtherUser
        | KeyError::OtherDevice
        | KeyError::Form(_)
        | KeyError::Name
        | KeyError::Signatures,
    )) => INVALID_PARAM,
    Self(CrossSigningError::KeyIdInUse) => FORBIDDEN,
    Self(CrossSigningError::Database(_)) => INTERNAL,
);

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<Map<String, Value>>,
) -> Result<Json<Value>, Interrupted> {
    let Interactive { body, request, attempt } = Interactive::<Body>::read(body)?;
    let keys = CrossSigningUpload {
        master_key: body.master,
        self_signing_key: body.self_signing,
        user_signing_key: body.user_signing,
    };
    let upload = async |keys, authenticated| {
        let (user, user_id) = (caller.user_num, &caller.user_id);
        app.encryption.upload_cross_signing_keys(user, user_id, keys, authenticated).await
    };
    // What needs no confirmation gets none: a confirmation would be used up by it.
    let mut result = upload(keys.clone(), Authenticated::No).await;
    if matches!(result, Err(CrossSigningError::AuthenticationRequired)) {
        let action = Action::ReplaceCrossSigningKeys;
        let confirmation = app.accounts.confirm(&caller, action, "", &request, attempt).await?;
        if confirmation.allows(action, caller.user_num) {
            result = upload(keys, Authenticated::Yes).await;
        }
    }
    result.map_err(Error::from).map_err(Failure::from)?;
    Ok(Json(json!({})))
}
