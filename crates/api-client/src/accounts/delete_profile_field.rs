//! `DELETE /_matrix/client/v3/profile/{user}/{field}` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#delete_matrixclientv3profileuseridkeyname
use accounts::profiles::{AVATAR_URL, DISPLAYNAME, ProfileError};
use endpoint::{Auth, Endpoint, Json, Method, Path, RateClass, State, api_error, body};
use protocol::ids::OwnedUserId;
use serde_json::{Value, json};

use crate::{Actor, App};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Delete,
    paths: &[
        "/_matrix/client/v3/profile/{user}/{field}",
        "/_matrix/client/r0/profile/{user}/{field}",
        "/_matrix/client/unstable/uk.tcpip.msc4133/profile/{user}/{field}",
    ],
    auth: Auth::User,
    rate: RateClass::Write,
    body_bytes_max: body::SMALL,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#delete_matrixclientv3profileuseridkeyname",
    summary: "Removes a field of the user's profile.",
};

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Profile(#[from] ProfileError),
    #[error(transparent)]
    Rooms(#[from] rooms::Error),
}

api_error!(Error:
    Self::Profile(ProfileError::NotYours) => FORBIDDEN,
    Self::Profile(ProfileError::Field | ProfileError::Value) => INVALID_PARAM,
    Self::Profile(ProfileError::FieldTooLong) => KEY_TOO_LARGE,
    Self::Profile(ProfileError::TooLarge) => PROFILE_TOO_LARGE,
    Self::Profile(ProfileError::Failed(_)) => INTERNAL,
    Self::Rooms(_) => INTERNAL,
);

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Actor,
    Path((user, field)): Path<(OwnedUserId, String)>,
) -> Result<Json<Value>, Error> {
    app.accounts.delete_profile_field(&caller.0, &user, &field).await?;
    if field == DISPLAYNAME || field == AVATAR_URL {
        app.rooms.update_profile(&user).await?;
    }
    Ok(Json(json!({})))
}
