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

/// What stands in examples and old guides where a secret should be, in lower case, without `-`, `_` and spaces.
const PLACEHOLDERS: [&str; 16] = [
    "changeme",
    "default",
    "example",
    "longhouse",
    "mysecret",
    "password",
    "passw0rd",
    "placeholder",
    "registrationsharedsecret",
    "replaceme",
    "secret",
    "secretkey",
    "sharedsecret",
    "supersecret",
    "topsecret",
    "yoursecret",
];

impl Secret {
    /// Whether strangers would try it first: a placeholder, a run of digits, one character again and again.
    #[must_use]
    pub fn is_guessable(&self) -> bool {
        let plain: String = self
            .0
            .chars()
            .filter(|c| !matches!(c, '-' | '_' | ' '))
            .flat_map(char::to_lowercase)
            .collect();
        let mut characters = plain.chars();
        let first = characters.next();
        PLACEHOLDERS.contains(&plain.as_str())
            || "12345678901234567890".starts_with(&plain)
            || characters.all(|c| Some(c) == first)
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

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn placeholders_are_no_secrets() {
        for bad in
            ["changeme", "CHANGE_ME", "Shared-Secret", "12345678", "xxxxxxxxxxxx", "your secret"]
        {
            assert!(Secret::new(bad).is_guessable(), "{bad}");
        }
        for good in ["a shared secret", "shared-secret-of-the-test-rig", "Zk3dVq0y"] {
            assert!(!Secret::new(good).is_guessable(), "{good}");
        }
    }
}
