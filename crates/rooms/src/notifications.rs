//! What the rooms ask of the push rules, which stand above them.
use std::{future::Future, pin::Pin};

use db::{Value, Write};
use protocol::{Pdu, ids::OwnedUserId};
use store::{EventNum, RoomNum, UserNum};

use crate::{event::Event, facts::Facts};

/// A boxed future: the rules are known only at run time.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// An event about to be committed.
#[derive(Debug)]
pub struct Arrival<'a> {
    /// The room before it.
    pub facts: &'a Facts,
    /// The event.
    pub event: &'a Pdu,
    /// Its sender.
    pub sender_num: UserNum,
    /// Who comes into the room or goes by it.
    pub moved: &'a [Moved],
    /// The event that it empties, as it was.
    pub redacts: Option<&'a Event>,
    /// The root of the thread it is in; none in the main timeline.
    pub thread: Option<EventNum>,
    /// The running count of notifying events in the main timeline before it.
    pub notify_count: i64,
    /// Its position, bound when the write commits.
    pub position: &'a Value,
}

/// A user who comes into a room or goes.
#[derive(Clone, Debug)]
pub struct Moved {
    /// The user.
    pub user_id: OwnedUserId,
    /// Their number.
    pub user_num: UserNum,
    /// Whether they are in the room now.
    pub comes: bool,
}

/// What an event is for the push rules.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own about the event")]
pub struct Classified {
    /// Whether it is in the main timeline and notifies under the server's push rules: then it is counted.
    pub notifies: bool,
    /// Whether something was stored that counts for more than one member.
    pub is_shared: bool,
    /// Whether somebody ignores its sender, and counts it otherwise than the others.
    pub is_ignored: bool,
    /// Those for whom something was stored that counts for nobody else.
    pub users: Vec<UserNum>,
    /// Who has read the main timeline by sending it, and the running count there.
    pub has_read: Option<(UserNum, i64)>,
    /// Whether a member comes or goes whose own push rules matter in the room.
    pub moves_members: bool,
}

/// Classifies every event of every room once, before it is committed.
pub trait NotificationRules: Send + Sync {
    /// What the event is for the server's push rules. What must be stored for members whose rules differ, or who have read
    /// by it, is added to `write`.
    fn classify<'a>(
        &'a self,
        arrival: &'a Arrival<'a>,
        write: &'a mut Write,
    ) -> BoxFuture<'a, db::Result<Classified>>;

    /// The write with an event was committed: what is kept in memory may now follow.
    fn committed(&self, room: RoomNum, position: i64, classified: &Classified);

    /// History of a room was purged, which was committed at `position`: it counts as read.
    fn purged(&self, room: RoomNum, position: i64);
}
