//! The proof that somebody has checked.
use std::{ops::Deref, sync::Arc};

/// A value whose form, hash and signatures have been checked, or that this server has made itself.
///
/// Nobody else can make one:
/// ```compile_fail,E0423
/// use protocol::{Pdu, RoomVersion, signing::Verified};
///
/// let json = r#"{"auth_events":[],"content":{},"depth":1,"origin_server_ts":1,"prev_events":[],"room_id":"!r:s",
///     "sender":"@u:s","type":"m.x"}"#;
/// let unchecked = Pdu::from_stored("$e".try_into().unwrap(), RoomVersion::V11, json).unwrap();
/// let _ = Verified(unchecked);
/// ```
#[derive(Clone, Debug)]
pub struct Verified<T>(T);

impl<T> Verified<T> {
    pub(super) const fn new(value: T) -> Self {
        Self(value)
    }

    /// Gives the value up; the proof is lost.
    pub fn into_inner(self) -> T {
        self.0
    }

    /// Shares the value, with its proof.
    #[must_use]
    pub fn shared(self) -> Verified<Arc<T>> {
        Verified(Arc::new(self.0))
    }
}

impl<T> Deref for Verified<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}
