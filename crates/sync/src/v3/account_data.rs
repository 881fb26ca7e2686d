//! The user's own data, global and of rooms, as far as the filter lets it through.
use std::collections::BTreeMap;

use store::RoomNum;

use super::{Events, Request};
use crate::{error::Result, events, service::Sync, window::Window};

impl Sync {
    /// The account data that is new, without and with a room.
    pub(super) async fn account_data(
        &self,
        request: &Request,
        window: Window,
    ) -> Result<(Events, BTreeMap<RoomNum, Events>)> {
        let mut global = Events::default();
        let mut rooms: BTreeMap<RoomNum, Events> = BTreeMap::new();
        for row in self.new_account_data(&request.client, window).await? {
            let filter = match row.room {
                None => &request.filter.account_data,
                Some(_) => &request.filter.room.account_data.events,
            };
            if !filter.allows_kind(&row.kind) {
                continue;
            }
            let event = events::typed(&row.kind, &row.content)?;
            match row.room {
                None => global.events.push(event),
                Some(room) => rooms.entry(room).or_default().events.push(event),
            }
        }
        Ok((global, rooms))
    }
}
