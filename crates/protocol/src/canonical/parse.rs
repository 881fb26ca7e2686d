//! Bytes to canonical JSON: `serde_json`'s reader with a stricter idea of a value.
use std::{cell::RefCell, fmt};

use ruma::Int;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use super::{INTEGER_MAX, JsonError, JsonFault, Object, Value};

/// Reads one canonical object and nothing after it but white space.
///
/// # Errors
/// See [`JsonFault`].
pub fn parse_object(bytes: &[u8]) -> Result<Object, JsonError> {
    match parse_value(bytes)? {
        Value::Object(object) => Ok(object),
        _ => Err(JsonError::nowhere(JsonFault::NotAnObject)),
    }
}

/// Reads one canonical value and nothing after it but white space.
///
/// # Errors
/// See [`JsonFault`].
pub fn parse_value(bytes: &[u8]) -> Result<Value, JsonError> {
    let fault = RefCell::new(None);
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value =
        Strict(&fault).deserialize(&mut reader).and_then(|value| reader.end().map(|()| value));
    value.map_err(|error| JsonError {
        line: error.line(),
        column: error.column(),
        fault: fault.take().unwrap_or_else(|| classify(&error)),
    })
}

fn classify(error: &serde_json::Error) -> JsonFault {
    if error.is_eof() {
        return JsonFault::Truncated;
    }
    let text = error.to_string();
    // serde_json has no other way to tell its own depth limit (DEPTH_MAX containers); a test guards the words.
    if text.starts_with("recursion limit exceeded") {
        return JsonFault::TooDeep;
    }
    if text.starts_with("number out of range") {
        return JsonFault::IntegerOutOfRange;
    }
    let words = text.split(" at line ").next().unwrap_or(&text);
    JsonFault::Syntax(words.to_owned())
}

/// Builds a [`Value`], leaving the reason of a refusal in the cell.
#[derive(Clone, Copy)]
struct Strict<'a>(&'a RefCell<Option<JsonFault>>);

impl Strict<'_> {
    fn refuse<E: serde::de::Error>(self, fault: JsonFault) -> E {
        self.0.replace(Some(fault));
        E::custom("refused")
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<Value, D::Error> {
        input.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("canonical JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Value, E> {
        if !(-INTEGER_MAX..=INTEGER_MAX).contains(&value) {
            return Err(self.refuse(JsonFault::IntegerOutOfRange));
        }
        Int::new(value).map(Value::Integer).ok_or_else(|| E::custom("out of range"))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Value, E> {
        match i64::try_from(value) {
            Ok(value) => self.visit_i64(value),
            Err(_) => Err(self.refuse(JsonFault::IntegerOutOfRange)),
        }
    }

    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<Value, E> {
        Err(self.refuse(JsonFault::Float))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            array.push(item);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut object = Object::new();
        while let Some(key) = entries.next_key::<String>()? {
            if object.contains_key(&key) {
                self.0.replace(Some(JsonFault::DuplicateKey(key)));
                return Err(A::Error::custom("duplicate key"));
            }
            let value = entries.next_value_seed(self)?;
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }
}
