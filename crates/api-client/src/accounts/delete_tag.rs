//! `DELETE /_matrix/client/v3/user/{user}/rooms/{room}/tags/{tag}` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#delete_matrixclientv3useruseridroomsroomidtagstag
use accounts::{account_data::AccountDataError, tags::TagError};
use endpoint::{Auth, Endpoint, Json, Method, Path, RateClass, State, api_error, body};
use protocol::ids::{OwnedRoomId, OwnedUserId};
use serde_json::{Value, json};

use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Delete,
    paths: v3!("/user/{user}/rooms/{room}/tags/{tag}"),
    auth: Auth::User,
    rate: RateClass::Write,
    body_bytes_max: body::SMALL,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#delete_matrixclientv3useruseridroomsroomidtagstag",
    summary: "Removes a tag of a room.",
};

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Tag(#[from] TagError),
}

api_error!(Error:
    Self::Tag(TagError::Tag) => INVALID_PARAM,
    Self::Tag(TagError::Order) => BAD_JSON,
    Self::Tag(TagError::Data(AccountDataError::NotYours)) => FORBIDDEN,
    Self::Tag(TagError::Data(AccountDataError::ServerControlled(_))) => SERVER_CONTROLLED,
    Self::Tag(TagError::Data(AccountDataError::Type)) => INVALID_PARAM,
    Self::Tag(TagError::Data(AccountDataError::UnknownRoom)) => NOT_FOUND,
    Self::Tag(TagError::Data(AccountDataError::Contended | AccountDataError::Failed(_))) => INTERNAL,
);

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Path((user, room, tag)): Path<(OwnedUserId, OwnedRoomId, String)>,
) -> Result<Json<Value>, Error> {
    app.accounts.delete_tag(&caller.0, &user, &room, &tag).await?;
    Ok(Json(json!({})))
}
