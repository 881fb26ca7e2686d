//! `GET /_matrix/client/v3/user/{user}/account_data/{type}` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3useruseridaccount_datatype
use accounts::account_data::AccountDataError;
use endpoint::{Auth, Endpoint, Json, Method, Path, RateClass, State, api_error, body};
use protocol::ids::OwnedUserId;
use serde_json::{Map, Value};

use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: v3!("/user/{user}/account_data/{type}"),
    auth: Auth::Guest,
    rate: RateClass::Read,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3useruseridaccount_datatype",
    summary: "Shows what the user's clients keep on the server.",
};

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Data(#[from] AccountDataError),
    #[error("There is no account data of this type")]
    None,
    #[error(transparent)]
    Rules(db::Error),
    #[error("push rules that are no JSON")]
    RulesForm(serde_json::Error),
}

api_error!(Error:
    Self::Data(AccountDataError::NotYours) => FORBIDDEN,
    Self::Data(AccountDataError::ServerControlled(_)) => SERVER_CONTROLLED,
    Self::Data(AccountDataError::Type) => INVALID_PARAM,
    Self::Data(AccountDataError::UnknownRoom) => NOT_FOUND,
    Self::Data(AccountDataError::Contended | AccountDataError::Failed(_)) => INTERNAL,
    Self::None => NOT_FOUND,
    Self::Rules(_) | Self::RulesForm(_) => INTERNAL,
);

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Path((user, kind)): Path<(OwnedUserId, String)>,
) -> Result<Json<Map<String, Value>>, Error> {
    let found = app.accounts.account_data(&caller.0, &user, None, &kind).await?;
    if kind == push::ACCOUNT_DATA_TYPE {
        // Everybody has push rules, also who has never set any.
        let rules = app.push.account_data(caller.user_num, &user).await.map_err(Error::Rules)?;
        return Ok(Json(serde_json::from_str(&rules).map_err(Error::RulesForm)?));
    }
    Ok(Json(found.ok_or(Error::None)?))
}
