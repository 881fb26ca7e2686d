//! A connection's state as it is stored, so that a client can go on after a restart.
//!
//! It is a text of this module's own. One that it does not understand counts as none: the client starts again.
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use rooms::token::StreamToken;
use serde::{Deserialize, Serialize};
use store::{RoomNum, UserNum};

use super::{
    connection::{Kind, Pending, Sent, State, Told},
    response::ListAnswer,
    rules::Rules,
};
use crate::profiles::ProfileFields;

/// Changes with what the text means.
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct StoredState {
    version: u32,
    serial: u64,
    last_serial: u64,
    told: StoredTold,
    /// What rooms refer to by its place here.
    rules: Vec<Rules>,
    rooms: Vec<(i64, StoredSent)>,
    pending: Vec<StoredPending>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    earlier: Option<i64>,
}

#[derive(Serialize, Deserialize)]
struct StoredPending {
    serial: u64,
    told: StoredTold,
    rooms: Vec<(i64, Option<StoredSent>)>,
}

#[derive(Serialize, Deserialize)]
struct StoredTold {
    /// Epoch and position. What is kept in memory only is another after a restart.
    at: Option<(i64, i64)>,
    fingerprint: u64,
    lists: BTreeMap<String, u64>,
    account_data: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    profile_fields: Option<ProfileFields>,
}

/// Short names: there is one for each room.
#[derive(Serialize, Deserialize)]
struct StoredSent {
    #[serde(rename = "k")]
    kind: u8,
    #[serde(rename = "t")]
    through: i64,
    #[serde(rename = "e")]
    events: u32,
    #[serde(rename = "s")]
    rules: usize,
    #[serde(rename = "d", default, skip_serializing_if = "is_default")]
    is_dm: bool,
    #[serde(rename = "r", default, skip_serializing_if = "is_default")]
    receipts: i64,
    #[serde(rename = "o", default, skip_serializing_if = "is_default")]
    read: i64,
    #[serde(rename = "a", default, skip_serializing_if = "is_default")]
    account_data: bool,
    #[serde(rename = "p", default, skip_serializing_if = "is_default")]
    profiles: bool,
    #[serde(rename = "m", default, skip_serializing_if = "is_default")]
    members: Vec<i64>,
}

/// The text of a state.
///
/// # Errors
/// None that can happen; serializing has them.
pub(super) fn encode(state: &State) -> serde_json::Result<String> {
    let mut rules = Numbered::default();
    let rooms = state.rooms.iter().map(|(room, sent)| (room.0, rules.sent(sent))).collect();
    let mut pending = Vec::new();
    for Pending { serial, told, rooms } in &state.pending {
        let rooms = rooms.iter();
        let rooms = rooms.map(|(room, sent)| (room.0, sent.as_ref().map(|sent| rules.sent(sent))));
        pending.push(StoredPending {
            serial: *serial,
            told: StoredTold::of(told),
            rooms: rooms.collect(),
        });
    }
    serde_json::to_string(&StoredState {
        version: VERSION,
        serial: state.serial,
        last_serial: state.last_serial,
        told: StoredTold::of(&state.told),
        rules: rules.rules,
        rooms,
        pending,
        earlier: state.earlier,
    })
}

/// The state of a text. `share` gives the one copy of rules.
pub(super) fn decode(text: &str, share: impl Fn(&Arc<Rules>) -> Arc<Rules>) -> Option<State> {
    let stored: StoredState = serde_json::from_str(text).ok()?;
    if stored.version != VERSION {
        return None;
    }
    let rules: Vec<Arc<Rules>> =
        stored.rules.into_iter().map(|rules| share(&Arc::new(rules))).collect();
    let mut rooms = HashMap::with_capacity(stored.rooms.len());
    for (room, sent) in stored.rooms {
        rooms.insert(RoomNum(room), sent.into_sent(&rules)?);
    }
    let mut pending = Vec::new();
    for StoredPending { serial, told, rooms } in stored.pending {
        let mut changes = HashMap::with_capacity(rooms.len());
        for (room, sent) in rooms {
            let sent = match sent {
                Some(sent) => Some(sent.into_sent(&rules)?),
                None => None,
            };
            changes.insert(RoomNum(room), sent);
        }
        pending.push(Pending { serial, told: told.into_told(), rooms: changes });
    }
    let told = stored.told.into_told();
    let (serial, last_serial) = (stored.serial, stored.last_serial);
    Some(State { serial, told, rooms, pending, last_serial, earlier: stored.earlier })
}

