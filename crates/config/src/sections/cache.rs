//! `[cache]`
use crate::{section::section, value::Bytes};

section! {
    /// How much memory is used to save work. Each is a bound, not a reservation.
    pub struct Cache in "cache" {
        /// Rooms in use: their state, members and power levels.
        pub rooms: Bytes = Bytes::mebibytes(48),
        /// Events that were read or written lately.
        pub events: Bytes = Bytes::mebibytes(16),
        /// Page cache of SQLite, over all its connections.
        pub database: Bytes = Bytes::mebibytes(16),
    }
    check(this, complaints) {
        for (key, bytes) in
            [("rooms", this.rooms), ("events", this.events), ("database", this.database)]
        {
            if bytes < Bytes::mebibytes(1) {
                complaints.push((key, "expected at least 1 MiB".to_owned()));
            }
        }
    }
}
