//! State resolution over stored states.
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use event_auth::{EventSource, Lookup, ResolveError, resolve};
use protocol::{
    RoomVersion,
    ids::{EventId, OwnedEventId},
};
use store::{
    EventNum,
    events::{self, Status},
    state_versions::StateMap,
};

use crate::{
    error::{Error, Result},
    event::Event,
    service::Rooms,
};

/// How many events one resolution looks at: the conflicted states and their auth chains.
const EVENTS_MAX: usize = 50_000;

/// The events that have been loaded for a resolution; `None` for one that is not stored.
#[derive(Default)]
struct Loaded(HashMap<OwnedEventId, Option<Arc<Event>>>);

impl EventSource for Loaded {
    fn event(&self, id: &EventId) -> Lookup {
        match self.0.get(id) {
            None => Lookup::NotLoaded,
            Some(None) => Lookup::Unknown,
            Some(Some(event)) if event.status == Status::Rejected => {
                Lookup::Rejected(Arc::new(event.pdu.clone()))
            }
            Some(Some(event)) => Lookup::Accepted(Arc::new(event.pdu.clone())),
        }
    }
}

impl Rooms {
    /// What several states of a room come to. `new` is an event in them that is not stored yet.
    pub(super) async fn merge(
        &self,
        version: RoomVersion,
        states: Vec<StateMap>,
        new: Option<&Arc<Event>>,
    ) -> Result<StateMap> {
        let mut distinct: Vec<StateMap> = Vec::with_capacity(states.len());
        for state in states {
            if !distinct.contains(&state) {
                distinct.push(state);
            }
        }
        if let [only] = distinct.as_mut_slice() {
            return Ok(std::mem::take(only));
        }
        let mut loaded = Loaded::default();
        let mut by_name = Vec::with_capacity(distinct.len());
        for state in &distinct {
            by_name.push(self.named(state, new, &mut loaded).await?);
        }
        let resolved = loop {
            match resolve(version, &by_name, &loaded, EVENTS_MAX) {
                Ok(resolved) => break resolved,
                Err(ResolveError::NotLoaded(ids)) => self.load(ids, &mut loaded).await?,
                Err(error) => return Err(Error::Build(error.to_string())),
            }
        };
        let number = |id: &OwnedEventId| {
            let event = loaded.0.get(id)?.as_ref()?;
            Some((event.state_key_num?, event.num))
        };
        let numbered: StateMap = resolved.values().filter_map(number).collect();
        Ok(numbered)
    }

    async fn named(
        &self,
        state: &StateMap,
        new: Option<&Arc<Event>>,
        loaded: &mut Loaded,
    ) -> Result<event_auth::StateMap> {
        let new = new.filter(|new| state.values().any(|num| *num == new.num)).cloned();
        let numbers: Vec<EventNum> = state.values().copied().collect();
        let mut named = BTreeMap::new();
        for event in self.events(&numbers).await?.into_iter().chain(new) {
            let Some(state_key) = event.pdu.state_key() else { continue };
            let id = event.pdu.event_id().to_owned();
            named.insert((event.pdu.kind().to_owned(), state_key.to_owned()), id.clone());
            loaded.0.insert(id, Some(event));
        }
        Ok(named)
    }

    async fn load(&self, ids: Vec<OwnedEventId>, loaded: &mut Loaded) -> Result<()> {
        for row in events::by_ids(&self.store.db, &ids).await? {
            let event = self.keep(row).await?;
            loaded.0.insert(event.pdu.event_id().to_owned(), Some(event));
        }
        for id in ids {
            loaded.0.entry(id).or_insert(None);
        }
        Ok(())
    }
}
