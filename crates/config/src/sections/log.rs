//! `[log]`
use crate::{section::section, value::LogFormat};

section! {
    /// What the node writes about its work, on the standard error stream.
    pub struct Log in "log" {
        /// `auto` (text; without times under systemd, whose journal adds them), `text` or `json`.
        pub format: LogFormat = LogFormat::Auto,
        /// Which events: a level (`error`, `warn`, `info`, `debug`, `trace`), or levels by module as
        /// in `info,rooms=debug`.
        pub filter: String = "info".to_owned(),
    }
    check(this, complaints) {
        if this.filter.trim().is_empty() {
            complaints.push(("filter", "expected a level such as `info`".to_owned()));
        }
    }
}
