//! What rooms there are, for those who run the server.
use std::collections::HashMap;

use serde::Deserialize;
use store::{
    RoomNum, current_state,
    events::purging,
    rooms::{self as table, ListedRoom},
};

use crate::{error::Result, service::Rooms};

/// A room in the list.
#[derive(Clone, Debug)]
pub struct InventoryRoom {
    /// What its row says.
    pub row: ListedRoom,
    /// Its name.
    pub name: Option<String>,
    /// Its canonical alias.
    pub canonical_alias: Option<String>,
}

impl Rooms {
    /// The rooms with numbers behind `after`, in their order. None is brought into memory for it.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn list(&self, after: i64, limit: i64) -> Result<Vec<InventoryRoom>> {
        let rows = table::list(&self.store.db, RoomNum(after), limit).await?;
        let numbers: Vec<RoomNum> = rows.iter().map(|row| row.room_num).collect();
        let mut names = self.texts("m.room.name", "name", &numbers).await?;
        let mut aliases = self.texts("m.room.canonical_alias", "alias", &numbers).await?;
        let rooms = rows.into_iter().map(|row| InventoryRoom {
            name: names.remove(&row.room_num),
            canonical_alias: aliases.remove(&row.room_num),
            row,
        });
        Ok(rooms.collect())
    }

    /// How many events of a room are stored.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn count_events(&self, room: RoomNum) -> Result<i64> {
        Ok(purging::count_of_room(&self.store.db, room).await?)
    }

    /// One text of a state event's content in each of these rooms that has it.
    async fn texts(
        &self,
        kind: &str,
        field: &str,
        rooms: &[RoomNum],
    ) -> Result<HashMap<RoomNum, String>> {
        #[derive(Deserialize)]
        struct Event {
            content: serde_json::Map<String, serde_json::Value>,
        }
        let Some(key) = self.store.interner.find_state_key(kind, "").await? else {
            return Ok(HashMap::new());
        };
        let jsons = current_state::jsons_in(&self.store.db, key, rooms).await?;
        let text = |(room, json): (RoomNum, String)| {
            let event = serde_json::from_str::<Event>(&json).ok()?;
            let text = event.content.get(field)?.as_str()?;
            (!text.is_empty()).then(|| (room, text.to_owned()))
        };
        Ok(jsons.into_iter().filter_map(text).collect())
    }
}
