//! Opens the database, and makes sure that it is this server's.
use std::path::Path;

use clock::SharedClock;
use config::Config;
use db::{Database, Location, Options, Write};
use entropy::SharedEntropy;
use store::{Store, server_facts};

use crate::{failure::Failure, folder::Folder};

const SERVER_NAME: &str = "server_name";

/// Where the database is, relative paths being inside the folder.
pub(crate) fn location(config: &Config, folder: &Folder) -> Result<Location, Failure> {
    let url =
        config.database.url.as_ref().ok_or_else(|| Failure::new("database.url is not set"))?;
    if let Some(path) = url.sqlite_path() {
        return Ok(Location::Sqlite(folder.resolve(Path::new(path))));
    }
    Location::parse(url.expose()).map_err(|error| Failure::of("database.url", &error))
}

/// How the database is opened.
pub(crate) fn options(config: &Config, clock: SharedClock) -> Options {
    let mut options = Options::default();
    options.clock = clock;
    options.readers = usize::try_from(config.database.connections).unwrap_or(usize::MAX);
    options.cache_bytes = config.cache.database.as_usize();
    options
}

/// Opens the database, brings its tables up to date and checks whose it is.
pub(super) async fn open(
    config: &Config,
    folder: &Folder,
    clock: SharedClock,
    entropy: SharedEntropy,
) -> Result<Store, Failure> {
    let location = location(config, folder)?;
    let database = Database::open(&location, options(config, clock.clone()))
        .await
        .map_err(|error| Failure::of("cannot open the database", &error))?;
    let store = Store::open(database, clock, entropy)
        .await
        .map_err(|error| Failure::of("cannot bring the database up to date", &error))?;
    check_server_name(&store, &config.server.name).await?;
    Ok(store)
}

/// The name is in every id, signature and event: a database of another name is another server's.
async fn check_server_name(store: &Store, name: &str) -> Result<(), Failure> {
    let failed = |error: db::Error| Failure::of("cannot read the server name", &error);
    let mut stored = server_facts::find(&store.db, SERVER_NAME).await.map_err(failed)?;
    if stored.is_none() {
        let mut write = Write::new();
        server_facts::insert(&mut write, SERVER_NAME, name);
        store
            .db
            .write(write)
            .await
            .map_err(|error| Failure::of("cannot store the server name", &error))?;
        // Read again: of two first starts at the same time, one wrote it.
        stored = server_facts::find(&store.db, SERVER_NAME).await.map_err(failed)?;
    }
    match stored {
        Some(stored) if stored != name => Err(Failure::new(format!(
            "this database belongs to the server {stored}, and this node is configured as {name}: \
             a server cannot change its name"
        ))
        .next(format!(
            "Start it with the name {stored} (server.name or --server-name), or take another \
             --data folder or database for {name}."
        ))),
        _ => Ok(()),
    }
}
