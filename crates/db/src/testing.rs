//! Databases for tests, on both engines.
//!
//! Every test of stored behaviour loops over [`engines`]:
//!
//! ```no_run
//! # async fn example() {
//! for database in db::testing::engines().await {
//!     let db = database.open().await;
//! }
//! # }
//! ```
//!
//! PostgreSQL is found through the environment variable `LONGHOUSE_TEST_POSTGRES`, the URL of a superuser. `./test`
//! sets it, and so does `tests/postgres run COMMAND`, which starts a private server for the length of a command.
#![expect(clippy::missing_panics_doc, reason = "a test that can't have its database has failed")]
#![expect(clippy::expect_used, reason = "a test that can't have its database has failed")]

use std::{path::PathBuf, time::Duration};

use tempfile::TempDir;
use tokio_postgres::{Config, NoTls};

use crate::{Database, Engine, Location, Options};

/// The environment variable with the URL of a PostgreSQL superuser.
pub const POSTGRES: &str = "LONGHOUSE_TEST_POSTGRES";

/// A fresh, empty database that is gone when this is dropped.
#[derive(Debug)]
pub struct TestDatabase {
    /// Which engine it is of: for the messages of a test.
    pub engine: Engine,
    /// Where it is, for [`Database::open`].
    pub location: Location,
    keeper: Keeper,
}

#[derive(Debug)]
enum Keeper {
    /// Removed by its own drop.
    Folder(TempDir),
    Server {
        url: String,
        name: String,
    },
}

/// A fresh database on each engine.
///
/// Panics without PostgreSQL: a test that silently covers one engine only would be worth little.
pub async fn engines() -> Vec<TestDatabase> {
    vec![sqlite(), postgres().await]
}

/// A fresh SQLite database.
#[must_use]
pub fn sqlite() -> TestDatabase {
    let folder = TempDir::new().expect("a temporary folder");
    let location = Location::Sqlite(folder.path().join("test.db"));
    TestDatabase { engine: Engine::Sqlite, location, keeper: Keeper::Folder(folder) }
}

/// A fresh PostgreSQL database.
pub async fn postgres() -> TestDatabase {
    let url = std::env::var(POSTGRES).unwrap_or_else(|_| {
        panic!(
            "{POSTGRES} is not set: run the tests with ./test, with `tests/postgres run cargo test`, or set it to the \
             URL of a PostgreSQL superuser"
        )
    });
    // The folder's name is random, and of this moment: no other test makes a database of that name.
    let unique = TempDir::new().expect("a temporary folder");
    let unique = unique.path().file_name().and_then(|name| name.to_str()).expect("a name");
    let name = format!("test_{}_{}", std::process::id(), unique.replace('.', "").to_lowercase());
    let create = format!(
        "CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'"
    );
    administer(&url, &create).await;
    let location = Location::Postgres(with_database(&url, &name));
    TestDatabase { engine: Engine::Postgres, location, keeper: Keeper::Server { url, name } }
}

impl TestDatabase {
    /// Opens it, without migrations.
    pub async fn open(&self) -> Database {
        self.open_with(options()).await
    }

    /// Opens it with other options.
    pub async fn open_with(&self, options: Options) -> Database {
        Database::open(&self.location, options).await.expect("the test's database opens")
    }

    /// The folder of a SQLite database.
    #[must_use]
    pub fn folder(&self) -> Option<PathBuf> {
        match &self.keeper {
            Keeper::Folder(folder) => Some(folder.path().to_owned()),
            Keeper::Server { .. } => None,
        }
    }

    /// Runs a statement as PostgreSQL's superuser, outside the test's database. Does nothing for SQLite.
    pub async fn as_superuser(&self, sql: &str) {
        if let Keeper::Server { url, .. } = &self.keeper {
            administer(url, sql).await;
        }
    }

    /// The name of a PostgreSQL database.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match &self.keeper {
            Keeper::Folder(_) => None,
            Keeper::Server { name, .. } => Some(name),
        }
    }
}

/// Few connections, because many tests run at once.
#[must_use]
pub fn options() -> Options {
    Options { readers: 4, reconnect: Duration::from_secs(5), ..Options::default() }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let Keeper::Server { url, name } = &self.keeper else { return };
        let (url, drop) = (url.clone(), format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        // A thread with a runtime of its own: this may be the last thing that happens in the test's.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(administer(&url, &drop));
        });
        // While the test unwinds from its own failure that one is the news.
        let _ = dropping.join();
    }
}

async fn administer(url: &str, sql: &str) {
    let config: Config = url.parse().expect("a PostgreSQL URL");
    let (client, connection) = config.connect(NoTls).await.expect("PostgreSQL answers");
    let connection = tokio::spawn(connection);
    client.batch_execute(sql).await.expect("the superuser may do it");
    drop(client);
    // The connection is closed, in whatever way.
    let _ = connection.await;
}

/// The URL with another database.
fn with_database(url: &str, name: &str) -> String {
    let (base, query) = url.split_once('?').unwrap_or((url, ""));
    let start = base.find("://").map_or(0, |at| at + 3);
    let (_, rest) = base.split_at(start);
    let server = rest.find('/').map_or(base.len(), |at| start + at);
    let separator = if query.is_empty() { "" } else { "?" };
    format!("{}/{name}{separator}{query}", base.get(..server).unwrap_or(base))
}

#[cfg(test)]
mod tests {
    use super::with_database;

    #[test]
    fn a_database_is_put_into_a_url() {
        let check = |url, expected: &str| assert_eq!(with_database(url, "x"), expected);
        check("postgres://u@h:1/postgres", "postgres://u@h:1/x");
        check("postgres://u@h", "postgres://u@h/x");
        check("postgres:///postgres?host=/run&user=u", "postgres:///x?host=/run&user=u");
    }
}
