//! `POST /_longhouse/client/v1/unsubscribe`: ends mail about what somebody has not read, for whoever has one of the mails: from
//! the page that its link leads to, or from a program that reads mail (RFC 8058).
use axum::response::{IntoResponse as _, Response};
use endpoint::{Auth, Endpoint, Method, Query, RateClass, RawBody, State, body, error::INTERNAL};
use http::StatusCode;

use super::show_unsubscribe::Link;
use crate::{App, page::page};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Post,
    paths: &["/_longhouse/client/v1/unsubscribe"],
    auth: Auth::None,
    rate: RateClass::Write,
    body_bytes_max: body::SMALL,
    spec: "https://www.rfc-editor.org/rfc/rfc8058",
    summary: "Ends mail about notifications.",
};

// What is in the body says only that it is meant.
pub(crate) async fn handler(
    State(app): State<App>,
    Query(link): Query<Link>,
    RawBody(_): RawBody,
) -> Response {
    match app.push.end_mail(&link.token).await {
        Ok(true) => page(
            StatusCode::OK,
            "There will be no more mail",
            "<p>You can switch it on again in your application.</p>",
        ),
        Ok(false) => page(
            StatusCode::NOT_FOUND,
            "There is no such mail",
            "<p>It has been ended already, or switched on again since: then the latest mail has another link.</p>",
        ),
        Err(error) => INTERNAL.from_error(&error).into_response(),
    }
}
