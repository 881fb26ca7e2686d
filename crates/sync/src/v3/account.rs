//! The user's own data, global and of rooms.
use std::collections::BTreeMap;

use store::RoomNum;

use super::{Events, Request, answer::Window};
use crate::{error::Result, events, service::Sync};

impl Sync {
    /// The account data that is new, without and with a room.
    pub(super) async fn account_data(
        &self,
        request: &Request,
        window: Window,
    ) -> Result<(Events, BTreeMap<RoomNum, Events>)> {
        let after = window.since.map(|since| since.position);
        let (user, user_id, until) = (request.user_num, &request.user_id, window.now.position);
        let rows = self.account_data_rows(user, user_id, after, until).await?;
        let mut global = Events::default();
        let mut rooms: BTreeMap<RoomNum, Events> = BTreeMap::new();
        for row in rows {
            if window.since.is_none() && row.content == "{}" {
                // Deleted: there is nothing to tell somebody who has never seen it.
                continue;
            }
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
