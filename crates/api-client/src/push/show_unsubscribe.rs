//! `GET /_longhouse/client/v1/unsubscribe`: the page by which somebody ends mail about what they have not read.
//!
//! It only asks: programs that look through mail follow every link in it, and none of them is to end anything.
use axum::response::Response;
use endpoint::{Auth, Endpoint, Method, Query, RateClass, body};
use http::StatusCode;
use serde::Deserialize;

use crate::page::page;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: &["/_longhouse/client/v1/unsubscribe"],
    auth: Auth::None,
    rate: RateClass::Read,
    body_bytes_max: body::NONE,
    spec: "https://www.rfc-editor.org/rfc/rfc8058",
    summary: "Shows the page that asks whether mail about notifications is to end.",
};

#[derive(Deserialize)]
pub(crate) struct Link {
    pub(super) token: String,
}

/// A form without an address is sent to that of its page, which has the token in it.
const FORM: &str = "<p>Do you want no more mail about what you have not read?</p>\
                    <form method=\"post\"><button>No more mail</button></form>";

pub(crate) async fn handler(Query(_): Query<Link>) -> Response {
    page(StatusCode::OK, "Mail about what you have not read", FORM)
}
