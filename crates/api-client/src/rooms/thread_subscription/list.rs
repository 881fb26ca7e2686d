//! `GET /_matrix/client/unstable/io.element.msc4308/thread_subscriptions` ([MSC4308])
//!
//! [MSC4308]: https://github.com/matrix-org/matrix-spec-proposals/pull/4308
use endpoint::{
    Auth, Endpoint, Failure, Json, Method, RateClass, State, body, error::INVALID_PARAM,
};
use serde::{Deserialize, Serialize};
use sync::ThreadSubscriptions;

use super::super::{
    error::Error,
    token::{position, token},
};
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: &["/_matrix/client/unstable/io.element.msc4308/thread_subscriptions"],
    auth: Auth::User,
    rate: RateClass::Read,
    body_bytes_max: body::NONE,
    spec: "https://github.com/matrix-org/matrix-spec-proposals/pull/4308",
    summary: "Lists the user's subscriptions to threads, those that changed last first.",
};

#[derive(Deserialize)]
pub(crate) struct Query {
    dir: Direction,
    /// Where the last page has ended, or the `prev_batch` of a sliding sync.
    from: Option<String>,
    /// Nothing that was there at this `pos`.
    to: Option<String>,
    limit: Option<u32>,
}

/// There is one way: backwards.
#[derive(Deserialize)]
enum Direction {
    #[serde(rename = "b")]
    Backward,
}

#[derive(Serialize)]
pub(crate) struct Reply {
    #[serde(flatten)]
    subscriptions: ThreadSubscriptions,
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<String>,
}

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    endpoint::Query(query): endpoint::Query<Query>,
) -> Result<Json<Reply>, Failure> {
    let Query { dir: Direction::Backward, from, to, limit } = query;
    if limit == Some(0) {
        return Err(INVALID_PARAM.because("limit is not positive"));
    }
    let after = to.map_or(Ok(i64::MIN), |to| position(&app, &to))?;
    let until = from.map_or(Ok(i64::MAX), |from| position(&app, &from))?;
    let limit = limit.unwrap_or(ThreadSubscriptions::LIMIT).min(ThreadSubscriptions::LIMIT_MAX);
    let page = app.sync.thread_subscriptions(caller.user_num, (after, until), limit).await;
    let (subscriptions, rest) = page.map_err(|error| Error::from(rooms::Error::from(error)))?;
    Ok(Json(Reply { subscriptions, end: rest.map(|rest| token(&app, rest)) }))
}
