//! Why bytes are not canonical JSON, and where.
use std::fmt;

use ruma::CanonicalJsonError;

/// What is wrong with the JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum JsonFault {
    /// Not JSON at all, or not UTF-8. The text is for people.
    Syntax(String),
    /// The bytes end too early.
    Truncated,
    /// A number with a fraction or an exponent, or `-0`.
    Float,
    /// An integer outside ±(2⁵³−1).
    IntegerOutOfRange,
    /// The same key twice in one object.
    DuplicateKey(String),
    /// Nested deeper than [`super::DEPTH_MAX`].
    TooDeep,
    /// JSON, but not the object that is wanted here.
    NotAnObject,
}

/// Why bytes are not canonical JSON, and where: line and column count from 1; 0 means that there is no place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct JsonError {
    /// What is wrong.
    pub fault: JsonFault,
    /// Line of the fault, from 1.
    pub line: usize,
    /// Column of the fault in bytes, from 1.
    pub column: usize,
}

impl JsonError {
    /// Whether the bytes are not JSON (`M_NOT_JSON`), as opposed to JSON that Matrix does not allow (`M_BAD_JSON`).
    #[must_use]
    pub fn is_not_json(&self) -> bool {
        matches!(self.fault, JsonFault::Syntax(_) | JsonFault::Truncated)
    }

    pub(crate) const fn nowhere(fault: JsonFault) -> Self {
        Self { fault, line: 0, column: 0 }
    }

    pub(super) fn from_serializing(error: CanonicalJsonError) -> Self {
        Self::nowhere(match error {
            CanonicalJsonError::IntegerOutOfRange => JsonFault::IntegerOutOfRange,
            CanonicalJsonError::DuplicateObjectKey(key) => JsonFault::DuplicateKey(key),
            CanonicalJsonError::InvalidType(_) => JsonFault::Float,
            other => JsonFault::Syntax(other.to_string()),
        })
    }
}

impl fmt::Display for JsonError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.fault {
            JsonFault::Syntax(text) => write!(out, "not JSON: {text}")?,
            JsonFault::Truncated => out.write_str("not JSON: it ends too early")?,
            JsonFault::Float => out.write_str("only integers are allowed as numbers")?,
            JsonFault::IntegerOutOfRange => {
                out.write_str("an integer is out of the range ±(2^53 - 1)")?;
            }
            JsonFault::DuplicateKey(key) => {
                write!(out, "the key {key:?} occurs twice in one object")?;
            }
            JsonFault::TooDeep => write!(out, "nested deeper than {} levels", super::DEPTH_MAX)?,
            JsonFault::NotAnObject => out.write_str("a JSON object is wanted here")?,
        }
        if self.line > 0 {
            write!(out, " (line {}, column {})", self.line, self.column)?;
        }
        Ok(())
    }
}
