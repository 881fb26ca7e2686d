//! `GET /_longhouse/local/v1/users`: the accounts
use accounts::administration::UserQuery;
use endpoint::{Auth, Endpoint, Json, Method, Query, RateClass, State, body};
use serde::Deserialize;

use super::{DOCUMENTATION, Error, document::Users};
use crate::App;

/// In the registry.
pub const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: &["/_longhouse/local/v1/users"],
    auth: Auth::Local,
    rate: RateClass::Admin,
    body_bytes_max: body::NONE,
    spec: DOCUMENTATION,
    summary: "Lists accounts in order of their ids.",
};

/// How many accounts are listed at most in one answer.
const PAGE: i64 = 1_000;

#[derive(Deserialize)]
pub(crate) struct Page {
    /// Only ids behind this one.
    #[serde(default)]
    after: String,
    /// Whether closed accounts are listed too.
    #[serde(default)]
    deactivated: bool,
    /// Whether only those are listed who have not agreed to the present terms, and have to.
    #[serde(default)]
    not_agreed: bool,
}

pub(crate) async fn handler(
    State(app): State<App>,
    Query(page): Query<Page>,
) -> Result<Json<Users>, Error> {
    if page.not_agreed {
        let users = app.accounts.list_not_agreed(&page.after, PAGE).await?;
        return Ok(Json(Users { users: users.into_iter().map(Into::into).collect() }));
    }
    let query = UserQuery {
        after: page.after,
        part: String::new(),
        deactivated: page.deactivated,
        limit: PAGE,
    };
    let users = app.accounts.list_users(&query).await?;
    Ok(Json(Users { users: users.into_iter().map(Into::into).collect() }))
}
