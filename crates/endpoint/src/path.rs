//! `Path<T>`: the parameters of the path.
use std::borrow::Cow;

use axum::extract::FromRequestParts;
use http::request::Parts;
use serde::de::{
    DeserializeOwned, Deserializer, IntoDeserializer, Visitor,
    value::{MapDeserializer, SeqDeserializer},
};

use crate::{
    error::{Failure, INTERNAL, INVALID_PARAM},
    request::Context,
    text::{self, Text},
};

/// The parameters of the path, percent-decoded: one value, a tuple in their order, or a struct by name.
///
/// Bad UTF-8, U+0000 and values that do not parse are 400 `M_INVALID_PARAM`.
#[derive(Clone, Copy, Debug)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let context = Context::of(parts)?;
        let path = parts.uri.path();
        let mut values = Vec::with_capacity(context.values.len());
        for (name, range) in context.route.names.iter().copied().zip(&context.values) {
            let raw = path.get(range.clone()).unwrap_or_default();
            let value = text::decode(raw)
                .ok_or_else(|| INVALID_PARAM.because(format!("{name} in the path is not text")))?;
            values.push((name, value));
        }
        match T::deserialize(PathValues(values)) {
            Ok(value) => Ok(Self(value)),
            Err(text::Error::Missing(name)) => {
                Err(INTERNAL.because(format!("the path has no parameter {name}")))
            }
            Err(text::Error::Invalid { name, why }) => {
                Err(INVALID_PARAM.because(format!("{name} in the path: {why}")))
            }
        }
    }
}

struct PathValues<'de>(Vec<(&'static str, Cow<'de, str>)>);

impl<'de> PathValues<'de> {
    fn texts(self) -> impl Iterator<Item = (&'static str, Text<'de>)> {
        self.0.into_iter().map(|(name, value)| (name, Text { name: name.into(), value }))
    }
}

macro_rules! single {
    ($($method:ident($($argument:ident: $ty:ty),*)),+ $(,)?) => {
        $(fn $method<V: Visitor<'de>>(self, $($argument: $ty,)* visitor: V) -> Result<V::Value, Self::Error> {
            let first = self.texts().next().map(|(_, text)| text);
            first.ok_or(text::Error::Missing(Cow::Borrowed("at all")))?.$method($($argument,)* visitor)
        })+
    };
}

impl<'de> Deserializer<'de> for PathValues<'de> {
    type Error = text::Error;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.deserialize_map(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_map(MapDeserializer::new(self.texts()))
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_seq(SeqDeserializer::new(self.texts().map(|(_, text)| text)))
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.deserialize_seq(visitor)
    }

    single! {
        deserialize_any(), deserialize_bool(), deserialize_i8(), deserialize_i16(), deserialize_i32(),
        deserialize_i64(), deserialize_u8(), deserialize_u16(), deserialize_u32(), deserialize_u64(),
        deserialize_f32(), deserialize_f64(), deserialize_char(), deserialize_str(), deserialize_string(),
        deserialize_bytes(), deserialize_byte_buf(), deserialize_option(), deserialize_unit(),
        deserialize_unit_struct(name: &'static str), deserialize_newtype_struct(name: &'static str),
        deserialize_enum(name: &'static str, variants: &'static [&'static str]),
        deserialize_identifier(), deserialize_ignored_any(),
    }
}

impl<'de> IntoDeserializer<'de, text::Error> for Text<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}
