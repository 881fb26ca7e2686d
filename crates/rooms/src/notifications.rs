//! What the rooms ask of the push rules, which stand above them.
use std::{future::Future, pin::Pin};

use db::{Value, Write};
use protocol::Pdu;
use store::EventNum;

use crate::facts::Facts;

/// A boxed future: the rules are known only at run time.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// An event about to be committed.
#[derive(Debug)]
pub struct Arrival<'a> {
    /// The room before it.
    pub facts: &'a Facts,
    /// The event.
    pub event: &'a Pdu,
    /// Its number.
    pub event_num: EventNum,
    /// Its position, bound when the write commits.
    pub position: &'a Value,
}

/// Classifies every event of every room once, before it is committed.
pub trait NotificationRules: Send + Sync {
    /// Whether the event notifies a member under the default push rules. What must be stored for members whose rules
    /// differ is added to `write`.
    fn classify<'a>(
        &'a self,
        arrival: &'a Arrival<'a>,
        write: &'a mut Write,
    ) -> BoxFuture<'a, db::Result<bool>>;

    /// The write with this event was committed: what is kept in memory may now follow.
    fn committed(&self, room: store::RoomNum, event: EventNum, position: i64);
}
