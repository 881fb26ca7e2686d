//! Values to and from PostgreSQL's types.
use std::error::Error as StdError;

use bytes::BytesMut;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

use crate::{Error, Result, Value, ValueRef, error::Kind};

/// The type that a parameter is declared with. NULL has none: the server works it out.
pub(super) fn declared(value: &Value) -> Type {
    match value {
        Value::Null => Type::UNKNOWN,
        Value::Integer(_) | Value::Position(_) => Type::INT8,
        Value::Float(_) => Type::FLOAT8,
        Value::Text(_) => Type::TEXT,
        Value::Blob(_) => Type::BYTEA,
        Value::Integers(_) => Type::INT8_ARRAY,
        Value::Texts(_) => Type::TEXT_ARRAY,
    }
}

/// A value as it is bound: with the first position of its write.
#[derive(Debug)]
pub(super) struct Bound<'a> {
    pub(super) value: &'a Value,
    pub(super) first_position: i64,
}

impl ToSql for Bound<'_> {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> std::result::Result<IsNull, Box<dyn StdError + Sync + Send>> {
        match self.value {
            Value::Null => Ok(IsNull::Yes),
            Value::Integer(integer) => integer.to_sql(ty, out),
            Value::Position(index) => (self.first_position + i64::from(*index)).to_sql(ty, out),
            Value::Float(float) => float.to_sql(ty, out),
            Value::Text(text) => (&**text).to_sql(ty, out),
            Value::Blob(bytes) => (&**bytes).to_sql(ty, out),
            Value::Integers(integers) => (&**integers).to_sql(ty, out),
            Value::Texts(texts) => {
                texts.iter().map(|text| &**text).collect::<Vec<_>>().to_sql(ty, out)
            }
        }
    }

    fn accepts(_: &Type) -> bool {
        // Parameters are declared with the types of their values.
        true
    }

    to_sql_checked!();
}

/// A column of an answer.
///
/// # Errors
/// Fails if there is no such column, or it is of a type that no table of ours has.
pub(crate) fn column(row: &tokio_postgres::Row, column: usize) -> Result<ValueRef<'_>> {
    if column >= row.len() {
        return Err(Error::no_column(column));
    }
    let cell = row
        .try_get::<_, Cell<'_>>(column)
        .map_err(|error| Error::with_source(Kind::Decode, "a column can't be read", error))?;
    Ok(cell.0)
}

struct Cell<'a>(ValueRef<'a>);

impl<'a> FromSql<'a> for Cell<'a> {
    fn from_sql(
        ty: &Type,
        raw: &'a [u8],
    ) -> std::result::Result<Self, Box<dyn StdError + Sync + Send>> {
        Ok(Self(match *ty {
            Type::INT8 => ValueRef::Integer(i64::from_sql(ty, raw)?),
            Type::INT4 => ValueRef::Integer(i32::from_sql(ty, raw)?.into()),
            Type::INT2 => ValueRef::Integer(i16::from_sql(ty, raw)?.into()),
            Type::BOOL => ValueRef::Integer(bool::from_sql(ty, raw)?.into()),
            Type::FLOAT8 => ValueRef::Float(f64::from_sql(ty, raw)?),
            Type::FLOAT4 => ValueRef::Float(f32::from_sql(ty, raw)?.into()),
            Type::BYTEA => ValueRef::Blob(raw),
            _ => ValueRef::Text(std::str::from_utf8(raw)?),
        }))
    }

    fn from_sql_null(_: &Type) -> std::result::Result<Self, Box<dyn StdError + Sync + Send>> {
        Ok(Self(ValueRef::Null))
    }

    fn accepts(ty: &Type) -> bool {
        matches!(
            *ty,
            Type::INT8
                | Type::INT4
                | Type::INT2
                | Type::BOOL
                | Type::FLOAT8
                | Type::FLOAT4
                | Type::BYTEA
                | Type::TEXT
                | Type::VARCHAR
                | Type::BPCHAR
                | Type::NAME
                | Type::UNKNOWN
        )
    }
}
