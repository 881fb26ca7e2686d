//! Migrations: one text for both engines, forward only.
use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use crate::{Engine, Error};

/// A change of the tables. A landed one is never edited: expand, then contract.
///
/// The text is one for both engines, with these placeholders:
///
/// | | SQLite | PostgreSQL |
/// |---|---|---|
/// | `{int}` | `INTEGER` | `BIGINT` |
/// | `{text}` | `TEXT` | `TEXT COLLATE "C"`: sorted by code point, as on SQLite |
/// | `{blob}` | `BLOB` | `BYTEA` |
/// | `{float}` | `REAL` | `DOUBLE PRECISION` |
/// | `{keyed}`, behind a table | ` WITHOUT ROWID`: the rows lie in the order of the primary key | nothing |
///
/// What only one engine has (full-text search) stands between a line `--- sqlite` or `--- postgres` and the next such
/// line; a line `--- both` goes back to one text.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// Its place in the order, from 1, without gaps.
    pub number: u32,
    /// What it does, in a word or two. For logs and for the record in the table `schema_migrations`.
    pub name: &'static str,
    /// The statements.
    pub sql: &'static str,
}

/// What [`Database::migrate`](crate::Database::migrate) did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Applied {
    /// The last migration that the database had before; 0 for a new one.
    pub before: u32,
    /// The last one that it has now.
    pub now: u32,
}

/// Why the tables were not brought up to date. Each migration is stored whole or not at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MigrateError {
    /// The database was used by a later version of the program.
    #[error(
        "the database is newer than this program: it has migration {database}, this program knows migrations up to \
         {program}. Use the version that was used before, or a later one"
    )]
    Newer {
        /// The last migration of the database.
        database: u32,
        /// The last one that the program knows.
        program: u32,
    },
    /// A migration was edited after it was applied here.
    #[error(
        "migration {number} ({name}) is not the one that this database was made with: this program is not a release \
         that follows the one used before"
    )]
    Changed {
        /// The migration.
        number: u32,
        /// Its name in the program.
        name: &'static str,
    },
    /// The program's own list is out of order: a fault of the program.
    #[error("migration {number} stands in the wrong place of the program's list")]
    Unordered {
        /// The migration.
        number: u32,
    },
    /// The program's own text has an unknown placeholder: a fault of the program.
    #[error("migration {number} has an unknown placeholder {placeholder}")]
    Placeholder {
        /// The migration.
        number: u32,
        /// What stands there.
        placeholder: String,
    },
    /// The database refused it.
    #[error("migration {number} ({name}) failed")]
    Failed {
        /// The migration.
        number: u32,
        /// Its name.
        name: &'static str,
        /// What the database says.
        source: Error,
    },
    /// The record of applied migrations can't be read.
    #[error("the record of migrations can't be read")]
    Database(#[from] Error),
}

/// A migration as it stands in `schema_migrations`.
pub(crate) struct Record {
    pub(crate) number: u32,
    pub(crate) checksum: String,
}

pub(crate) const RECORDS: &str = "SELECT number, checksum FROM schema_migrations ORDER BY number";

pub(crate) const RECORD: &str = "INSERT INTO schema_migrations (number, name, checksum, applied_at) \
     VALUES ($1, $2, $3, $4)";

/// The tables of the engine itself, made before any migration.
pub(crate) fn own_tables(engine: Engine) -> String {
    let sql = "
        CREATE TABLE IF NOT EXISTS change_stream (
            id {int} PRIMARY KEY CHECK (id = 1),
            position {int} NOT NULL,
            epoch {int} NOT NULL,
            commits {int} NOT NULL DEFAULT 0
        );
        CREATE TABLE IF NOT EXISTS number_blocks (
            name {text} PRIMARY KEY,
            next {int} NOT NULL
        );
        CREATE TABLE IF NOT EXISTS schema_migrations (
            number {int} PRIMARY KEY,
            name {text} NOT NULL,
            checksum {text} NOT NULL,
            applied_at {int} NOT NULL
        );";
    // It has known placeholders only.
    render(sql, engine).unwrap_or_default()
}

/// What is still to be applied.
///
/// # Errors
/// Fails if the list is out of order, or the database is not one that an earlier version of the list made.
pub(crate) fn outstanding<'a>(
    set: &'a [Migration],
    applied: &[Record],
) -> Result<&'a [Migration], MigrateError> {
    for (migration, number) in set.iter().zip(1..) {
        if migration.number != number {
            return Err(MigrateError::Unordered { number: migration.number });
        }
    }
    if let Some(newest) = applied.last()
        && applied.len() > set.len()
    {
        let program = set.last().map_or(0, |migration| migration.number);
        return Err(MigrateError::Newer { database: newest.number, program });
    }
    for (migration, record) in set.iter().zip(applied) {
        if migration.number != record.number || migration.checksum() != record.checksum {
            return Err(MigrateError::Changed { number: migration.number, name: migration.name });
        }
    }
    Ok(set.get(applied.len()..).unwrap_or_default())
}

