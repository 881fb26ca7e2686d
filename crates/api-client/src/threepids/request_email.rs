//! What the three endpoints have in common by which a mail is asked for ([spec]).
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3registeremailrequesttoken
use accounts::threepids::{Purpose, VerificationRequest};
use endpoint::{Failure, Json, error::INVALID_PARAM};
use protocol::Threepid;
use serde::Deserialize;
use serde_json::{Value, json};

use super::error::not_requested;
use crate::{App, accounts::Hidden};

/// What clients send. An identity server that they name is passed over, as the specification has it: we write the mail.
#[derive(Deserialize)]
pub(crate) struct Body {
    client_secret: Hidden,
    email: String,
    send_attempt: i64,
    next_link: Option<String>,
}

/// Asks for the mail.
pub(super) async fn request(
    app: &App,
    purpose: Purpose,
    body: Body,
) -> Result<Json<Value>, Failure> {
    let threepid = Threepid::email(&body.email);
    let threepid = threepid.map_err(|error| INVALID_PARAM.from_error(&error))?;
    let request = VerificationRequest {
        purpose,
        threepid,
        client_secret: body.client_secret.into(),
        send_attempt: body.send_attempt,
        next_link: body.next_link,
    };
    let requested = app.accounts.request_verification(request).await;
    let requested = requested.map_err(|error| not_requested(&error))?;
    // Without a `submit_url`: the link in the mail is followed, nothing is typed.
    Ok(Json(json!({ "sid": requested.sid })))
}
