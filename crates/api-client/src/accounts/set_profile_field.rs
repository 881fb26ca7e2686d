//! `PUT /_matrix/client/v3/profile/{user}/{field}` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#put_matrixclientv3profileuseridkeyname
use accounts::profiles::{AVATAR_URL, DISPLAYNAME, ProfileError};
use endpoint::{Auth, Endpoint, Json, Method, Path, RateClass, State, api_error, body};
use protocol::ids::OwnedUserId;
use serde_json::{Map, Value, json};

use crate::{Actor, App};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Put,
    paths: &[
        "/_matrix/client/v3/profile/{user}/{field}",
        "/_matrix/client/r0/profile/{user}/{field}",
        "/_matrix/client/unstable/uk.tcpip.msc4133/profile/{user}/{field}",
    ],
    auth: Auth::Guest,
    rate: RateClass::Write,
    body_bytes_max: body::EVENT,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#put_matrixclientv3profileuseridkeyname",
    summary: "Sets a field of the user's profile.",
};

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Profile(#[from] ProfileError),
    #[error(transparent)]
    Rooms(#[from] rooms::Error),
    #[error("The body does not have the field {0}")]
    Missing(String),
}

api_error!(Error:
    Self::Profile(ProfileError::NotYours) => FORBIDDEN,
    Self::Profile(ProfileError::Field | ProfileError::Value) => INVALID_PARAM,
    Self::Profile(ProfileError::FieldTooLong) => KEY_TOO_LARGE,
    Self::Profile(ProfileError::TooLarge) => PROFILE_TOO_LARGE,
    Self::Profile(ProfileError::Failed(_)) => INTERNAL,
    Self::Rooms(_) => INTERNAL,
    Self::Missing(_) => MISSING_PARAM,
);

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Actor,
    Path((user, field)): Path<(OwnedUserId, String)>,
    Json(body): Json<Map<String, Value>>,
) -> Result<Json<Value>, Error> {
    let Some(value) = body.get(&field) else { return Err(Error::Missing(field)) };
    app.accounts.set_profile_field(&caller.0, &user, &field, value).await?;
    if field == DISPLAYNAME || field == AVATAR_URL {
        app.rooms.update_profile(&user).await?;
    }
    Ok(Json(json!({})))
}
