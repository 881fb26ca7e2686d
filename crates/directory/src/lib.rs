//! The user directory ([spec]): finding people by their names.
//!
//! What a search needs stands in tables of its own, made from profiles, memberships and the state of rooms. Nothing is
//! written to them when somebody sends or joins: a search first catches up with what the change stream has brought since
//! the last one, and so does the server's housekeeping.
//!
//! Invariant: a search finds nobody whom the searcher could not meet: who is in a room with them, or in a room that anybody
//! may enter or read; or, where the administrator wants it, every user of this server.
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#user-directory
mod catch_up;
mod words;

use std::sync::Arc;

use protocol::ids::ServerName;
use rooms::Rooms;
use store::{
    Store, UserNum,
    user_directory::{self as table, DirectoryQuery},
};
use tokio::sync::Mutex;

pub use store::user_directory::DirectoryRow as Person;

use self::catch_up::Progress;

/// How many people a search finds at most.
const LIMIT_MAX: usize = 50;

/// How the directory is set up.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Whether anybody is found at all.
    pub enabled: bool,
    /// Whether every user of this server is found.
    pub all_local_users: bool,
    /// Whether accounts end: then who has not renewed theirs is not found.
    pub accounts_end: bool,
}

/// The service.
pub struct Directory {
    store: Store,
    rooms: Arc<Rooms>,
    settings: Settings,
    /// How far the tables are made; `None` until that was read.
    progress: Mutex<Option<Progress>>,
}

/// Why nobody was looked for.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A room could not be read.
    #[error(transparent)]
    Rooms(#[from] rooms::Error),
    /// The database failed.
    #[error(transparent)]
    Failed(#[from] db::Error),
}

/// Who was found.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// The people, the best first.
    pub people: Vec<Person>,
    /// Whether there are more.
    pub limited: bool,
}

impl Directory {
    /// The directory of the people in these rooms.
    #[must_use]
    pub fn new(store: Store, rooms: Arc<Rooms>, settings: Settings) -> Self {
        Self { store, rooms, settings, progress: Mutex::new(None) }
    }

    fn server_name(&self) -> &ServerName {
        self.rooms.server_name()
    }

    /// Looks for people by the beginnings of the words in their names and ids.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn search(
        &self,
        searcher: UserNum,
        text: &str,
        limit: usize,
    ) -> Result<Found, Error> {
        let terms = words::terms(text);
        let [first, second, third] = [0, 1, 2].map(|at| terms.get(at).map_or("", String::as_str));
        if first.is_empty() || !self.settings.enabled {
            return Ok(Found::default());
        }
        self.catch_up().await?;
        let limit = limit.clamp(1, LIMIT_MAX);
        let query = DirectoryQuery {
            searcher,
            all_local_users: self.settings.all_local_users,
            terms: [first, second, third],
            whole: &words::whole(text),
            valid_at_ms: self.settings.accounts_end.then(|| self.store.clock.now_ms()),
            limit: i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1),
        };
        let mut people = table::search(&self.store.db, &query).await?;
        let limited = people.len() > limit;
        people.truncate(limit);
        Ok(Found { people, limited })
    }
}
