//! User-interactive authentication on the wire ([spec]): the `auth` of a body, and the reply that asks for more.
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#user-interactive-authentication-api
use accounts::interactive::{Attempt, Challenge, ConfirmError, Proof, Refused, Stage};
use axum::response::{IntoResponse, Response};
use endpoint::{
    Failure, Json,
    error::{BAD_JSON, FORBIDDEN, INTERNAL, LIMIT_EXCEEDED},
};
use http::StatusCode;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};

use super::{identifier::Identifier, secret::Hidden};

/// The body of a request that is to be confirmed.
pub(crate) struct Interactive<T> {
    /// What the endpoint reads.
    pub(crate) body: T,
    /// The same as it came, without `auth`: what the confirmation is for.
    pub(crate) request: Value,
    /// What the client proves.
    pub(crate) attempt: Option<Attempt>,
}

#[derive(Deserialize)]
struct Auth {
    r#type: Option<String>,
    session: Option<String>,
    identifier: Option<Identifier>,
    /// Older clients name the user here.
    user: Option<String>,
    password: Option<Hidden>,
    token: Option<Hidden>,
}

impl<T: DeserializeOwned> Interactive<T> {
    /// # Errors
    /// 400 `M_BAD_JSON` when the body or its `auth` is not of the expected form.
    pub(crate) fn read(mut body: Map<String, Value>) -> Result<Self, Failure> {
        let attempt = match body.remove("auth") {
            None | Some(Value::Null) => None,
            Some(auth) => {
                let auth: Auth = serde_json::from_value(auth)
                    .map_err(|error| BAD_JSON.because(format!("auth: {error}")))?;
                Some(auth.into())
            }
        };
        let request = Value::Object(body);
        let body = T::deserialize(&request).map_err(|error| BAD_JSON.because(error.to_string()))?;
        Ok(Self { body, request, attempt })
    }
}

impl From<Auth> for Attempt {
    fn from(auth: Auth) -> Self {
        let user = auth.identifier.and_then(Identifier::into_user).or(auth.user);
        let proof = auth.r#type.map(|kind| match (kind.as_str(), auth.password, auth.token) {
            ("m.login.password", Some(password), _) => {
                Proof::Password { user, password: password.into() }
            }
            ("m.login.registration_token", _, Some(token)) => {
                Proof::RegistrationToken(token.into())
            }
            ("m.login.dummy", _, _) => Proof::Dummy,
            _ => Proof::Unknown,
        });
        Self { session: auth.session, proof }
    }
}

/// Why a request that is to be confirmed does not go through.
#[derive(Debug)]
pub(crate) enum Interrupted {
    /// More is to be proved.
    Challenge(Box<Challenge>),
    /// It was refused.
    Failure(Failure),
}

impl From<Failure> for Interrupted {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl From<ConfirmError> for Interrupted {
    fn from(error: ConfirmError) -> Self {
        let kind = match error {
            ConfirmError::Challenge(challenge) => return Self::Challenge(challenge),
            ConfirmError::RequestChanged => FORBIDDEN,
            ConfirmError::Busy => LIMIT_EXCEEDED,
            ConfirmError::Broken(_) | ConfirmError::Failed(_) => INTERNAL,
        };
        Self::Failure(kind.from_error(&error))
    }
}

impl IntoResponse for Interrupted {
    fn into_response(self) -> Response {
        match self {
            Self::Challenge(challenge) => {
                (StatusCode::UNAUTHORIZED, Json(document(&challenge))).into_response()
            }
            Self::Failure(failure) => failure.into_response(),
        }
    }
}

fn document(challenge: &Challenge) -> Value {
    let names = |stages: &[Stage]| stages.iter().map(|stage| stage.as_str()).collect::<Vec<_>>();
    let flows: Vec<_> =
        challenge.flows.iter().map(|flow| json!({ "stages": names(flow) })).collect();
    let mut document = json!({
        "session": challenge.session,
        "flows": flows,
        "params": {},
        "completed": names(&challenge.completed),
    });
    if let (Some(refused), Some(fields)) = (challenge.refused, document.as_object_mut()) {
        let errcode = match refused {
            Refused::WrongPassword => "M_FORBIDDEN",
            Refused::WrongToken => "M_UNAUTHORIZED",
            Refused::UnknownStage => "M_UNRECOGNIZED",
            Refused::UnknownSession => "M_UNKNOWN",
        };
        fields.insert("errcode".to_owned(), errcode.into());
        fields.insert("error".to_owned(), refused.to_string().into());
    }
    document
}
