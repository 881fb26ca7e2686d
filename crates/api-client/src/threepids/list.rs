//! `GET /_matrix/client/v3/account/3pid` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3account3pid
use accounts::threepids::UserThreepid;
use endpoint::{Auth, Endpoint, Json, Method, RateClass, State, api_error, body};
use serde_json::{Value, json};

use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: v3!("/account/3pid"),
    auth: Auth::User,
    rate: RateClass::Read,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3account3pid",
    summary: "Lists the user's e-mail addresses and phone numbers.",
};

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Failed(#[from] db::Error),
}

api_error!(Error:
    Self::Failed(_) => INTERNAL,
);

pub(crate) async fn handler(State(app): State<App>, caller: Caller) -> Result<Json<Value>, Error> {
    let threepids = app.accounts.threepids(&caller.user_id).await?;
    let document = |row: &UserThreepid| {
        json!({
            "medium": row.threepid.medium().as_str(),
            "address": row.threepid.address(),
            "validated_at": row.validated_at,
            "added_at": row.added_at,
        })
    };
    Ok(Json(json!({ "threepids": threepids.iter().map(document).collect::<Vec<_>>() })))
}
