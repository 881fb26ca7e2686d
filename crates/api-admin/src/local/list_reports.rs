//! `GET /_longhouse/local/v1/reports`: what users have reported
use endpoint::{Auth, Endpoint, Json, Method, Query, RateClass, State, body};
use serde::Deserialize;

use super::{Error, document::Reports};
use crate::App;

/// In the registry.
pub const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: &["/_longhouse/local/v1/reports"],
    auth: Auth::Local,
    rate: RateClass::Admin,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#reporting-content",
    summary: "Lists what users have reported, the oldest first.",
};

/// How many reports are listed at most in one answer.
const PAGE: i64 = 1_000;

#[derive(Deserialize)]
pub(crate) struct Page {
    /// Only reports behind this one.
    #[serde(default)]
    after: i64,
}

pub(crate) async fn handler(
    State(app): State<App>,
    Query(page): Query<Page>,
) -> Result<Json<Reports>, Error> {
    let reports = app.moderation.reports(page.after, PAGE).await?;
    Ok(Json(Reports { reports: reports.into_iter().map(Into::into).collect() }))
}
