//! `[rooms]`
use crate::{section::section, value::Lifetime};

section! {
    /// Rooms that are made here.
    pub struct Rooms in "rooms" {
        /// The version of a new room whose creator does not ask for one.
        pub default_version: String = "12".to_owned(),
        /// For how long an event can be delayed, as clients of calls do; 0: not at all.
        pub delay_max: Lifetime = Lifetime::seconds(86_400),
        /// How many delayed events of a user can wait at the same time.
        pub delayed_events_max: u32 = 100,
    }
    check(this, complaints) {
        let known = this.default_version.parse::<u8>().is_ok_and(|v| (3..=12).contains(&v));
        if !known {
            complaints.push(("default_version", "expected a room version from 3 to 12".to_owned()));
        }
    }
}
