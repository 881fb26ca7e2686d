//! The body of a request that changes one's own membership.
use serde::Deserialize;

/// Why, for the others to read.
#[derive(Default, Deserialize)]
pub(crate) struct Reason {
    pub(crate) reason: Option<String>,
}
