//! The part of the change stream that an answer is about.
use rooms::token::StreamToken;

/// Everything the user may see with `since < position <= now`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    /// What the client has seen; nothing if absent.
    pub(crate) since: Option<StreamToken>,
    /// Up to where the answer tells.
    pub(crate) now: StreamToken,
}

impl Window {
    /// The position after which things are new.
    pub(crate) fn after(self) -> i64 {
        self.since.map_or(i64::MIN, |since| since.position)
    }

    /// Whether something that happened at `position` is told in this answer.
    pub(crate) fn contains(self, position: i64) -> bool {
        position > self.after() && position <= self.now.position
    }
}
