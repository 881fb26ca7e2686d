//! A room's state at a position, and what has changed of it.
use std::{collections::BTreeMap, sync::Arc};

use rooms::{Event, Room, state::RoomState};
use store::{EventNum, StateKeyNum};

use crate::{error::Result, service::Sync};

impl Sync {
    /// The state as it was at `end`: that of now, with what has changed after `end` taken back.
    pub(crate) async fn state_until(
        &self,
        room: &Arc<Room>,
        end: i64,
        now: i64,
    ) -> Result<RoomState> {
        let facts = room.facts(&self.rooms).await?;
        let mut state = facts.state.clone();
        self.take_back(room, &mut state, end, facts.last_position.max(now)).await?;
        Ok(state)
    }

    async fn take_back(
        &self,
        room: &Room,
        state: &mut RoomState,
        end: i64,
        now: i64,
    ) -> Result<()> {
        let changes = self.rooms.state_changes(room, end, now).await?;
        // The first change after `end` says what was there at `end`.
        let mut before: BTreeMap<StateKeyNum, (Option<EventNum>, Option<EventNum>)> =
            BTreeMap::new();
        for change in changes {
            before.entry(change.state_key_num).or_insert((change.replaced, change.event_num));
        }
        for (replaced, event) in before.into_values() {
            let numbers: Vec<EventNum> = [replaced, event].into_iter().flatten().collect();
            let events = self.rooms.events(&numbers).await?;
            match events.iter().find(|event| Some(event.num) == replaced) {
                Some(replaced) => drop(state.set(Arc::clone(replaced))),
                None => {
                    if let Some(pdu) = events.first().map(|event| &event.pdu) {
                        state.remove(pdu.kind(), pdu.state_key().unwrap_or_default());
                    }
                }
            }
        }
        Ok(())
    }

    /// For each key that has changed after `after` and up to `end`, its event at `end`.
    pub(crate) async fn changed_state(
        &self,
        room: &Room,
        after: i64,
        end: i64,
    ) -> Result<Vec<Arc<Event>>> {
        let changes = self.rooms.state_changes(room, after, end).await?;
        let latest: BTreeMap<StateKeyNum, Option<EventNum>> =
            changes.into_iter().map(|change| (change.state_key_num, change.event_num)).collect();
        let numbers: Vec<EventNum> = latest.into_values().flatten().collect();
        Ok(self.rooms.events(&numbers).await?)
    }
}
