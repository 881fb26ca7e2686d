//! `POST /_longhouse/client/v1/terms`: takes a user's agreement to what the page has shown.
use accounts::terms::AgreeError;
use axum::response::{IntoResponse as _, Response};
use endpoint::{Auth, Endpoint, Form, Method, RateClass, State, body, error::INTERNAL};
use http::StatusCode;
use serde::Deserialize;

use super::show::{Link, ask, unknown_link};
use crate::{App, page::page};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Post,
    paths: &["/_longhouse/client/v1/terms"],
    auth: Auth::None,
    rate: RateClass::Login,
    body_bytes_max: body::SMALL,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#terms-of-service-at-registration",
    summary: "Notes that a user agrees to the terms of the server.",
};

#[derive(Deserialize)]
pub(crate) struct Agreement {
    user: String,
    signature: String,
    /// What was shown.
    terms: String,
}

pub(crate) async fn handler(State(app): State<App>, Form(form): Form<Agreement>) -> Response {
    let Agreement { user, signature, terms } = form;
    match app.accounts.agree(&user, &signature, &terms).await {
        Ok(()) => page(
            StatusCode::OK,
            "Thank you",
            "<p>You have agreed. Please go on in your application.</p>",
        ),
        Err(AgreeError::Link) => unknown_link(),
        Err(AgreeError::Changed) => match app.accounts.asked(&user, &signature).await {
            // What was agreed to is no longer what counts: here is what does.
            Ok(Some(asked)) => ask(&app, &Link { user, signature }, &asked, StatusCode::CONFLICT),
            Ok(None) => unknown_link(),
            Err(error) => INTERNAL.from_error(&error).into_response(),
        },
        Err(AgreeError::Failed(error)) => INTERNAL.from_error(&error).into_response(),
    }
}
