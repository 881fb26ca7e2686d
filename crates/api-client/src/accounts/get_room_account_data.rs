//! `GET /_matrix/client/v3/user/{user}/rooms/{room}/account_data/{type}` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3useruseridroomsroomidaccount_datatype
use accounts::account_data::AccountDataError;
use endpoint::{Auth, Endpoint, Json, Method, Path, RateClass, State, api_error, body};
use protocol::ids::{OwnedRoomId, OwnedUserId};
use serde_json::{Map, Value};

use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: v3!("/user/{user}/rooms/{room}/account_data/{type}"),
    auth: Auth::Guest,
    rate: RateClass::Read,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3useruseridroomsroomidaccount_datatype",
    summary: "Shows what the user's clients keep on the server for one room.",
};

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Data(#[from] AccountDataError),
    #[error("There is no account data of this type")]
    None,
}

api_error!(Error:
    Self::Data(AccountDataError::NotYours) => FORBIDDEN,
    Self::Data(AccountDataError::ServerControlled(_)) => SERVER_CONTROLLED,
    Self::Data(AccountDataError::Type) => INVALID_PARAM,
    Self::Data(AccountDataError::UnknownRoom) => NOT_FOUND,
    Self::Data(AccountDataError::Contended | AccountDataError::Failed(_)) => INTERNAL,
    Self::None => NOT_FOUND,
);

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Path((user, room, kind)): Path<(OwnedUserId, OwnedRoomId, String)>,
) -> Result<Json<Map<String, Value>>, Error> {
    let found = app.accounts.account_data(&caller.0, &user, Some(&room), &kind).await?;
    Ok(Json(found.ok_or(Error::None)?))
}
