//! `[appservices]`
use std::path::PathBuf;

use crate::section::section;

section! {
    /// Bridges and bots that act as many users.
    pub struct Appservices in "appservices" {
        /// Their registration files (YAML), as bridges write them; relative paths are inside the data
        /// folder. Read at the start.
        pub registrations: Vec<PathBuf> = Vec::new(),
    }
    check(_this, _complaints) {}
}
