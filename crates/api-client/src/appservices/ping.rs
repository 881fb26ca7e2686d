//! `POST /_matrix/client/v1/appservice/{appservice}/ping` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/application-service-api/#post_matrixclientv1appserviceappserviceidping
use appservices::PingError;
use endpoint::{
    Auth, Endpoint, Failure, Json, JsonOrEmpty, Method, Path, RateClass, State, body,
    error::{BAD_STATUS, CONNECTION_FAILED, CONNECTION_TIMEOUT, FORBIDDEN, URL_NOT_SET},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Post,
    paths: &[
        "/_matrix/client/v1/appservice/{appservice}/ping",
        "/_matrix/client/unstable/fi.mau.msc2659/appservice/{appservice}/ping",
    ],
    auth: Auth::User,
    rate: RateClass::Write,
    body_bytes_max: body::SMALL,
    spec: "https://spec.matrix.org/v1.16/application-service-api/#post_matrixclientv1appserviceappserviceidping",
    summary: "Tells an application service whether this server reaches it.",
};

#[derive(Default, Deserialize)]
pub(crate) struct Body {
    transaction_id: Option<String>,
}

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Path(appservice): Path<String>,
    JsonOrEmpty(body): JsonOrEmpty<Body>,
) -> Result<Json<Value>, Failure> {
    let ping = app.appservices.ping(&caller, &appservice, body.transaction_id.as_deref());
    let took = ping.await.map_err(failure)?;
    Ok(Json(json!({ "duration_ms": u64::try_from(took.as_millis()).unwrap_or(u64::MAX) })))
}

fn failure(error: PingError) -> Failure {
    let kind = match &error {
        PingError::NotItself => FORBIDDEN,
        PingError::NoUrl => URL_NOT_SET,
        PingError::Status { .. } => BAD_STATUS,
        PingError::Timeout => CONNECTION_TIMEOUT,
        PingError::Failed(_) => CONNECTION_FAILED,
    };
    let failure = kind.from_error(&error);
    match error {
        PingError::Status { status, body } => {
            failure.with("status", status.as_u16()).with("body", body)
        }
        _ => failure,
    }
}
