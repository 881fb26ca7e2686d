//! The state that an event is judged by.
use protocol::Pdu;

use crate::PowerLevels;

/// A room's state at some point, or as much of it as [`crate::auth_types_for`] names. In room version 12 and later that
/// is not enough: `m.room.create` must be found as well.
pub trait State {
    /// The state event of that type and state key.
    fn get(&self, kind: &str, state_key: &str) -> Option<&Pdu>;

    /// The content of this state's `m.room.power_levels`, where somebody has parsed it before. It must be the same
    /// event as [`Self::get`] finds. In a room with thousands of levels this saves most of the time.
    fn power_levels(&self) -> Option<&PowerLevels> {
        None
    }
}

impl<S: State + ?Sized> State for &S {
    fn get(&self, kind: &str, state_key: &str) -> Option<&Pdu> {
        (**self).get(kind, state_key)
    }

    fn power_levels(&self) -> Option<&PowerLevels> {
        (**self).power_levels()
    }
}
