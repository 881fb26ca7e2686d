//! `GET /_matrix/client/v3/user/{user}/filter/{filter}` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3useruseridfilterfilterid
use endpoint::{
    Auth, Endpoint, Failure, Method, Path, RateClass, RawJson, State, body,
    error::{FORBIDDEN, INTERNAL, NOT_FOUND},
};
use protocol::ids::OwnedUserId;

use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: v3!("/user/{user}/filter/{filter}"),
    auth: Auth::Guest,
    rate: RateClass::Read,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3useruseridfilterfilterid",
    summary: "Shows a filter that was kept.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Path((user, filter)): Path<(OwnedUserId, String)>,
) -> Result<RawJson, Failure> {
    if caller.0.user_id != user {
        return Err(FORBIDDEN.because("You can only see filters of your own"));
    }
    let found = app.accounts.filter(caller.0.user_num, &filter).await;
    let found = found.map_err(|error| INTERNAL.from_error(&error))?;
    let filter = found.ok_or_else(|| NOT_FOUND.because("You have no filter with this id"))?;
    Ok(RawJson(filter.into()))
}
