//! `GET /_matrix/client/v3/joined_rooms` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3joined_rooms
use endpoint::{Auth, Endpoint, Json, Method, RateClass, State, body};
use serde_json::{Value, json};

use super::error::Error;
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: v3!("/joined_rooms"),
    auth: Auth::Guest,
    rate: RateClass::Read,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3joined_rooms",
    summary: "Lists the rooms that the user is joined to.",
};

pub(crate) async fn handler(State(app): State<App>, caller: Caller) -> Result<Json<Value>, Error> {
    let rooms = app.rooms.joined_rooms(&caller.user_id).await?;
    Ok(Json(json!({ "joined_rooms": rooms })))
}
