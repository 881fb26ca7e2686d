//! Canonical JSON ([appendix]): objects with sorted keys, integers in ±(2⁵³−1), no floats, shortest escapes.
//!
//! What cannot be written canonically is refused when it is read, with the place: floats (also `1.0`, `1e3`, `-0`),
//! integers out of range, duplicate keys, lone surrogates, invalid UTF-8, and nesting past [`DEPTH_MAX`].
//!
//! [appendix]: https://spec.matrix.org/v1.16/appendices/#canonical-json
use serde::Serialize;

mod error;
mod parse;

pub use error::{JsonError, JsonFault};
pub use parse::{parse_object, parse_value};
pub use ruma::{CanonicalJsonObject as Object, CanonicalJsonValue as Value, Int};

/// How many objects and arrays may stand inside each other, the outermost included.
pub const DEPTH_MAX: usize = 127;

/// The largest integer of Matrix's JSON: 2⁵³ − 1. The smallest is its negative.
pub const INTEGER_MAX: i64 = 9_007_199_254_740_991;

/// The canonical text of `object`.
#[must_use]
pub fn to_string(object: &Object) -> String {
    // A tree of strings, integers, booleans and nulls with string keys always serializes.
    serde_json::to_string(object).unwrap_or_default()
}

/// Appends `text` as a JSON string, quotes included, in the canonical escaping.
pub fn write_string(out: &mut String, text: &str) {
    if text.bytes().all(|byte| byte >= 0x20 && byte != b'"' && byte != b'\\') {
        out.push('"');
        out.push_str(text);
        out.push('"');
    } else {
        // A string always serializes.
        out.push_str(&serde_json::to_string(text).unwrap_or_default());
    }
}

/// `value` as a canonical object.
///
/// # Errors
/// [`JsonFault::NotAnObject`], or what canonical JSON cannot express.
pub fn object_from<T: Serialize>(value: &T) -> Result<Object, JsonError> {
    match ruma::canonical_json::to_canonical_value(value) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(JsonError::nowhere(JsonFault::NotAnObject)),
        Err(error) => Err(JsonError::from_serializing(error)),
    }
}

/// The integer at `key` of `object`, if there is one.
#[must_use]
pub fn integer(object: &Object, key: &str) -> Option<i64> {
    match object.get(key) {
        Some(Value::Integer(number)) => Some((*number).into()),
        _ => None,
    }
}

/// The string at `key` of `object`, if there is one.
#[must_use]
pub fn string<'a>(object: &'a Object, key: &str) -> Option<&'a str> {
    match object.get(key) {
        Some(Value::String(text)) => Some(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
