//! The engine: SQLite inside the process and PostgreSQL behind one API. It knows nothing about Matrix.
//!
//! - One SQL text for both. The common subset is `INSERT … ON CONFLICT … DO UPDATE`, `RETURNING`, CTEs, window
//!   functions and partial indexes; parameters are `$1…`, arrays stand in `= ANY($1)` and `<> ALL($1)`.
//!   Texts are `'static`: each is prepared once per connection and found again by its address.
//! - Reads: [`Read`], on the [`Database`] or on a [`Snapshot`] of it.
//! - Writes: a [`Write`] is a list of statements. One writer commits all that are queued in one transaction, so a
//!   commit to disk is shared; a write that fails never fails its neighbours.
//! - Positions: a write takes [`Write::position`]s of the change stream. They are assigned in the committing
//!   transaction, in commit order and without gaps, and become visible through [`Publication`].
//! - U+0000 in a text is refused by both engines, because PostgreSQL can't store it.
//!
//! Invariant: what [`Database::write`] has answered with `Ok` survives a crash of the process and of the machine.
mod database;
mod error;
mod migration;
mod open_error;
mod options;
mod position;
mod postgres;
mod read;
mod row;
mod sql;
mod sqlite;
#[cfg(feature = "testing")]
pub mod testing;
mod value;
mod write;

pub use self::{
    database::{Database, Engine, Snapshot},
    error::{Error, Outage, Result},
    migration::{Applied, MigrateError, Migration},
    open_error::OpenError,
    options::{Location, LocationError, Options},
    position::Publication,
    read::Read,
    row::{FromValue, Row, ValueRef},
    value::{Params, Text, Value},
    write::{Committed, OperationIndex, Write, WriteError},
};
