//! What is bound to a statement.
use std::{fmt, ops::Deref, sync::Arc};

use bytes::Bytes;
use smallvec::SmallVec;

use crate::{Error, Result};

/// The values of a statement's `$1`, `$2`, … in order: see [`params!`](crate::params).
pub type Params = SmallVec<[Value; 6]>;

/// A value bound to a statement.
///
/// The type of a value decides the type of its parameter on PostgreSQL: an integer is always a `BIGINT`, a text a
/// `TEXT`, a blob a `BYTEA`. A parameter that should be of another type is cast in the statement.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// SQL's NULL.
    Null,
    /// For `{int}` columns. Truth values are 0 and 1.
    Integer(i64),
    /// For `{float}` columns.
    Float(f64),
    /// For `{text}` columns.
    Text(Text),
    /// For `{blob}` columns.
    Blob(Bytes),
    /// For `= ANY($1)` and `<> ALL($1)` on an `{int}` column.
    Integers(Arc<[i64]>),
    /// For `= ANY($1)` and `<> ALL($1)` on a `{text}` column.
    Texts(Arc<[Text]>),
    /// The n-th position taken by the [`Write`](crate::Write) it comes from, bound when the write is committed.
    Position(u32),
}

/// A text that is moved or shared into a statement without being copied.
#[derive(Clone)]
pub struct Text(Storage);

#[derive(Clone)]
enum Storage {
    Owned(Box<str>),
    Shared(Arc<str>),
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        match &self.0 {
            Storage::Owned(text) => text,
            Storage::Shared(text) => text,
        }
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(Storage::Owned(text.into()))
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(Storage::Owned(text.into_boxed_str()))
    }
}

impl From<&String> for Text {
    fn from(text: &String) -> Self {
        text.as_str().into()
    }
}

impl From<Box<str>> for Text {
    fn from(text: Box<str>) -> Self {
        Self(Storage::Owned(text))
    }
}

impl From<Arc<str>> for Text {
    fn from(text: Arc<str>) -> Self {
        Self(Storage::Shared(text))
    }
}

macro_rules! value_from {
    ($($from:ty => |$value:ident| $to:expr),+ $(,)?) => {$(
        impl From<$from> for Value {
            fn from($value: $from) -> Self {
                $to
            }
        }
    )+};
}

value_from! {
    i64 => |value| Self::Integer(value),
    i32 => |value| Self::Integer(value.into()),
    u32 => |value| Self::Integer(value.into()),
    u16 => |value| Self::Integer(value.into()),
    u8 => |value| Self::Integer(value.into()),
    bool => |value| Self::Integer(value.into()),
    f64 => |value| Self::Float(value),
    Text => |value| Self::Text(value),
    &str => |value| Self::Text(value.into()),
    String => |value| Self::Text(value.into()),
    &String => |value| Self::Text(value.into()),
    Box<str> => |value| Self::Text(value.into()),
    Arc<str> => |value| Self::Text(value.into()),
    Bytes => |value| Self::Blob(value),
    Vec<u8> => |value| Self::Blob(value.into()),
    &[u8] => |value| Self::Blob(Bytes::copy_from_slice(value)),
    Vec<i64> => |value| Self::Integers(value.into()),
    &[i64] => |value| Self::Integers(value.into()),
    Arc<[i64]> => |value| Self::Integers(value),
    Vec<String> => |value| Self::Texts(value.into_iter().map(Text::from).collect()),
    Vec<Text> => |value| Self::Texts(value.into()),
    Vec<&str> => |value| Self::Texts(value.into_iter().map(Text::from).collect()),
    &[&str] => |value| Self::Texts(value.iter().copied().map(Text::from).collect()),
}

impl<T> From<Option<T>> for Value
where
    Value: From<T>,
{
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Self::from)
    }
}

/// Builds the [`Params`] of a statement from values that [`Value`] has a `From` for.
///
/// ```
/// let params = db::params![7_i64, "a text", Some(vec![1_u8, 2]), None::<i64>];
/// assert_eq!(params.len(), 4);
/// ```
#[macro_export]
macro_rules! params {
    () => { $crate::Params::new() };
    ($($value:expr),+ $(,)?) => {{
        let mut params = $crate::Params::new();
        $(params.push($crate::Value::from($value));)+
        params
    }};
}

/// # Errors
/// Fails if one of them is a text that can't be stored, and so can't be looked for either.
pub(crate) fn check(params: &Params) -> Result<()> {
    if params.iter().any(Value::is_unstorable) { Err(Error::unstorable_text()) } else { Ok(()) }
}

impl Value {
    /// Whether a text in it holds U+0000, which PostgreSQL can't store. SQLite could, but both engines refuse the same.
    fn is_unstorable(&self) -> bool {
        let unstorable = |text: &str| memchr::memchr(0, text.as_bytes()).is_some();
        match self {
            Self::Text(text) => unstorable(text),
            Self::Texts(texts) => texts.iter().any(|text| unstorable(text)),
            _ => false,
        }
    }
}
