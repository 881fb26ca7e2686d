//! `POST /_matrix/client/v3/account/3pid/delete` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3account3piddelete
use endpoint::{Auth, Endpoint, Json, Method, RateClass, State, body};
use protocol::Threepid;
use serde::Deserialize;
use serde_json::{Value, json};

use super::error::Error;
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Post,
    paths: &[
        "/_matrix/client/v3/account/3pid/delete",
        "/_matrix/client/r0/account/3pid/delete",
        "/_matrix/client/unstable/account/3pid/delete",
    ],
    auth: Auth::User,
    rate: RateClass::Write,
    body_bytes_max: body::SMALL,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3account3piddelete",
    summary: "Removes an address from the account.",
};

#[derive(Deserialize)]
pub(crate) struct Body {
    medium: String,
    address: String,
}

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<Body>,
) -> Result<Json<Value>, Error> {
    let threepid = Threepid::parse(&body.medium, &body.address)?;
    app.accounts.delete_threepid(&caller, &threepid).await?;
    // We have bound it to the user at no identity server.
    Ok(Json(json!({ "id_server_unbind_result": "no-support" })))
}
