//! Whether an event of another server is allowed: by what it claims to be allowed by, by the state before it, and by the
//! room's current state.
use std::sync::Arc;

use event_auth::{Denied, auth_types_for, authorize, check_auth_events};
use protocol::Pdu;
use store::{
    StateVersion,
    events::{EventRow, Status},
    state_versions::{self, StateMap},
};

use crate::{error::Result, event::Event, facts::Facts, service::Rooms};

/// What became of it, and the state that it stands on.
pub(super) struct Judged {
    pub(super) status: Status,
    pub(super) why: Option<Denied>,
    pub(super) before: Before,
}

/// The state before an event.
pub(super) enum Before {
    /// There is none: the event begins the room.
    Nothing,
    /// The room's current state.
    Current,
    /// One that is stored.
    Stored(StateVersion, StateMap),
    /// What several stored ones come to; the first of them.
    Merged(StateVersion, StateMap),
}

/// A few events of a state: those that decide.
struct Picked(Vec<Arc<Event>>);

impl event_auth::State for Picked {
    fn get(&self, kind: &str, state_key: &str) -> Option<&Pdu> {
        self.0.iter().map(|event| &event.pdu).find(|event| event.is_state(kind, state_key))
    }
}

impl Rooms {
    pub(super) async fn judge(
        &self,
        facts: &Facts,
        event: &Pdu,
        parents: &[EventRow],
        allowing: Vec<EventRow>,
    ) -> Result<Judged> {
        let before = self.state_before(facts, parents).await?;
        let rejected =
            |why| Judged { status: Status::Rejected, why: Some(why), before: Before::Nothing };
        if let Err(why) = self.by_auth_events(facts, event, allowing).await? {
            return Ok(Judged { before, ..rejected(why) });
        }
        if let Err(why) = self.by_state(facts, event, &before).await? {
            return Ok(Judged { before, ..rejected(why) });
        }
        let (status, why) = match authorize(facts.version, event, &facts.state) {
            Err(why) if !facts.state.is_empty() => (Status::SoftFailed, Some(why)),
            _ => (Status::Accepted, None),
        };
        Ok(Judged { status, why, before })
    }

    async fn by_auth_events(
        &self,
        facts: &Facts,
        event: &Pdu,
        allowing: Vec<EventRow>,
    ) -> Result<std::result::Result<(), Denied>> {
        let mut events = Vec::with_capacity(allowing.len() + 1);
        for row in allowing {
            events.push(self.keep(row).await?);
        }
        let is_rejected = |auth: &Pdu| {
            let found = events.iter().find(|known| known.pdu.event_id() == auth.event_id());
            found.is_none_or(|known| known.status == Status::Rejected)
        };
        let listed = events.iter().map(|known| &known.pdu);
        if let Err(why) = check_auth_events(event, listed, is_rejected) {
            return Ok(Err(why));
        }
        // From room version 12 on nobody lists it: the room's id names it.
        if facts.version.create_event_is_room_id() {
            events.extend(facts.state.get("m.room.create", "").cloned());
        }
        Ok(authorize(facts.version, event, &Picked(events)))
    }

    async fn by_state(
        &self,
        facts: &Facts,
        event: &Pdu,
        before: &Before,
    ) -> Result<std::result::Result<(), Denied>> {
        let map = match before {
            Before::Nothing | Before::Current => {
                return Ok(authorize(facts.version, event, &facts.state));
            }
            Before::Stored(_, map) | Before::Merged(_, map) => map,
        };
        let types = match auth_types_for(facts.version, event) {
            Ok(types) => types,
            Err(why) => return Ok(Err(why)),
        };
        let create = ("m.room.create", String::new());
        let mut numbers = Vec::new();
        for (kind, state_key) in types.iter().chain([&create]) {
            let key = self.store.interner.find_state_key(kind, state_key).await?;
            numbers.extend(key.and_then(|key| map.get(&key)).copied());
        }
        numbers.sort_unstable();
        numbers.dedup();
        Ok(authorize(facts.version, event, &Picked(self.events(&numbers).await?)))
    }

    /// What the states after the parents come to.
    async fn state_before(&self, facts: &Facts, parents: &[EventRow]) -> Result<Before> {
        let mut versions: Vec<StateVersion> =
            parents.iter().filter_map(|parent| parent.state_version).collect();
        versions.sort_unstable();
        versions.dedup();
        let Some(first) = versions.first().copied() else { return Ok(Before::Nothing) };
        if versions.len() == 1 {
            if first == facts.head.state_version {
                return Ok(Before::Current);
            }
            return Ok(Before::Stored(first, state_versions::state(&self.store.db, first).await?));
        }
        let mut maps = Vec::with_capacity(versions.len());
        for version in versions {
            maps.push(state_versions::state(&self.store.db, version).await?);
        }
        Ok(Before::Merged(first, self.merge(facts.version, maps, None).await?))
    }
}
