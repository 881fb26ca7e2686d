//! What one connection has been told.
//!
//! A client that asks with a position shows that it has the answer that gave it. What an answer tells is therefore
//! kept beside what is known to have arrived, and becomes part of it when the client comes back with that answer's
//! position. A client that asks again with the position before gets another answer, from the same point.
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, hash_map::Entry},
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64},
    },
};

use rooms::token::StreamToken;
use store::{RoomNum, UserNum};
use tokio::sync::{Mutex, watch};

use super::{response::ListAnswer, rules::Rules};
use crate::profiles::ProfileFields;

/// Answers that may still arrive, the newest last: more than one if a client asks twice from the same position.
const PENDING_MAX: usize = 4;

/// How many lazily loaded members are remembered of a room. Who is forgotten is told again.
pub(super) const MEMBERS_MAX: usize = 100;

/// A connection: a device's requests under one `conn_id`.
pub(super) struct Connection {
    /// Tells it from connections that had its place before.
    pub(super) number: u64,
    /// When it was last used (Unix ms).
    pub(super) used: AtomicI64,
    /// The number of the last answer that is stored.
    pub(super) saved: AtomicU64,
    /// Counts its requests: an older one that still waits ends when another comes.
    pub(super) requests: watch::Sender<u64>,
    pub(super) state: Mutex<State>,
}

/// What the client has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct State {
    /// Of the answer that it has; 0 before the first.
    pub(super) serial: u64,
    pub(super) told: Told,
    pub(super) rooms: HashMap<RoomNum, Sent>,
    pub(super) pending: Vec<Pending>,
    pub(super) last_serial: u64,
    /// Up to where an earlier connection of this name told, if the client has had one. It keeps the rooms that it was
    /// told of then, so it is told which of them the user has left since.
    pub(super) earlier: Option<i64>,
}

/// What of an answer is not about single rooms.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// Up to where it told; nothing before the first answer.
    pub(super) at: Option<StreamToken>,
    /// Which request it answered.
    pub(super) fingerprint: u64,
    pub(super) lists: BTreeMap<String, ListAnswer>,
    /// Whether the data of the user that belongs to no room has been told.
    pub(super) account_data: bool,
    /// The fields of profiles that the client is kept up to date with.
    pub(super) profile_fields: Option<ProfileFields>,
}

/// An answer that may have arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pending {
    pub(super) serial: u64,
    pub(super) told: Told,
    pub(super) rooms: HashMap<RoomNum, Option<Sent>>,
}

/// What the user was in a room when it was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// In it.
    Joined,
    /// Asked in, or asking.
    Pending,
    /// Gone.
    Gone,
}

/// What has been told of a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sent {
    pub(super) kind: Kind,
    /// Everything up to here has been told.
    pub(super) through: i64,
    /// How many of the latest events the client has without a gap; [`u32::MAX`] if it has them all.
    pub(super) events: u32,
    /// The state that the client is kept up to date with.
    pub(super) rules: Arc<Rules>,
    pub(super) is_dm: bool,
    /// Receipts up to here have been told; none of them at 0.
    pub(super) receipts: i64,
    /// Up to here the user has set receipts of their own, told or not: a room may be in no window then. 0 for none.
    pub(super) read: i64,
    /// Whether the user's data about the room has been told.
    pub(super) account_data: bool,
    /// Whether the profiles of those whom it introduces have been told.
    pub(super) profiles: bool,
    /// The lazily loaded members that have been told.
    pub(super) members: BTreeSet<UserNum>,
}

/// What an answer is going to change.
pub(super) struct Draft<'a> {
    pub(super) before: &'a State,
    changes: HashMap<RoomNum, Option<Sent>>,
}

impl<'a> Draft<'a> {
    pub(super) fn new(before: &'a State) -> Self {
        Self { before, changes: HashMap::new() }
    }

    /// What will have been told of a room.
    pub(super) fn sent(&self, room: RoomNum) -> Option<&Sent> {
        match self.changes.get(&room) {
            Some(change) => change.as_ref(),
            None => self.before.rooms.get(&room),
        }
    }

    /// The same, to be changed.
    pub(super) fn sent_mut(&mut self, room: RoomNum) -> Option<&mut Sent> {
        match self.changes.entry(room) {
            Entry::Occupied(change) => change.into_mut().as_mut(),
            Entry::Vacant(unchanged) => {
                let before = self.before.rooms.get(&room)?;
                unchanged.insert(Some(before.clone())).as_mut()
            }
        }
    }

    /// Lets every room introduce its people anew.
    pub(super) fn forget_profiles(&mut self) {
        let told = self.before.rooms.iter().filter(|(_, sent)| sent.profiles);
        let rooms: Vec<RoomNum> = told.map(|(room, _)| *room).collect();
        for room in rooms {
            if let Some(sent) = self.sent_mut(room) {
                sent.profiles = false;
            }
        }
    }

    /// Whether something is told of a room.
    pub(super) fn has(&self, room: RoomNum) -> bool {
        self.changes.contains_key(&room)
    }

    pub(super) fn set(&mut self, room: RoomNum, sent: Option<Sent>) {
        self.changes.insert(room, sent);
    }

    pub(super) fn into_changes(self) -> HashMap<RoomNum, Option<Sent>> {
        self.changes
    }
}

impl Connection {
    pub(super) fn new(number: u64, now_ms: i64, state: State) -> Self {
        Self {
            number,
            used: AtomicI64::new(now_ms),
            saved: AtomicU64::new(state.last_serial),
            requests: watch::Sender::new(0),
            state: Mutex::new(state),
        }
    }
}

