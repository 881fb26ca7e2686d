//! `Query<T>`: the parameters behind the question mark.
use std::borrow::Cow;

use axum::extract::FromRequestParts;
use http::request::Parts;
use serde::{
    Deserializer,
    de::{
        DeserializeOwned, IntoDeserializer, Visitor,
        value::{MapDeserializer, SeqDeserializer},
    },
    forward_to_deserialize_any,
};

use crate::{
    error::{Failure, INVALID_PARAM, MISSING_PARAM},
    text::{self, Text},
};

/// The query as a struct. A `Vec` field takes all values of a name that is repeated, any other field the first.
///
/// A field that is not there is 400 `M_MISSING_PARAM`, a value that does not parse 400 `M_INVALID_PARAM`. Names that
/// the struct does not have are ignored.
#[derive(Clone, Copy, Debug)]
pub struct Query<T>(pub T);

/// Reads pairs as a struct.
///
/// # Errors
/// 400 `M_MISSING_PARAM` or `M_INVALID_PARAM`; `place` is what the message calls the pairs.
pub(crate) fn parse<T: DeserializeOwned>(pairs: &str, place: &str) -> Result<T, Failure> {
    let values =
        grouped(pairs).ok_or_else(|| INVALID_PARAM.because(format!("the {place} is not text")))?;
    T::deserialize(MapDeserializer::new(values.into_iter())).map_err(|error| match error {
        text::Error::Missing(name) => MISSING_PARAM.because(format!("the {place} has no {name}")),
        text::Error::Invalid { name, why } => {
            INVALID_PARAM.because(format!("{name} in the {place}: {why}"))
        }
    })
}

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        parse(parts.uri.query().unwrap_or_default(), "query").map(Self)
    }
}

/// The pairs of a query (`application/x-www-form-urlencoded`), decoded; `None` when one is not text.
pub(crate) fn pairs(query: &str) -> impl Iterator<Item = Option<(Cow<'_, str>, Cow<'_, str>)>> {
    query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        Some((plain(name)?, plain(value)?))
    })
}

fn plain(raw: &str) -> Option<Cow<'_, str>> {
    if raw.contains('+') {
        text::decode(&raw.replace('+', " ")).map(|text| Cow::Owned(text.into_owned()))
    } else {
        text::decode(raw)
    }
}

fn grouped(query: &str) -> Option<Vec<(Cow<'_, str>, Texts<'_>)>> {
    let mut all = Vec::<(Cow<'_, str>, Texts<'_>)>::new();
    for pair in pairs(query) {
        let (name, value) = pair?;
        match all.iter_mut().find(|(known, _)| *known == name) {
            Some((_, texts)) => texts.values.push(value),
            None => all.push((name.clone(), Texts { name, values: vec![value] })),
        }
    }
    Some(all)
}

/// All values of one name.
struct Texts<'de> {
    name: Cow<'de, str>,
    values: Vec<Cow<'de, str>>,
}

impl<'de> Texts<'de> {
    fn first(self) -> Text<'de> {
        let value = self.values.into_iter().next().unwrap_or_default();
        Text { name: self.name, value }
    }
}

impl<'de> IntoDeserializer<'de, text::Error> for Texts<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

macro_rules! first {
    ($($method:ident($($argument:ident: $ty:ty),*)),+ $(,)?) => {
        $(fn $method<V: Visitor<'de>>(self, $($argument: $ty,)* visitor: V) -> Result<V::Value, Self::Error> {
            self.first().$method($($argument,)* visitor)
        })+
    };
}

impl<'de> Deserializer<'de> for Texts<'de> {
    type Error = text::Error;

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        let name = self.name;
        let texts = self.values.into_iter().map(|value| Text { name: name.clone(), value });
        visitor.visit_seq(SeqDeserializer::new(texts))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        visitor.visit_newtype_struct(self)
    }

    first! {
        deserialize_any(), deserialize_bool(), deserialize_i8(), deserialize_i16(), deserialize_i32(),
        deserialize_i64(), deserialize_u8(), deserialize_u16(), deserialize_u32(), deserialize_u64(),
        deserialize_f32(), deserialize_f64(), deserialize_ignored_any(),
        deserialize_enum(name: &'static str, variants: &'static [&'static str]),
    }

    forward_to_deserialize_any! {
        i128 u128 char str string bytes byte_buf unit unit_struct tuple tuple_struct map struct identifier
    }
}
