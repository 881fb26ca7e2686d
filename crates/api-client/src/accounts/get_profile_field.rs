//! `GET /_matrix/client/v3/profile/{user}/{field}` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3profileuseridkeyname
use endpoint::{Auth, Endpoint, Json, Method, Path, RateClass, State, api_error, body};
use protocol::ids::OwnedUserId;
use serde_json::{Map, Value};

use crate::App;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: &[
        "/_matrix/client/v3/profile/{user}/{field}",
        "/_matrix/client/r0/profile/{user}/{field}",
        "/_matrix/client/unstable/uk.tcpip.msc4133/profile/{user}/{field}",
    ],
    auth: Auth::None,
    rate: RateClass::Read,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3profileuseridkeyname",
    summary: "Shows one field of a user's profile.",
};

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("There is no such user, or they do not have this field")]
    Unknown,
    #[error(transparent)]
    Failed(#[from] db::Error),
}

api_error!(Error:
    Self::Unknown => NOT_FOUND,
    Self::Failed(_) => INTERNAL,
);

pub(crate) async fn handler(
    State(app): State<App>,
    Path((user, field)): Path<(OwnedUserId, String)>,
) -> Result<Json<Map<String, Value>>, Error> {
    let mut profile = app.accounts.profile(&user).await?.ok_or(Error::Unknown)?;
    profile.retain(|name, _| *name == field);
    if profile.is_empty() {
        return Err(Error::Unknown);
    }
    Ok(Json(profile))
}
