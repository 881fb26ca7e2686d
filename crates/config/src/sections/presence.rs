//! `[presence]`
use crate::section::section;

section! {
    /// Who is there.
    pub struct Presence in "presence" {
        /// Whether people see who of those in their rooms is there. It costs: whenever somebody comes
        /// or goes, everybody in their rooms is told.
        pub enabled: bool = false,
    }
    check(_this, _complaints) {}
}
