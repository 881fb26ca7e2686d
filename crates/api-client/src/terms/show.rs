//! `GET /_longhouse/client/v1/terms`: the page on which a user reads what there is to agree to.
//!
//! It only asks: programs that look through messages follow every link in them.
use std::fmt::Write as _;

use accounts::terms::{Asked, Terms};
use axum::response::{IntoResponse as _, Response};
use endpoint::{Auth, Endpoint, Method, Query, RateClass, State, body, error::INTERNAL};
use html_escape::encode_safe;
use http::StatusCode;
use serde::Deserialize;

use crate::{App, page::page};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: &["/_longhouse/client/v1/terms"],
    auth: Auth::None,
    rate: RateClass::Read,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#terms-of-service-at-registration",
    summary: "Shows a user the terms of the server, and asks whether they agree.",
};

#[derive(Deserialize)]
pub(crate) struct Link {
    pub(super) user: String,
    pub(super) signature: String,
}

pub(crate) async fn handler(State(app): State<App>, Query(link): Query<Link>) -> Response {
    let asked = match app.accounts.asked(&link.user, &link.signature).await {
        Ok(asked) => asked,
        Err(error) => return INTERNAL.from_error(&error).into_response(),
    };
    match asked {
        Some(asked) => ask(&app, &link, &asked, StatusCode::OK),
        None => unknown_link(),
    }
}

/// The documents, and the question unless it was answered.
pub(super) fn ask(app: &App, link: &Link, asked: &Asked, status: StatusCode) -> Response {
    let terms = &app.accounts.settings().terms;
    let documents = list(terms);
    let question = if asked.has_agreed {
        "<p>You have agreed to this.</p>".to_owned()
    } else {
        format!(
            "<p>Do you, {}, agree to this?</p><form method=\"post\" action=\"terms\">\
             <input type=\"hidden\" name=\"user\" value=\"{}\">\
             <input type=\"hidden\" name=\"signature\" value=\"{}\">\
             <input type=\"hidden\" name=\"terms\" value=\"{}\"><button>I agree</button></form>",
            encode_safe(asked.user.name.as_str()),
            encode_safe(&link.user),
            encode_safe(&link.signature),
            encode_safe(terms.name())
        )
    };
    let title = format!("Terms of {}", app.accounts.server_name());
    page(status, &title, &format!("{documents}{question}"))
}

pub(super) fn unknown_link() -> Response {
    let why = "<p>It is not whole. Please copy all of it.</p>";
    page(StatusCode::BAD_REQUEST, "The link is not valid", why)
}

fn list(terms: &Terms) -> String {
    if terms.is_empty() {
        return "<p>There is nothing to agree to.</p>".to_owned();
    }
    let mut list = String::from("<ul>");
    for policy in terms.policies() {
        // Writing to a string does not fail.
        let _ = write!(
            list,
            "<li lang=\"{}\"><a href=\"{}\" target=\"_blank\" rel=\"noopener noreferrer\">{}</a> ({}, {})</li>",
            encode_safe(&policy.language),
            encode_safe(&policy.url),
            encode_safe(&policy.name),
            encode_safe(&policy.version),
            encode_safe(&policy.language)
        );
    }
    list + "</ul>"
}
