//! User-interactive authentication on the wire ([spec]): the `auth` of a body, and the reply that asks for more.
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#user-interactive-authentication-api
use accounts::{
    LoginName,
    interactive::{Attempt, Challenge, ConfirmError, Proof, Refused, Stage},
};
use axum::response::{IntoResponse, Response};
use endpoint::{
    Failure, Json,
    error::{BAD_JSON, FORBIDDEN, INTERNAL, LIMIT_EXCEEDED},
};
use http::StatusCode;
use protocol::{Threepid, threepid::Medium};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};

use super::{identifier::Identifier, secret::Hidden};
use crate::threepids::Credentials;

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
    /// Older clients name an address so.
    medium: Option<String>,
    address: Option<String>,
    /// `threepidCreds` is what clients wrote before the specification had it; some send both.
    threepid_creds: Option<Credentials>,
    #[serde(rename = "threepidCreds")]
    old_threepid_creds: Option<Credentials>,
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
        let session = auth.session.clone();
        Self { session, proof: auth.r#type.clone().map(|kind| auth.into_proof(&kind)) }
    }
}

impl Auth {
    fn into_proof(self, kind: &str) -> Proof {
        let credentials = self.threepid_creds.or(self.old_threepid_creds);
        match kind {
            "m.login.password" => {
                let old_address = self.medium.zip(self.address).and_then(|(medium, address)| {
                    Threepid::parse(&medium, &address).ok().map(LoginName::Threepid)
                });
                // Whoever is named in a way that we do not understand is not taken for the one who asks.
                let user = match self.identifier {
                    Some(identifier) => match identifier.into_login_name() {
                        Some(name) => Some(name),
                        None => return Proof::Unknown,
                    },
                    None => self.user.map(LoginName::User).or(old_address),
                };
                self.password.map_or(Proof::Unknown, |password| Proof::Password {
                    user,
                    password: password.into(),
                })
            }
            "m.login.registration_token" => {
                self.token.map_or(Proof::Unknown, |token| Proof::RegistrationToken(token.into()))
            }
            "m.login.email.identity" => credentials.map_or(Proof::Unknown, |credentials| {
                Proof::Threepid(Medium::Email, credentials.into())
            }),
            "m.login.msisdn" => credentials.map_or(Proof::Unknown, |credentials| {
                Proof::Threepid(Medium::Msisdn, credentials.into())
            }),
            "m.login.terms" => Proof::Terms,
            "m.login.dummy" => Proof::Dummy,
            _ => Proof::Unknown,
        }
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
        "params": challenge.params,
        "completed": names(&challenge.completed),
    });
    if let (Some(refused), Some(fields)) = (challenge.refused, document.as_object_mut()) {
        let errcode = match refused {
            Refused::WrongPassword => "M_FORBIDDEN",
            Refused::WrongToken | Refused::NotProven => "M_UNAUTHORIZED",
            Refused::UnknownStage => "M_UNRECOGNIZED",
            Refused::UnknownSession => "M_UNKNOWN",
        };
        fields.insert("errcode".to_owned(), errcode.into());
        fields.insert("error".to_owned(), refused.to_string().into());
    }
    document
}
