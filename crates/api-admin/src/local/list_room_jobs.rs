//! `GET /_longhouse/local/v1/room_jobs`: lists what is and was done to rooms, the newest first
use endpoint::{Auth, Endpoint, Json, Method, Query, RateClass, State, body};
use serde::Deserialize;

use super::{Error, ROOM_DOCUMENTATION, room_document::Jobs};
use crate::App;

/// In the registry.
pub const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: &["/_longhouse/local/v1/room_jobs"],
    auth: Auth::Local,
    rate: RateClass::Admin,
    body_bytes_max: body::NONE,
    spec: ROOM_DOCUMENTATION,
    summary: "Lists what is and was done to rooms, the newest first.",
};

/// How many are listed at most in one answer.
const PAGE: i64 = 500;

#[derive(Deserialize)]
pub(crate) struct Page {
    /// Only numbers before this one.
    before: Option<i64>,
}

pub(crate) async fn handler(
    State(app): State<App>,
    Query(page): Query<Page>,
) -> Result<Json<Jobs>, Error> {
    let jobs = app.rooms.jobs_before(page.before.unwrap_or(i64::MAX), PAGE).await?;
    Ok(Json(Jobs { jobs: jobs.into_iter().map(Into::into).collect() }))
}
