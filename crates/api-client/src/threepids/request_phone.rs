//! What the three endpoints have in common by which a text message is asked for ([spec]).
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3registermsisdnrequesttoken
use accounts::threepids::{Purpose, VerificationRequest};
use endpoint::{Failure, Json, error::INVALID_PARAM};
use protocol::Threepid;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{error::not_requested, submit_code};
use crate::{App, accounts::Hidden};

/// What clients send. An identity server that they name is passed over, as the specification has it: we write the message.
#[derive(Deserialize)]
pub(crate) struct Body {
    client_secret: Hidden,
    country: String,
    phone_number: String,
    send_attempt: i64,
    next_link: Option<String>,
}

/// Asks for the message.
pub(super) async fn request(
    app: &App,
    purpose: Purpose,
    body: Body,
) -> Result<Json<Value>, Failure> {
    let threepid = Threepid::phone(&body.country, &body.phone_number);
    let threepid = threepid.map_err(|error| INVALID_PARAM.from_error(&error))?;
    let msisdn = threepid.address().to_owned();
    let request = VerificationRequest {
        purpose,
        threepid,
        client_secret: body.client_secret.into(),
        send_attempt: body.send_attempt,
        next_link: body.next_link,
    };
    let requested = app.accounts.request_verification(request).await;
    let sid = requested.map_err(|error| not_requested(&error))?.sid;
    let submit_url = format!("{}{}", app.settings.client_url, submit_code::ENDPOINT.path());
    // Element shows the number as we have understood it.
    let shown = format!("+{msisdn}");
    Ok(Json(json!({ "sid": sid, "submit_url": submit_url, "msisdn": msisdn, "intl_fmt": shown })))
}
