//! Who is meant by somebody who logs in ([spec]).
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#identifier-types
use serde::Deserialize;

/// An identifier of any type.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Identifier {
    r#type: String,
    user: Option<String>,
}

impl Identifier {
    /// The user, if the identifier is of the one type that names users.
    pub(crate) fn into_user(self) -> Option<String> {
        self.user.filter(|user| self.r#type == "m.id.user" && !user.is_empty())
    }
}
