//! `POST /_longhouse/local/v1/email/test`: tries whether mail arrives
use endpoint::{Auth, Endpoint, Json, Method, RateClass, State, api_error, body};
use mail::{Kind, Letter, SendError};
use protocol::{Threepid, threepid::ThreepidError};

use super::document::{Mailed, TestMail};
use crate::App;

/// In the registry.
pub const ENDPOINT: Endpoint = Endpoint {
    method: Method::Post,
    paths: &["/_longhouse/local/v1/email/test"],
    auth: Auth::Local,
    rate: RateClass::Admin,
    body_bytes_max: body::SMALL,
    spec: "https://www.rfc-editor.org/rfc/rfc5321",
    summary: "Sends a test mail, and tells what the SMTP server says.",
};

/// Why no mail was sent.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No mail can be sent.
    #[error("no mail can be sent: email.host and email.from are not set")]
    Off,
    /// It is no address.
    #[error(transparent)]
    Address(#[from] ThreepidError),
    /// The mail was not taken.
    #[error(transparent)]
    Send(#[from] SendError),
}

api_error!(Error:
    Self::Off => NOT_FOUND,
    Self::Address(_) | Self::Send(SendError::Address(_)) => INVALID_PARAM,
    Self::Send(
        SendError::Template(_)
            | SendError::Form(_)
            | SendError::Timeout { .. }
            | SendError::Refused { .. },
    ) => CONNECTION_FAILED,
);

pub(crate) async fn handler(
    State(app): State<App>,
    Json(body): Json<TestMail>,
) -> Result<Json<Mailed>, Error> {
    let mail = app.mail.as_ref().ok_or(Error::Off)?;
    let threepid = Threepid::email(&body.address)?;
    mail.send(threepid.address(), &Letter::new(Kind::Test)).await?;
    Ok(Json(Mailed { address: threepid.address().to_owned() }))
}
