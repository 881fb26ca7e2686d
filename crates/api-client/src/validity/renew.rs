//! `POST /_longhouse/client/v1/account_validity/renew`: renews an account by the link in a mail.
use accounts::validity::RenewError;
use axum::response::{IntoResponse as _, Response};
use endpoint::{Auth, Endpoint, Form, Method, RateClass, State, body, error::INTERNAL};
use http::StatusCode;

use super::{RENEW, SPEC, show_renewal::Link};
use crate::{App, page::page};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Post,
    paths: RENEW,
    auth: Auth::None,
    rate: RateClass::Login,
    body_bytes_max: body::SMALL,
    spec: SPEC,
    summary: "Renews an account by what was in a mail.",
};

pub(crate) async fn handler(State(app): State<App>, Form(link): Form<Link>) -> Response {
    match app.accounts.renew_by_link(&link.token).await {
        Ok(_) => page(
            StatusCode::OK,
            "Your account is renewed",
            "<p>Please go on in your application.</p>",
        ),
        Err(RenewError::Failed(error)) => INTERNAL.from_error(&error).into_response(),
        Err(RenewError::Off | RenewError::Link | RenewError::Account(_)) => page(
            StatusCode::BAD_REQUEST,
            "The link is not valid",
            "<p>It has been used, or there is a newer mail. If your account has ended, please ask those who run the server.</p>",
        ),
    }
}
