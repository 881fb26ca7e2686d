//! The user's own data, global and of rooms, as far as the filter lets it through.
use std::collections::BTreeMap;

use store::{RoomNum, account_data::AccountDataRow};

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
            if !self.allows(request, &row).await? {
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

    async fn allows(&self, request: &Request, row: &AccountDataRow) -> Result<bool> {
        let Some(room) = row.room else {
            return Ok(request.filter.account_data.allows_kind(&row.kind));
        };
        let filter = &request.filter.room.account_data;
        Ok(filter.events.allows_kind(&row.kind)
            && (filter.allows_all_rooms()
                || filter.allows_room(&self.store.interner.room_id(room).await?)))
    }
}
