//! The stages of user-interactive authentication ([spec]).
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#authentication-types
use config::Secret;
use protocol::threepid::Medium;

use crate::{LoginName, threepids::ThreepidCredentials};

/// One thing to prove.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// That one knows the password.
    Password,
    /// That one has a registration token.
    RegistrationToken,
    /// That one reads what is sent to an e-mail address.
    EmailIdentity,
    /// That one reads what is sent to a phone number.
    Msisdn,
    /// That one agrees to the server's terms.
    Terms,
    /// Nothing.
    Dummy,
}

impl Stage {
    /// As the protocol calls it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Password => "m.login.password",
            Self::RegistrationToken => "m.login.registration_token",
            Self::EmailIdentity => "m.login.email.identity",
            Self::Msisdn => "m.login.msisdn",
            Self::Terms => "m.login.terms",
            Self::Dummy => "m.login.dummy",
        }
    }
}

/// What a client sends to prove something.
#[derive(Debug, Default)]
pub struct Attempt {
    /// The session that is continued; without it a new one begins.
    pub session: Option<String>,
    /// The proof; without it the client only asks how far it is.
    pub proof: Option<Proof>,
}

/// A proof.
#[derive(Debug)]
pub enum Proof {
    /// A password.
    Password {
        /// Whose. Without it, that of the user who is asking.
        user: Option<LoginName>,
        /// The password.
        password: Secret,
    },
    /// A registration token.
    RegistrationToken(Secret),
    /// That one reads what is sent to an address of this kind.
    Threepid(Medium, ThreepidCredentials),
    /// That one agrees to the terms.
    Terms,
    /// Nothing.
    Dummy,
    /// A type that this server does not have, or has not with these fields.
    Unknown,
}

impl Proof {
    /// The stage that it is a proof for.
    #[must_use]
    pub fn stage(&self) -> Option<Stage> {
        match self {
            Self::Password { .. } => Some(Stage::Password),
            Self::RegistrationToken(_) => Some(Stage::RegistrationToken),
            Self::Threepid(Medium::Email, _) => Some(Stage::EmailIdentity),
            Self::Threepid(Medium::Msisdn, _) => Some(Stage::Msisdn),
            Self::Terms => Some(Stage::Terms),
            Self::Dummy => Some(Stage::Dummy),
            Self::Unknown => None,
        }
    }
}
