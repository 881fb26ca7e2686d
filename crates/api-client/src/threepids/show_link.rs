//! `GET /_longhouse/client/v1/verify`: the page that the link in a mail leads to.
//!
//! It only asks: programs that look through mail follow every link in it, and none of them is to prove anything.
use axum::response::Response;
use endpoint::{Auth, Endpoint, Method, Query, RateClass, body};
use html_escape::encode_safe;
use http::StatusCode;
use serde::Deserialize;

use crate::page::page;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: &["/_longhouse/client/v1/verify"],
    auth: Auth::None,
    rate: RateClass::Read,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3registeremailrequesttoken",
    summary: "Shows the page that asks whether an address is to be confirmed.",
};

#[derive(Deserialize)]
pub(crate) struct Link {
    pub(super) sid: String,
    pub(super) token: String,
}

pub(crate) async fn handler(Query(link): Query<Link>) -> Response {
    let form = format!(
        "<p>Do you want to confirm this address?</p><form method=\"post\" action=\"verify\">\
         <input type=\"hidden\" name=\"sid\" value=\"{}\">\
         <input type=\"hidden\" name=\"token\" value=\"{}\"><button>Confirm</button></form>\
         <p>If you have not asked for this, close the page.</p>",
        encode_safe(&link.sid),
        encode_safe(&link.token)
    );
    page(StatusCode::OK, "Confirm your address", &form)
}
