//! `POST /_longhouse/client/v1/submit_token`: takes the code that was sent to a phone. It is the `submit_url` of the answers that
//! have one, and asks and answers as an identity server does ([spec]).
//!
//! [spec]: https://spec.matrix.org/v1.16/identity-service-api/#post_matrixidentityv2validatemsisdnsubmittoken
use accounts::threepids::SubmitError;
use config::Secret;
use endpoint::{Auth, Endpoint, Json, Method, RateClass, State, api_error, body};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{App, accounts::Hidden};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Post,
    paths: &["/_longhouse/client/v1/submit_token"],
    auth: Auth::None,
    rate: RateClass::Login,
    body_bytes_max: body::SMALL,
    spec: "https://spec.matrix.org/v1.16/identity-service-api/#post_matrixidentityv2validatemsisdnsubmittoken",
    summary: "Takes the code that was sent to a phone.",
};

#[derive(Deserialize)]
pub(crate) struct Body {
    sid: String,
    client_secret: Hidden,
    token: Hidden,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Submit(#[from] SubmitError),
}

api_error!(Error:
    Self::Submit(SubmitError::Unknown) => NO_VALID_SESSION,
    Self::Submit(SubmitError::Ended) => SESSION_EXPIRED,
    Self::Submit(SubmitError::Wrong) => TOKEN_INCORRECT,
    Self::Submit(SubmitError::Failed(_)) => INTERNAL,
);

pub(crate) async fn handler(
    State(app): State<App>,
    Json(body): Json<Body>,
) -> Result<Json<Value>, Error> {
    let (secret, token): (Secret, Secret) = (body.client_secret.into(), body.token.into());
    app.accounts.submit_token(&body.sid, Some(&secret), token.expose().trim()).await?;
    Ok(Json(json!({ "success": true })))
}
