//! Running a statement.
use std::{borrow::Cow, cell::RefCell, collections::HashMap, sync::Arc};

use rusqlite::{
    CachedStatement, Connection, ToSql,
    types::{ToSqlOutput, ValueRef as SqliteRef},
};

use crate::{Params, Row, Value, ValueRef, row::PackedRow, sql, write::OperationResult};

/// A connection, and the statements of the program as it wants them written.
pub(super) struct Prepared {
    pub(super) connection: Connection,
    /// By the address of the program's text, which is `'static`: comparing texts would cost more than the lookup.
    texts: RefCell<HashMap<(usize, usize), Arc<str>>>,
}

impl Prepared {
    pub(super) fn new(connection: Connection) -> Self {
        Self { connection, texts: RefCell::default() }
    }

    /// Runs a statement. `first_position` is what the write's first position is.
    pub(super) fn run(
        &self,
        sql: &'static str,
        params: &Params,
        first_position: i64,
    ) -> rusqlite::Result<OperationResult> {
        let text = self.text(sql);
        let mut statement = self.connection.prepare_cached(&text)?;
        bind(&mut statement, params, first_position)?;
        if statement.column_count() == 0 {
            let affected = statement.raw_execute()? as u64;
            return Ok(OperationResult { rows: Vec::new(), affected });
        }
        let rows = collect(&mut statement)?;
        Ok(OperationResult { affected: rows.len() as u64, rows })
    }

    fn text(&self, sql: &'static str) -> Arc<str> {
        let mut texts = self.texts.borrow_mut();
        let key = (sql.as_ptr().addr(), sql.len());
        Arc::clone(texts.entry(key).or_insert_with(|| sql::for_sqlite(sql).into()))
    }
}

fn bind(
    statement: &mut CachedStatement<'_>,
    params: &Params,
    first_position: i64,
) -> rusqlite::Result<()> {
    if statement.parameter_count() != params.len() {
        return Err(rusqlite::Error::InvalidParameterCount(
            params.len(),
            statement.parameter_count(),
        ));
    }
    for (index, value) in params.iter().enumerate() {
        statement.raw_bind_parameter(index + 1, Bound { value, first_position })?;
    }
    Ok(())
}

fn collect(statement: &mut CachedStatement<'_>) -> rusqlite::Result<Vec<Row>> {
    let columns = statement.column_count();
    let mut rows = statement.raw_query();
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let mut packed = PackedRow::default();
        for column in 0..columns {
            let value = decode(column, row.get_ref(column)?)?;
            packed.push(value).map_err(|error| other(column, error))?;
        }
        found.push(Row::from(packed));
    }
    Ok(found)
}

fn decode(column: usize, value: SqliteRef<'_>) -> rusqlite::Result<ValueRef<'_>> {
    Ok(match value {
        SqliteRef::Null => ValueRef::Null,
        SqliteRef::Integer(integer) => ValueRef::Integer(integer),
        SqliteRef::Real(float) => ValueRef::Float(float),
        SqliteRef::Text(text) => {
            ValueRef::Text(std::str::from_utf8(text).map_err(|error| other(column, error))?)
        }
        SqliteRef::Blob(bytes) => ValueRef::Blob(bytes),
    })
}

fn other(column: usize, error: impl std::error::Error + Send + Sync + 'static) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(error))
}

struct Bound<'a> {
    value: &'a Value,
    first_position: i64,
}

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.value {
            Value::Null => SqliteRef::Null,
            Value::Integer(integer) => SqliteRef::Integer(*integer),
            Value::Float(float) => SqliteRef::Real(*float),
            Value::Text(text) => SqliteRef::Text(text.as_bytes()),
            Value::Blob(bytes) => SqliteRef::Blob(bytes),
            Value::Position(index) => SqliteRef::Integer(self.first_position + i64::from(*index)),
            Value::Integers(_) | Value::Texts(_) => {
                let json = sql::json_array(self.value).map(Cow::Owned::<str>);
                let json = json.unwrap_or_default().into_owned();
                return Ok(ToSqlOutput::Owned(rusqlite::types::Value::Text(json)));
            }
        }))
    }
}
