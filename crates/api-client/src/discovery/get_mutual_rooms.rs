//! `GET /_matrix/client/v1/mutual_rooms` ([spec])
//!
//! [spec]: https://spec.matrix.org/unstable/client-server-api/#get_matrixclientv1mutual_rooms
use endpoint::{
    Auth, Endpoint, Failure, Json, Method, RateClass, State, body, error::INVALID_PARAM,
};
use protocol::ids::{OwnedRoomId, OwnedUserId};
use serde::{Deserialize, Serialize};

use crate::{App, Caller, rooms::error::Error};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: &[
        "/_matrix/client/v1/mutual_rooms",
        "/_matrix/client/unstable/uk.half-shot.msc2666/user/mutual_rooms",
    ],
    auth: Auth::User,
    rate: RateClass::Search,
    body_bytes_max: body::NONE,
    spec: "https://github.com/matrix-org/matrix-spec-proposals/pull/2666",
    summary: "Lists the rooms that the user and another one are both in.",
};

/// How many rooms a page has at most.
const PAGE: usize = 500;

#[derive(Deserialize)]
pub(crate) struct Query {
    user_id: OwnedUserId,
    from: Option<String>,
    /// COMPAT(MSC2666): as clients of the unstable path call it.
    batch_token: Option<String>,
}

#[derive(Serialize)]
pub(crate) struct Reply {
    joined: Vec<OwnedRoomId>,
    count: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_batch: Option<String>,
    /// COMPAT(MSC2666): as clients of the unstable path call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_batch_token: Option<String>,
}

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    endpoint::Query(query): endpoint::Query<Query>,
) -> Result<Json<Reply>, Failure> {
    if query.user_id == caller.user_id {
        return Err(INVALID_PARAM.because("You share every room with yourself"));
    }
    let from = query.from.or(query.batch_token).map(|from| from.parse::<u32>()).transpose();
    let from = from.map_err(|_| INVALID_PARAM.because("from is not a token of this list"))?;
    let from = from.unwrap_or(0) as usize;
    let mutual = app.rooms.mutual_rooms(caller.user_num, &query.user_id).await;
    let mutual = mutual.map_err(Error::from)?;
    let count = mutual.len();
    let end = from.saturating_add(PAGE);
    let next_batch = (end < count).then(|| end.to_string());
    let joined = mutual.into_iter().skip(from).take(PAGE).collect();
    Ok(Json(Reply { joined, count, next_batch_token: next_batch.clone(), next_batch }))
}
