//! Values that are written as text in a URL: numbers, flags, identifiers.
use std::{borrow::Cow, fmt, str::FromStr};

use percent_encoding::percent_decode_str;
use serde::{
    Deserializer,
    de::{self, IntoDeserializer as _, Visitor, value::CowStrDeserializer},
    forward_to_deserialize_any,
};

/// Undoes percent-encoding; `None` when the result is not UTF-8, or has a U+0000: nothing is called so, and no database
/// stores it.
pub(crate) fn decode(raw: &str) -> Option<Cow<'_, str>> {
    percent_decode_str(raw).decode_utf8().ok().filter(|text| !text.contains('\0'))
}

/// What is wrong with a parameter.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Error {
    Missing(Cow<'static, str>),
    Invalid { name: String, why: String },
}

impl Error {
    /// Errors come from inside a value's own parser, which does not know how the parameter is called.
    fn named(self, name: &str) -> Self {
        match self {
            Self::Invalid { name: known, why } if known.is_empty() => {
                Self::Invalid { name: name.to_owned(), why }
            }
            other => other,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(name) => write!(f, "{name} is missing"),
            Self::Invalid { name, why } => write!(f, "{name}: {why}"),
        }
    }
}

impl std::error::Error for Error {}

impl de::Error for Error {
    fn custom<T: fmt::Display>(why: T) -> Self {
        Self::Invalid { name: String::new(), why: why.to_string() }
    }

    fn missing_field(field: &'static str) -> Self {
        Self::Missing(Cow::Borrowed(field))
    }
}

/// One parameter.
pub(crate) struct Text<'de> {
    pub(crate) name: Cow<'de, str>,
    pub(crate) value: Cow<'de, str>,
}

impl Text<'_> {
    fn parse<T: FromStr>(&self, what: &str) -> Result<T, Error> {
        self.value.parse().map_err(|_| Error::Invalid {
            name: self.name.clone().into_owned(),
            why: format!("expected {what}"),
        })
    }
}

macro_rules! parsed {
    ($($method:ident $visit:ident $what:literal),+ $(,)?) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            let value = self.parse($what)?;
            visitor.$visit(value).map_err(|error: Error| error.named(&self.name))
        })+
    };
}

impl<'de> Deserializer<'de> for Text<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.value {
            Cow::Borrowed(value) => visitor.visit_borrowed_str(value),
            Cow::Owned(value) => visitor.visit_string(value),
        }
        .map_err(|error: Error| error.named(&self.name))
    }

    parsed! {
        deserialize_bool visit_bool "true or false",
        deserialize_i8 visit_i8 "an integer",
        deserialize_i16 visit_i16 "an integer",
        deserialize_i32 visit_i32 "an integer",
        deserialize_i64 visit_i64 "an integer",
        deserialize_u8 visit_u8 "a non-negative integer",
        deserialize_u16 visit_u16 "a non-negative integer",
        deserialize_u32 visit_u32 "a non-negative integer",
        deserialize_u64 visit_u64 "a non-negative integer",
        deserialize_f32 visit_f32 "a number",
        deserialize_f64 visit_f64 "a number",
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let variant: CowStrDeserializer<'_, Error> = self.value.into_deserializer();
        visitor.visit_enum(variant).map_err(|error| error.named(&self.name))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        i128 u128 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier
    }
}