impl Told {
    fn position(&self) -> Option<i64> {
        self.at.map(|at| at.position)
    }
}

impl State {
    /// Nothing yet, after a connection that told up to `earlier`.
    pub(super) fn after(earlier: Option<i64>) -> Self {
        Self { earlier, ..Self::default() }
    }

    /// Up to where the client has been told, by this connection or by an earlier one.
    pub(super) fn known(&self) -> Option<i64> {
        self.told.position().or(self.earlier)
    }

    /// The client has the answer with this number, which told up to `position`. Returns whether that can be: answers
    /// before it are forgotten.
    pub(super) fn acknowledge(&mut self, serial: u64, position: i64) -> bool {
        // A number alone may have been used again after a crash.
        let is_it = |of: u64, told: &Told| of == serial && told.position() == Some(position);
        if is_it(self.serial, &self.told) {
            return true;
        }
        let index = self.pending.iter().position(|pending| is_it(pending.serial, &pending.told));
        let Some(index) = index else { return false };
        let Pending { serial, told, rooms } = self.pending.swap_remove(index);
        self.pending.clear();
        self.serial = serial;
        self.told = told;
        for (room, sent) in rooms {
            match sent {
                Some(sent) => drop(self.rooms.insert(room, sent)),
                None => drop(self.rooms.remove(&room)),
            }
        }
        true
    }

    /// Keeps what an answer tells, until the client shows that it has it. Returns the answer's number.
    pub(super) fn expect(&mut self, told: Told, rooms: HashMap<RoomNum, Option<Sent>>) -> u64 {
        self.last_serial += 1;
        let serial = self.last_serial;
        if self.pending.len() >= PENDING_MAX {
            self.pending.remove(0);
        }
        self.pending.push(Pending { serial, told, rooms });
        serial
    }

    /// The bytes it occupies in memory, about.
    pub(super) fn memory_bytes(&self) -> usize {
        let members = |sent: &Sent| sent.members.len() * 16;
        let room = size_of::<(RoomNum, Sent)>() + 8;
        let pending = self.pending.iter().flat_map(|pending| pending.rooms.values().flatten());
        let count = self.rooms.len()
            + self.pending.iter().map(|pending| pending.rooms.len()).sum::<usize>();
        let members: usize = self.rooms.values().chain(pending).map(members).sum();
        let told = self.pending.iter().map(|pending| &pending.told).chain([&self.told]);
        let fields: usize = told
            .filter_map(|told| told.profile_fields.as_ref())
            .map(ProfileFields::memory_bytes)
            .sum();
        size_of::<Self>() + count * room + members + fields
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Up to where the answers tell.
    const AT: i64 = 17;

    fn sent(through: i64) -> Sent {
        Sent {
            kind: Kind::Joined,
            through,
            events: 1,
            rules: Arc::default(),
            is_dm: false,
            receipts: 0,
            read: 0,
            account_data: false,
            profiles: false,
            members: BTreeSet::new(),
        }
    }

    fn answer(state: &mut State, through: i64) -> u64 {
        let at = Some(StreamToken { epoch: 1, position: AT, ephemeral: 0 });
        let told = Told { at, ..Told::default() };
        state.expect(told, HashMap::from([(RoomNum(1), Some(sent(through)))]))
    }

    #[test]
    fn an_answer_counts_when_its_position_comes_back() {
        let mut state = State::default();
        let first = answer(&mut state, 5);
        assert!(state.rooms.is_empty());
        assert!(state.acknowledge(first, AT) && state.acknowledge(first, AT));
        assert_eq!(state.rooms[&RoomNum(1)].through, 5);
    }

    #[test]
    fn an_answer_that_was_lost_leaves_no_trace() {
        let mut state = State::default();
        let first = answer(&mut state, 5);
        assert!(state.acknowledge(first, AT));
        let lost = answer(&mut state, 6);
        // The client asks again with the position that it has.
        assert!(state.acknowledge(first, AT));
        let second = answer(&mut state, 7);
        assert!(state.acknowledge(second, AT));
        assert_eq!(state.rooms[&RoomNum(1)].through, 7);
        assert!(!state.acknowledge(lost, AT) && !state.acknowledge(first, AT));
        assert!(!state.acknowledge(second, AT + 1));
    }

    #[test]
    fn answers_that_may_arrive_are_bounded() {
        let mut state = State::default();
        let serials: Vec<u64> = (0..10).map(|through| answer(&mut state, through)).collect();
        assert!(!state.acknowledge(serials[0], AT));
        assert_eq!(state.pending.len(), PENDING_MAX);
        assert!(state.acknowledge(serials[9], AT));
    }

    #[test]
    fn a_room_can_be_forgotten() {
        let mut state = State::default();
        let first = answer(&mut state, 5);
        assert!(state.acknowledge(first, AT));
        let mut draft = Draft::new(&state);
        draft.sent_mut(RoomNum(1)).unwrap().receipts = 9;
        assert_eq!(draft.sent(RoomNum(1)).unwrap().receipts, 9);
        draft.set(RoomNum(1), None);
        assert!(draft.sent(RoomNum(1)).is_none());
        let changes = draft.into_changes();
        let second = state.expect(state.told.clone(), changes);
        assert!(state.acknowledge(second, AT));
        assert!(state.rooms.is_empty());
    }
}