/// Rules and the numbers that stand for them.
#[derive(Default)]
struct Numbered {
    rules: Vec<Rules>,
    numbers: HashMap<Arc<Rules>, usize>,
}

impl Numbered {
    fn sent(&mut self, sent: &Sent) -> StoredSent {
        let rules = *self.numbers.entry(Arc::clone(&sent.rules)).or_insert_with(|| {
            self.rules.push(Rules::clone(&sent.rules));
            self.rules.len() - 1
        });
        StoredSent {
            kind: match sent.kind {
                Kind::Joined => 0,
                Kind::Pending => 1,
                Kind::Gone => 2,
            },
            through: sent.through,
            events: sent.events,
            rules,
            is_dm: sent.is_dm,
            receipts: sent.receipts,
            read: sent.read,
            account_data: sent.account_data,
            profiles: sent.profiles,
            members: sent.members.iter().map(|user| user.0).collect(),
        }
    }
}

impl StoredSent {
    fn into_sent(self, rules: &[Arc<Rules>]) -> Option<Sent> {
        Some(Sent {
            kind: match self.kind {
                0 => Kind::Joined,
                1 => Kind::Pending,
                2 => Kind::Gone,
                _ => return None,
            },
            through: self.through,
            events: self.events,
            rules: Arc::clone(rules.get(self.rules)?),
            is_dm: self.is_dm,
            receipts: self.receipts,
            read: self.read,
            account_data: self.account_data,
            profiles: self.profiles,
            members: self.members.into_iter().map(UserNum).collect(),
        })
    }
}

impl StoredTold {
    fn of(told: &Told) -> Self {
        let lists = told.lists.iter().map(|(name, list)| (name.clone(), list.count));
        Self {
            at: told.at.map(|at| (at.epoch, at.position)),
            fingerprint: told.fingerprint,
            lists: lists.collect(),
            account_data: told.account_data,
            profile_fields: told.profile_fields.clone(),
        }
    }

    fn into_told(self) -> Told {
        let lists = self.lists.into_iter().map(|(name, count)| (name, ListAnswer { count }));
        Told {
            at: self.at.map(|(epoch, position)| StreamToken { epoch, position, ephemeral: 0 }),
            fingerprint: self.fingerprint,
            lists: lists.collect(),
            account_data: self.account_data,
            profile_fields: self.profile_fields,
        }
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn sent(kind: Kind, through: i64, pair: &str) -> Sent {
        Sent {
            kind,
            through,
            events: u32::MAX,
            rules: Arc::new(Rules::new(&[(pair.to_owned(), "$ME".to_owned())])),
            is_dm: true,
            receipts: 7,
            read: 6,
            account_data: true,
            profiles: true,
            members: BTreeSet::from([UserNum(3), UserNum(5)]),
        }
    }

    fn state() -> State {
        let mut state = State::default();
        let told = Told {
            at: Some(StreamToken { epoch: 2, position: 9, ephemeral: 0 }),
            fingerprint: u64::MAX,
            lists: BTreeMap::from([("all".to_owned(), ListAnswer { count: 4 })]),
            account_data: true,
            profile_fields: Some(ProfileFields::Named(["m.tz".to_owned()].into())),
        };
        let rooms = [(1, Kind::Joined), (2, Kind::Pending), (3, Kind::Gone)];
        let rooms = rooms.map(|(room, kind)| (RoomNum(room), Some(sent(kind, 5, "a"))));
        let serial = state.expect(told.clone(), HashMap::from(rooms));
        assert!(state.acknowledge(serial, 9));
        let rooms = [(RoomNum(1), None), (RoomNum(2), Some(sent(Kind::Joined, 9, "b")))];
        state.expect(told, HashMap::from(rooms));
        state
    }

    #[test]
    fn a_state_survives_the_round_trip() {
        let state = state();
        let text = encode(&state).unwrap();
        let decoded = decode(&text, Arc::clone).unwrap();
        assert_eq!(decoded, state);
    }

    #[test]
    fn what_is_not_understood_is_no_state() {
        let text = encode(&state()).unwrap();
        for text in [
            String::new(),
            "{}".to_owned(),
            text.replace("\"version\":1", "\"version\":2"),
            text.replace("\"s\":0", "\"s\":9"),
            text.replace("\"k\":2", "\"k\":3"),
        ] {
            assert!(decode(&text, Arc::clone).is_none(), "{text}");
        }
    }
}
