//! `POST /_matrix/client/v3/keys/signatures/upload` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3keyssignaturesupload
use encryption::signatures::{
    SignatureFailure, SignatureFailures, SignaturesError, SignaturesUpload,
};
use endpoint::{Auth, Endpoint, Json, Method, RateClass, State, api_error, body};
use serde_json::{Map, Value, json};

use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Post,
    paths: v3!("/keys/signatures/upload"),
    auth: Auth::User,
    rate: RateClass::Write,
    body_bytes_max: body::LARGE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3keyssignaturesupload",
    summary: "Publishes signatures that the caller made on keys of devices and users.",
};

#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(crate) struct Error(#[from] SignaturesError);

api_error!(Error:
    Self(SignaturesError::TooMany) => TOO_LARGE,
    Self(SignaturesError::Database(_)) => INTERNAL,
);

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<SignaturesUpload>,
) -> Result<Json<Value>, Error> {
    let (user, user_id) = (caller.user_num, &caller.user_id);
    let failures = app.encryption.upload_signatures(user, user_id, body).await?;
    Ok(Json(json!({ "failures": document(failures) })))
}

fn document(failures: SignatureFailures) -> Map<String, Value> {
    let of_user = |failures: std::collections::BTreeMap<String, SignatureFailure>| -> Value {
        let one = |(key, failure): (String, SignatureFailure)| {
            (key, json!({ "errcode": errcode(&failure), "error": failure.to_string() }))
        };
        failures.into_iter().map(one).collect::<Map<_, _>>().into()
    };
    failures
        .into_iter()
        .map(|(user_id, failures)| (user_id.to_string(), of_user(failures)))
        .collect()
}

fn errcode(failure: &SignatureFailure) -> &'static str {
    match failure {
        SignatureFailure::UnknownKey | SignatureFailure::UnknownSigner => "M_NOT_FOUND",
        SignatureFailure::Different | SignatureFailure::Key(_) => "M_INVALID_PARAM",
        SignatureFailure::BadSignature => "M_INVALID_SIGNATURE",
    }
}
