//! Values that must not be shown.
use std::fmt;

use crate::setting::{Input, List, Setting, expected, quoted, text};

/// What stands in a secret's place wherever settings are shown.
pub(crate) const HIDDEN: &str = "[secret]";

/// A password, key or token. Neither `Debug` nor `config show` prints it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Hides `text`.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself, for the one place that needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

impl Setting for Secret {
    const KIND: &'static str = "a secret text that is not empty";
    const SECRET: bool = true;

    fn read(input: Input<'_>) -> Result<Self, String> {
        text(input)
            .filter(|text| !text.is_empty())
            .map(Self::new)
            .ok_or_else(|| expected::<Self>(input))
    }

    fn show(&self) -> Option<String> {
        Some(quoted(HIDDEN))
    }
}

impl List for Secret {
    const LIST_KIND: &'static str = "a list of secret texts";
}
