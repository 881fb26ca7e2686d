//! Secrets in the bodies of requests.
use std::fmt;

use config::Secret;
use serde::Deserialize;

/// A password or token as it came in. `Debug` hides it.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub(crate) struct Hidden(String);

impl From<Hidden> for Secret {
    fn from(hidden: Hidden) -> Self {
        Self::new(hidden.0)
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}
