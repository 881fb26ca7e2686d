//! `GET /_matrix/client/v3/profile/{user}` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3profileuserid
use endpoint::{Auth, Endpoint, Json, Method, Path, RateClass, State, api_error, body};
use protocol::ids::OwnedUserId;
use serde_json::{Map, Value};

use crate::App;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: v3!("/profile/{user}"),
    auth: Auth::None,
    rate: RateClass::Read,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3profileuserid",
    summary: "Shows what a user shows of themselves.",
};

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("There is no such user")]
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
    Path(user): Path<OwnedUserId>,
) -> Result<Json<Map<String, Value>>, Error> {
    let mut profile = app.accounts.profile(&user).await?;
    if profile.is_none() && app.appservices.want_user(&user).await? {
        profile = app.accounts.profile(&user).await?;
    }
    Ok(Json(profile.ok_or(Error::Unknown)?))
}
