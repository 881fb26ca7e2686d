//! `GET /_longhouse/client/v1/account_validity/renew`: the page that the link of a mail about the end of an account leads to.
//!
//! It only asks: programs that look through mail follow every link in it.
use axum::response::Response;
use endpoint::{Auth, Endpoint, Method, Query, RateClass, body};
use html_escape::encode_safe;
use http::StatusCode;
use serde::Deserialize;

use super::{RENEW, SPEC};
use crate::page::page;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: RENEW,
    auth: Auth::None,
    rate: RateClass::Read,
    body_bytes_max: body::NONE,
    spec: SPEC,
    summary: "Shows the page that asks whether an account is to be renewed.",
};

#[derive(Deserialize)]
pub(crate) struct Link {
    pub(super) token: String,
}

pub(crate) async fn handler(Query(link): Query<Link>) -> Response {
    let form = format!(
        "<p>Do you still want your account?</p><form method=\"post\" action=\"renew\">\
         <input type=\"hidden\" name=\"token\" value=\"{}\"><button>Renew it</button></form>",
        encode_safe(&link.token)
    );
    page(StatusCode::OK, "Renew your account", &form)
}
