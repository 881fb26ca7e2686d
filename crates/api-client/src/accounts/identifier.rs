//! Who is meant by somebody who logs in ([spec]).
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#identifier-types
use accounts::LoginName;
use protocol::Threepid;
use serde::Deserialize;

/// An identifier of any type.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Identifier {
    r#type: String,
    user: Option<String>,
    medium: Option<String>,
    address: Option<String>,
    country: Option<String>,
    phone: Option<String>,
    /// As `phone`, from older clients.
    number: Option<String>,
}

impl Identifier {
    /// Who is meant, if the identifier is of a type that we know and has what belongs to it.
    pub(crate) fn into_login_name(self) -> Option<LoginName> {
        match self.r#type.as_str() {
            "m.id.user" => self.user.filter(|user| !user.is_empty()).map(LoginName::User),
            "m.id.thirdparty" => {
                let threepid = Threepid::parse(&self.medium?, &self.address?);
                threepid.ok().map(LoginName::Threepid)
            }
            "m.id.phone" => {
                let threepid = Threepid::phone(&self.country?, &self.phone.or(self.number)?);
                threepid.ok().map(LoginName::Threepid)
            }
            _ => None,
        }
    }

    /// The user, if the identifier is of the one type that names users.
    pub(crate) fn into_user(self) -> Option<String> {
        match self.into_login_name()? {
            LoginName::User(user) => Some(user),
            LoginName::Threepid(_) => None,
        }
    }
}
