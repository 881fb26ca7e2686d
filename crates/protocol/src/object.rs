//! Structures that are read from JSON objects only. serde's derive also takes arrays, field by field, which Matrix does
//! not mean.
use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, Visitor, value::MapAccessDeserializer},
};

/// Reads an object; `null` gives `None`. For `#[serde(deserialize_with)]`.
///
/// # Errors
/// Fails on anything else, and on an object that is no `T`.
pub fn optional<'de, D, T>(input: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    input.deserialize_any(Objects(PhantomData))
}

/// Reads a whole document that must be an object.
pub(crate) fn from_slice<T: for<'de> Deserialize<'de>>(
    json: &[u8],
) -> Result<T, serde_json::Error> {
    let mut reader = serde_json::Deserializer::from_slice(json);
    let value =
        optional(&mut reader)?.ok_or_else(|| serde_json::Error::custom("an object is wanted"))?;
    reader.end()?;
    Ok(value)
}

struct Objects<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Objects<T> {
    type Value = Option<T>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Some)
    }
}
