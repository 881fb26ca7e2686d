//! `PUT /_matrix/client/v3/user/{user}/account_data/{type}` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#put_matrixclientv3useruseridaccount_datatype
use accounts::account_data::AccountDataError;
use endpoint::{Auth, Endpoint, Json, Method, Path, RateClass, State, api_error, body};
use protocol::ids::OwnedUserId;
use serde_json::{Map, Value, json};

use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Put,
    paths: v3!("/user/{user}/account_data/{type}"),
    auth: Auth::Guest,
    rate: RateClass::Write,
    body_bytes_max: body::LARGE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#put_matrixclientv3useruseridaccount_datatype",
    summary: "Keeps something for the user's clients.",
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
    Path((user, kind)): Path<(OwnedUserId, String)>,
    Json(content): Json<Map<String, Value>>,
) -> Result<Json<Value>, Error> {
    app.accounts.set_account_data(&caller.0, &user, None, &kind, &content).await?;
    Ok(Json(json!({})))
}
