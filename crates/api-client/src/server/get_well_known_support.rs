//! `GET /.well-known/matrix/support` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#getwell-knownmatrixsupport
use axum::response::{IntoResponse, Response};
use endpoint::{Auth, Endpoint, Failure, Json, Method, RateClass, State, body, error::NOT_FOUND};
use http::header::CACHE_CONTROL;
use serde::Serialize;

use crate::App;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: &["/.well-known/matrix/support"],
    auth: Auth::None,
    rate: RateClass::Unlimited,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#getwell-knownmatrixsupport",
    summary: "Tells people whom they can ask about this server.",
};

#[derive(Serialize)]
struct Reply<'a> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    contacts: Vec<Contact<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    support_page: Option<&'a str>,
}

#[derive(Serialize)]
struct Contact<'a> {
    role: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    matrix_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email_address: Option<&'a str>,
}

pub(crate) async fn handler(State(app): State<App>) -> Result<Response, Failure> {
    let support = &app.settings.support;
    let contact = Contact {
        role: "m.role.admin",
        matrix_id: support.matrix_id.as_deref(),
        email_address: support.email.as_deref(),
    };
    let is_named = contact.matrix_id.is_some() || contact.email_address.is_some();
    if !is_named && support.page.is_none() {
        return Err(NOT_FOUND.because("No contact has been configured"));
    }
    let contacts = if is_named { vec![contact] } else { Vec::new() };
    let reply = Json(Reply { contacts, support_page: support.page.as_deref() });
    Ok(([(CACHE_CONTROL, "public, max-age=3600")], reply).into_response())
}
