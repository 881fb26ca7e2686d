//! `POST /_longhouse/client/v1/account_validity/send_mail`: sends the user a mail that renews their account.
use accounts::validity::RenewalMailError;
use endpoint::{
    Auth, Endpoint, Failure, Json, Method, RateClass, State, body,
    error::{INTERNAL, NOT_FOUND, THREEPID_NOT_FOUND, UNAVAILABLE},
};
use serde_json::{Value, json};

use super::SPEC;
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Post,
    paths: &[
        "/_longhouse/client/v1/account_validity/send_mail",
        "/_matrix/client/unstable/account_validity/send_mail",
    ],
    auth: Auth::Expired,
    rate: RateClass::Verify,
    body_bytes_max: body::SMALL,
    spec: SPEC,
    summary: "Sends the user a mail that renews their account.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
) -> Result<Json<Value>, Failure> {
    app.accounts.request_renewal_mail(&caller).await.map_err(|error| refused(&error))?;
    Ok(Json(json!({})))
}

fn refused(error: &RenewalMailError) -> Failure {
    let kind = match error {
        RenewalMailError::TooOften { retry_after_ms } => {
            return Failure::rate_limited(*retry_after_ms);
        }
        RenewalMailError::Endless => NOT_FOUND,
        RenewalMailError::NoAddress => THREEPID_NOT_FOUND,
        RenewalMailError::Unsent => UNAVAILABLE,
        RenewalMailError::Failed(_) => INTERNAL,
    };
    kind.from_error(error)
}
