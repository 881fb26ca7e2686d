//! `[database]`
use crate::{section::section, value::DatabaseUrl};

section! {
    /// Where everything is stored.
    pub struct Database in "database" {
        /// `sqlite:FILE` (relative to the data folder), or `postgres://USER:PASSWORD@HOST:PORT/NAME`.
        /// An embedded SQLite file needs nothing installed; PostgreSQL 13 or newer is for sites that
        /// already run it.
        pub url: Option<DatabaseUrl> = DatabaseUrl::parse("sqlite:longhouse.db"),
        /// How many connections the node opens: readers on SQLite, the pool on PostgreSQL.
        pub connections: u32 = 8,
    }
    check(this, complaints) {
        if this.url.is_none() {
            complaints.push(("url", "a database is needed".to_owned()));
        }
        if !(1..=1_000).contains(&this.connections) {
            complaints.push(("connections", "expected 1 to 1000".to_owned()));
        }
    }
}
