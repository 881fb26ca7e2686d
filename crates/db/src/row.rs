//! What a statement answers with.
use std::sync::Arc;

use bytes::Bytes;
use smallvec::SmallVec;

use crate::{Error, Result};

/// One row of an answer. Columns are counted from 0.
#[derive(Clone, Debug)]
pub struct Row(Cells);

#[derive(Clone, Debug)]
enum Cells {
    Packed(PackedRow),
    Postgres(Arc<tokio_postgres::Row>),
}

/// One column of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ValueRef<'row> {
    /// SQL's NULL.
    Null,
    /// An integer or a truth value (0 or 1).
    Integer(i64),
    /// A floating-point number.
    Float(f64),
    /// A text.
    Text(&'row str),
    /// Bytes.
    Blob(&'row [u8]),
}

/// What can be read from a column.
pub trait FromValue: Sized {
    /// Reads a column.
    ///
    /// # Errors
    /// Fails if the column holds something of another type: see [`Error::wrong_type`].
    fn from_value(value: ValueRef<'_>) -> Result<Self>;
}

impl Row {
    /// The column, as a `T`.
    ///
    /// # Errors
    /// Fails if there is no such column or it holds something else.
    pub fn get<T: FromValue>(&self, column: usize) -> Result<T> {
        T::from_value(self.value(column)?)
    }

    /// The text of the column, not copied.
    ///
    /// # Errors
    /// Fails if there is no such column or it holds no text.
    pub fn text(&self, column: usize) -> Result<&str> {
        match self.value(column)? {
            ValueRef::Text(text) => Ok(text),
            _ => Err(Error::wrong_type("a text")),
        }
    }

    /// The bytes of the column, not copied.
    ///
    /// # Errors
    /// Fails if there is no such column or it holds no bytes.
    pub fn blob(&self, column: usize) -> Result<&[u8]> {
        match self.value(column)? {
            ValueRef::Blob(bytes) => Ok(bytes),
            _ => Err(Error::wrong_type("a blob")),
        }
    }

    /// The column as it is.
    ///
    /// # Errors
    /// Fails if there is no such column or it is of a type that no table of ours has.
    pub fn value(&self, column: usize) -> Result<ValueRef<'_>> {
        match &self.0 {
            Cells::Packed(row) => row.value(column),
            Cells::Postgres(row) => crate::postgres::bind::column(row, column),
        }
    }
}

impl From<PackedRow> for Row {
    fn from(row: PackedRow) -> Self {
        Self(Cells::Packed(row))
    }
}

impl From<tokio_postgres::Row> for Row {
    fn from(row: tokio_postgres::Row) -> Self {
        Self(Cells::Postgres(Arc::new(row)))
    }
}

/// The columns of a row in two buffers: a row costs at most two allocations, however many texts it has.
#[derive(Clone, Debug, Default)]
pub(crate) struct PackedRow {
    cells: SmallVec<[PackedCell; 8]>,
    text: String,
    blob: Vec<u8>,
}

#[derive(Clone, Copy, Debug)]
enum PackedCell {
    Null,
    Integer(i64),
    Float(f64),
    Text { start: u32, end: u32 },
    Blob { start: u32, end: u32 },
}

impl PackedRow {
    /// Adds a column.
    ///
    /// # Errors
    /// Fails if the texts or blobs of the row pass 4 GiB, which SQLite's own limit rules out.
    pub(crate) fn push(&mut self, value: ValueRef<'_>) -> Result<()> {
        let span = |start: usize, added: usize| {
            let span = (u32::try_from(start), u32::try_from(start + added));
            let (Ok(start), Ok(end)) = span else { return Err(Error::wrong_type("a smaller row")) };
            Ok((start, end))
        };
        let cell = match value {
            ValueRef::Null => PackedCell::Null,
            ValueRef::Integer(integer) => PackedCell::Integer(integer),
            ValueRef::Float(float) => PackedCell::Float(float),
            ValueRef::Text(text) => {
                let (start, end) = span(self.text.len(), text.len())?;
                self.text.push_str(text);
                PackedCell::Text { start, end }
            }
            ValueRef::Blob(bytes) => {
                let (start, end) = span(self.blob.len(), bytes.len())?;
                self.blob.extend_from_slice(bytes);
                PackedCell::Blob { start, end }
            }
        };
        self.cells.push(cell);
        Ok(())
    }

    fn value(&self, column: usize) -> Result<ValueRef<'_>> {
        let cell = self.cells.get(column).ok_or_else(|| Error::no_column(column))?;
        Ok(match *cell {
            PackedCell::Null => ValueRef::Null,
            PackedCell::Integer(integer) => ValueRef::Integer(integer),
            PackedCell::Float(float) => ValueRef::Float(float),
            PackedCell::Text { start, end } => {
                ValueRef::Text(self.text.get(start as usize..end as usize).unwrap_or_default())
            }
            PackedCell::Blob { start, end } => {
                ValueRef::Blob(self.blob.get(start as usize..end as usize).unwrap_or_default())
            }
        })
    }
}

macro_rules! from_value {
    ($($to:ty, $what:literal: $($pattern:pat => $value:expr),+;)+) => {$(
        impl FromValue for $to {
            fn from_value(value: ValueRef<'_>) -> Result<Self> {
                match value {
                    $($pattern => $value,)+
                    _ => Err(Error::wrong_type($what)),
                }
            }
        }
    )+};
}

from_value! {
    i64, "an integer": ValueRef::Integer(integer) => Ok(integer);
    i32, "a 32-bit integer": ValueRef::Integer(integer) => narrow(integer, "a 32-bit integer");
    u64, "an integer that is not negative": ValueRef::Integer(integer) => narrow(integer, "an integer that is not negative");
    u32, "an unsigned 32-bit integer": ValueRef::Integer(integer) => narrow(integer, "an unsigned 32-bit integer");
    bool, "0 or 1": ValueRef::Integer(0) => Ok(false), ValueRef::Integer(1) => Ok(true);
    f64, "a floating-point number": ValueRef::Float(float) => Ok(float);
    String, "a text": ValueRef::Text(text) => Ok(text.to_owned());
    Box<str>, "a text": ValueRef::Text(text) => Ok(text.into());
    Arc<str>, "a text": ValueRef::Text(text) => Ok(text.into());
    Vec<u8>, "a blob": ValueRef::Blob(bytes) => Ok(bytes.to_vec());
    Bytes, "a blob": ValueRef::Blob(bytes) => Ok(Bytes::copy_from_slice(bytes));
}

fn narrow<T: TryFrom<i64>>(integer: i64, what: &'static str) -> Result<T> {
    T::try_from(integer).map_err(|_| Error::wrong_type(what))
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: ValueRef<'_>) -> Result<Self> {
        match value {
            ValueRef::Null => Ok(None),
            value => T::from_value(value).map(Some),
        }
    }
}