impl Migration {
    /// Of the text before it is made to fit an engine: the same on both.
    pub(crate) fn checksum(&self) -> String {
        Sha256::digest(self.sql).iter().fold(String::new(), |mut hex, byte| {
            // Writing to a String can't fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }

    /// The text for `engine`.
    ///
    /// # Errors
    /// Fails on an unknown placeholder.
    pub(crate) fn text(&self, engine: Engine) -> Result<String, MigrateError> {
        render(self.sql, engine)
            .map_err(|placeholder| MigrateError::Placeholder { number: self.number, placeholder })
    }
}

fn render(sql: &str, engine: Engine) -> Result<String, String> {
    let mut out = String::with_capacity(sql.len());
    let mut wanted = true;
    for line in sql.lines() {
        match line.trim_end() {
            "--- both" => wanted = true,
            "--- sqlite" => wanted = engine == Engine::Sqlite,
            "--- postgres" => wanted = engine == Engine::Postgres,
            line if wanted => {
                fill(&mut out, line, engine)?;
                out.push('\n');
            }
            _ => {}
        }
    }
    Ok(out)
}

/// Fills the placeholders of a line. Braces around anything but a word are left alone.
fn fill(out: &mut String, line: &str, engine: Engine) -> Result<(), String> {
    let mut rest = line;
    while let Some((before, tail)) = rest.split_once('{') {
        out.push_str(before);
        match tail.split_once('}') {
            Some((word, after))
                if !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase()) =>
            {
                out.push_str(placeholder(word, engine).ok_or_else(|| format!("{{{word}}}"))?);
                rest = after;
            }
            _ => {
                out.push('{');
                rest = tail;
            }
        }
    }
    out.push_str(rest);
    Ok(())
}

fn placeholder(word: &str, engine: Engine) -> Option<&'static str> {
    Some(match (word, engine) {
        ("int", Engine::Sqlite) => "INTEGER",
        ("int", Engine::Postgres) => "BIGINT",
        ("text", Engine::Sqlite) => "TEXT",
        ("text", Engine::Postgres) => "TEXT COLLATE \"C\"",
        ("blob", Engine::Sqlite) => "BLOB",
        ("blob", Engine::Postgres) => "BYTEA",
        ("float", Engine::Sqlite) => "REAL",
        ("float", Engine::Postgres) => "DOUBLE PRECISION",
        ("keyed", Engine::Sqlite) => " WITHOUT ROWID",
        ("keyed", Engine::Postgres) => "",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Migration = Migration { number: 1, name: "first", sql: "a {int}" };
    const SECOND: Migration = Migration { number: 2, name: "second", sql: "b" };

    fn record(migration: Migration) -> Record {
        Record { number: migration.number, checksum: migration.checksum() }
    }

    #[test]
    fn a_text_is_made_to_fit_the_engine() {
        let sql =
            "x {int} DEFAULT '{}' {\n--- sqlite\nfts5\n--- postgres\ntsvector\n--- both\n{text}";
        let check = |engine, expected: &str| assert_eq!(render(sql, engine).unwrap(), expected);
        check(Engine::Sqlite, "x INTEGER DEFAULT '{}' {\nfts5\nTEXT\n");
        check(Engine::Postgres, "x BIGINT DEFAULT '{}' {\ntsvector\nTEXT COLLATE \"C\"\n");
        assert_eq!(render("{bigint}", Engine::Sqlite), Err("{bigint}".to_owned()));
    }

    #[test]
    fn only_what_is_missing_is_outstanding() {
        let numbers = |applied: &[Record]| {
            let left = outstanding(&[FIRST, SECOND], applied).unwrap();
            left.iter().map(|migration| migration.number).collect::<Vec<_>>()
        };
        assert_eq!(numbers(&[]), [1, 2]);
        assert_eq!(numbers(&[record(FIRST)]), [2]);
        assert!(numbers(&[record(FIRST), record(SECOND)]).is_empty());
    }

    #[test]
    fn foreign_databases_are_refused() {
        let newer = outstanding(&[FIRST], &[record(FIRST), record(SECOND)]);
        assert!(matches!(newer, Err(MigrateError::Newer { database: 2, program: 1 })));
        let edited = Migration { sql: "a {text}", ..FIRST };
        let set = [edited, SECOND];
        let changed = outstanding(&set, &[record(FIRST)]);
        assert!(matches!(changed, Err(MigrateError::Changed { number: 1, .. })));
        let unordered = outstanding(&[SECOND, FIRST], &[]);
        assert!(matches!(unordered, Err(MigrateError::Unordered { number: 2 })));
    }
}
