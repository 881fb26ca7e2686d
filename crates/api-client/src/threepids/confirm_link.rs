//! `POST /_longhouse/client/v1/verify`: confirms an address by the link in a mail.
use accounts::threepids::SubmitError;
use axum::response::{IntoResponse as _, Response};
use endpoint::{Auth, Endpoint, Form, Method, RateClass, State, body, error::INTERNAL};
use html_escape::encode_safe;
use http::StatusCode;

use super::show_link::Link;
use crate::{App, page::page};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Post,
    paths: &["/_longhouse/client/v1/verify"],
    auth: Auth::None,
    rate: RateClass::Login,
    body_bytes_max: body::SMALL,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3registeremailrequesttoken",
    summary: "Confirms an address by what was in the mail to it.",
};

pub(crate) async fn handler(State(app): State<App>, Form(link): Form<Link>) -> Response {
    match app.accounts.submit_token(&link.sid, None, &link.token).await {
        Ok(submitted) => {
            let next = submitted.next_link.map_or_else(
                || "<p>Please go on in your application.</p>".to_owned(),
                |next| {
                    format!("<p><a class=\"button\" href=\"{}\">Go on</a></p>", encode_safe(&next))
                },
            );
            page(StatusCode::OK, "The address is confirmed", &next)
        }
        Err(SubmitError::Failed(error)) => INTERNAL.from_error(&error).into_response(),
        Err(SubmitError::Unknown | SubmitError::Ended | SubmitError::Wrong) => page(
            StatusCode::BAD_REQUEST,
            "The link is not valid",
            "<p>It has been used, or it has ended. Please ask for another mail.</p>",
        ),
    }
}
