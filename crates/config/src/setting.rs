//! How a value is read from TOML or from text, and shown again.
use std::{net::SocketAddr, path::PathBuf};

use toml::Value;

/// What a layer gives: a TOML value from the file, or text from the environment or an option.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// From the file.
    Value(&'a Value),
    /// From the environment, an option, or a secret's own file.
    Text(&'a str),
}

/// A type that a key can have.
pub(crate) trait Setting: Sized {
    /// What is expected, in words: it ends the sentence "expected …".
    const KIND: &'static str;
    /// Whether the value is hidden when shown.
    const SECRET: bool = false;

    /// Reads a value; the error says what was expected.
    fn read(input: Input<'_>) -> Result<Self, String>;
    /// The value as TOML, hidden if it is secret; `None` if there is none.
    fn show(&self) -> Option<String>;
}

/// The error of every [`Setting::read`].
pub(crate) fn expected<T: Setting>(input: Input<'_>) -> String {
    // A secret in the wrong form must not reach a log through its error message.
    if T::SECRET {
        return format!("expected {}", T::KIND);
    }
    match input {
        Input::Value(value) => format!("expected {}, found {value}", T::KIND),
        Input::Text(text) => format!("expected {}, found `{text}`", T::KIND),
    }
}

/// The text of a string value or of an environment variable.
pub(crate) fn text(input: Input<'_>) -> Option<&str> {
    match input {
        Input::Value(value) => value.as_str(),
        Input::Text(text) => Some(text),
    }
}

/// `text` as a TOML string.
pub(crate) fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

impl Setting for String {
    const KIND: &'static str = "text";

    fn read(input: Input<'_>) -> Result<Self, String> {
        text(input).map(str::to_owned).ok_or_else(|| expected::<Self>(input))
    }

    fn show(&self) -> Option<String> {
        Some(quoted(self))
    }
}

impl Setting for PathBuf {
    const KIND: &'static str = "a path";

    fn read(input: Input<'_>) -> Result<Self, String> {
        text(input)
            .filter(|text| !text.is_empty())
            .map(Self::from)
            .ok_or_else(|| expected::<Self>(input))
    }

    fn show(&self) -> Option<String> {
        Some(quoted(&self.to_string_lossy()))
    }
}

impl Setting for SocketAddr {
    const KIND: &'static str = "an IP address and port such as \"127.0.0.1:8008\" or \"[::]:8008\"";

    fn read(input: Input<'_>) -> Result<Self, String> {
        text(input).and_then(|text| text.parse().ok()).ok_or_else(|| expected::<Self>(input))
    }

    fn show(&self) -> Option<String> {
        Some(quoted(&self.to_string()))
    }
}

impl Setting for bool {
    const KIND: &'static str = "true or false";

    fn read(input: Input<'_>) -> Result<Self, String> {
        let value = match input {
            Input::Value(value) => value.as_bool(),
            Input::Text(text) => text.parse().ok(),
        };
        value.ok_or_else(|| expected::<Self>(input))
    }

    fn show(&self) -> Option<String> {
        Some(self.to_string())
    }
}

impl Setting for u32 {
    const KIND: &'static str = "a whole number from 0 to 4294967295";

    fn read(input: Input<'_>) -> Result<Self, String> {
        let value = match input {
            Input::Value(value) => value.as_integer().and_then(|number| number.try_into().ok()),
            Input::Text(text) => text.parse().ok(),
        };
        value.ok_or_else(|| expected::<Self>(input))
    }

    fn show(&self) -> Option<String> {
        Some(self.to_string())
    }
}

impl<T: Setting> Setting for Option<T> {
    const KIND: &'static str = T::KIND;
    const SECRET: bool = T::SECRET;

    /// An empty environment variable clears the value: containers cannot always leave one out.
    fn read(input: Input<'_>) -> Result<Self, String> {
        match input {
            Input::Text("") => Ok(None),
            input => T::read(input).map(Some),
        }
    }

    fn show(&self) -> Option<String> {
        self.as_ref().and_then(T::show)
    }
}

impl<T: Setting + List> Setting for Vec<T> {
    const KIND: &'static str = T::LIST_KIND;
    const SECRET: bool = T::SECRET;

    /// From text, entries are separated by commas or new lines.
    fn read(input: Input<'_>) -> Result<Self, String> {
        match input {
            Input::Value(Value::Array(values)) => {
                values.iter().map(|value| T::read(Input::Value(value))).collect()
            }
            Input::Value(_) => Err(expected::<Self>(input)),
            Input::Text(text) => text
                .split([',', '\n'])
                .map(str::trim)
                .filter(|entry| !entry.is_empty())
                .map(|entry| T::read(Input::Text(entry)))
                .collect(),
        }
    }

    fn show(&self) -> Option<String> {
        let entries: Vec<String> = self.iter().filter_map(T::show).collect();
        Some(format!("[{}]", entries.join(", ")))
    }
}

/// A type that a list can hold.
pub(crate) trait List {
    const LIST_KIND: &'static str;
}

impl List for PathBuf {
    const LIST_KIND: &'static str = "a list of paths";
}

impl List for String {
    const LIST_KIND: &'static str = "a list of texts";
}
