//! `[user_directory]`
use crate::section::section;

section! {
    /// Whom people find who search for others by name.
    pub struct UserDirectory in "user_directory" {
        /// Whether anybody is found at all.
        pub enabled: bool = true,
        /// Whether every user of this server is found. Without it: those who are in a room with the
        /// searcher, or in a room that anybody may enter or read.
        pub search_all_users: bool = false,
    }
    check(_this, _complaints) {}
}
