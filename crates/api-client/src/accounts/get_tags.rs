//! `GET /_matrix/client/v3/user/{user}/rooms/{room}/tags` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3useruseridroomsroomidtags
use accounts::account_data::AccountDataError;
use endpoint::{Auth, Endpoint, Json, Method, Path, RateClass, State, api_error, body};
use protocol::ids::{OwnedRoomId, OwnedUserId};
use serde_json::{Value, json};

use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: v3!("/user/{user}/rooms/{room}/tags"),
    auth: Auth::User,
    rate: RateClass::Read,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3useruseridroomsroomidtags",
    summary: "Lists the tags that the user has given to a room.",
};

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Data(#[from] AccountDataError),
}

api_error!(Error:
    Self::Data(AccountDataError::NotYours) => FORBIDDEN,
    Self::Data(AccountDataError::ServerControlled(_)) => SERVER_CONTROLLED,
    Self::Data(AccountDataError::Type) => INVALID_PARAM,
    Self::Data(AccountDataError::UnknownRoom) => NOT_FOUND,
    Self::Data(AccountDataError::Contended | AccountDataError::Failed(_)) => INTERNAL,
);

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Path((user, room)): Path<(OwnedUserId, OwnedRoomId)>,
) -> Result<Json<Value>, Error> {
    let tags = app.accounts.tags(&caller.0, &user, &room).await?;
    Ok(Json(json!({ "tags": tags })))
}
