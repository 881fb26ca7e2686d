//! What the user's own data says of rooms: which are with one other person, and which tags they have.
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use protocol::ids::RoomId;
use serde_json::{Map, Value};
use store::{RoomNum, account_data as table};

use crate::{client::Client, error::Result, service::Sync};

/// What is kept of it in memory; shared, so that it can be looked at while somebody else brings it up to date.
#[derive(Clone, Default)]
pub(super) struct Own {
    /// Up to where it is right.
    at: Option<i64>,
    /// The rooms of `m.direct`.
    pub(super) direct: Arc<HashSet<RoomNum>>,
    /// By room, once a filter has asked.
    tags: Option<Arc<HashMap<RoomNum, BTreeSet<String>>>>,
}

impl Own {
    pub(super) fn has_tag(&self, room: RoomNum, tags: &[String]) -> bool {
        let given = self.tags.as_ref().and_then(|given| given.get(&room));
        given.is_some_and(|given| tags.iter().any(|tag| given.contains(tag)))
    }

    /// The bytes it occupies in memory, about.
    pub(super) fn memory_bytes(&self) -> usize {
        let tags = self.tags.as_ref().map_or(0, |tags| tags.len() * 128);
        size_of::<Self>() + self.direct.len() * 16 + tags
    }
}

impl Sync {
    /// Brings it up to `now`.
    pub(super) async fn refresh_own(
        &self,
        client: &Client,
        own: &mut Own,
        with_tags: bool,
        now: i64,
    ) -> Result<()> {
        let user = client.user_num;
        let has_changed = own.at.is_none_or(|at| self.store.changes.user_changed_since(user, at));
        if has_changed {
            own.direct = Arc::new(self.direct_rooms(client).await?);
            own.tags = None;
        }
        if with_tags && own.tags.is_none() {
            own.tags = Some(Arc::new(self.tags(client).await?));
        }
        own.at = Some(now);
        Ok(())
    }

    async fn direct_rooms(&self, client: &Client) -> Result<HashSet<RoomNum>> {
        let row = table::find(&self.store.db, client.user_num, None, "m.direct").await?;
        let Some(row) = row else { return Ok(HashSet::new()) };
        // Clients write this: what is not as it should be says nothing.
        let content: BTreeMap<String, Value> =
            serde_json::from_str(&row.content).unwrap_or_default();
        let rooms = content.values().filter_map(Value::as_array).flatten();
        let mut direct = HashSet::new();
        for room in rooms.filter_map(Value::as_str) {
            let Ok(room) = <&RoomId>::try_from(room) else { continue };
            if let Some(room) = self.store.interner.find_room(room).await? {
                direct.insert(room);
            }
        }
        Ok(direct)
    }

    async fn tags(&self, client: &Client) -> Result<HashMap<RoomNum, BTreeSet<String>>> {
        #[derive(serde::Deserialize)]
        struct Content {
            #[serde(default)]
            tags: Map<String, Value>,
        }
        let mut tags = HashMap::new();
        for row in table::of_type(&self.store.db, client.user_num, "m.tag").await? {
            let content = serde_json::from_str::<Content>(&row.content);
            if let (Some(room), Ok(content)) = (row.room, content) {
                tags.insert(room, content.tags.into_iter().map(|(tag, _)| tag).collect());
            }
        }
        Ok(tags)
    }
}
