//! `POST /_matrix/client/v3/logout/all` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3logoutall
use endpoint::{Auth, Endpoint, Json, Method, RateClass, State, api_error, body};
use serde_json::{Value, json};

use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Post,
    paths: v3!("/logout/all"),
    auth: Auth::Locked,
    rate: RateClass::Write,
    body_bytes_max: body::SMALL,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3logoutall",
    summary: "Ends all sessions of the user and removes all their devices.",
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
    app.accounts.logout_all(&caller.0).await?;
    Ok(Json(json!({})))
}
