//! A user's rooms, the most recent first: what the windows of lists are cut from.
//!
//! It is kept in memory while the user syncs, and brought up to date by the rooms that have changed: what it costs
//! follows from them, not from how many rooms there are.
use std::{cmp::Reverse, collections::HashMap, sync::Arc};

use store::{
    EventNum, IgnoredUsers, RoomNum, StateKeyNum, current_state,
    memberships::{self, Membership, MembershipRow},
};

use crate::{client::Client, error::Result, service::Sync};

/// So many changed rooms are looked at one by one, however few the user is in.
const CHANGED_MIN: usize = 64;

/// A user's rooms.
#[derive(Default)]
pub(super) struct Order {
    /// Up to where it is right.
    at: Option<i64>,
    /// Whom the user ignored then: their invites are left out.
    ignored: Option<Arc<IgnoredUsers>>,
    /// Where in the change stream the user had said whose invites they want.
    invite_rules_at: i64,
    /// The most recent first.
    pub(super) places: Vec<Place>,
    /// What filters ask of rooms, as far as they have asked.
    traits: HashMap<RoomNum, Traits>,
}

/// A room in a user's list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) room: RoomNum,
    pub(super) membership: Membership,
    /// The position of what happened last that the user can see: the room's last event, or the end of their stay.
    pub(super) recency: i64,
}

/// What filters ask of a room.
#[derive(Clone, Debug, Default)]
pub(super) struct Traits {
    pub(super) encrypted: bool,
    pub(super) kind: Option<Arc<str>>,
}

impl Order {
    /// What filters ask of a room; it must have been [loaded](Sync::load_traits).
    pub(super) fn traits(&self, room: RoomNum) -> Option<&Traits> {
        self.traits.get(&room)
    }

    /// The bytes it occupies in memory, about.
    pub(super) fn memory_bytes(&self) -> usize {
        size_of::<Self>()
            + self.places.len() * size_of::<Place>()
            + self.traits.len() * (size_of::<(RoomNum, Traits)>() + 8)
    }

    fn sort(&mut self) {
        // Stable: what is sorted already, with a few changed at the end, is merged.
        self.places.sort_by_key(|place| (Reverse(place.recency), place.room));
    }
}

impl Sync {
    /// Brings a user's order up to `now`.
    pub(super) async fn refresh(&self, client: &Client, order: &mut Order, now: i64) -> Result<()> {
        let Some(at) = order.at else { return self.rebuild(client, order, now).await };
        if at >= now {
            return Ok(());
        }
        if order.ignored != self.ignored_by(client) {
            return self.rebuild(client, order, now).await;
        }
        let has_changed = self.store.changes.user_changed_since(client.user_num, at);
        if has_changed
            && order.invite_rules_at != self.unwanted_invites(client).await?.rules_position()
        {
            return self.rebuild(client, order, now).await;
        }
        let most = order.places.len().max(CHANGED_MIN);
        let Some(changed) = self.store.changes.changed_rooms(at, most) else {
            return self.rebuild(client, order, now).await;
        };
        let rooms = self.rooms.rooms_of(client.user_num).await?;
        let mut moved = HashMap::new();
        for room in changed {
            if let Some(row) = rooms.get(room) {
                moved.insert(room, self.place(client, row).await?);
                if order.traits.get(&room).is_some_and(|traits| !traits.encrypted) {
                    order.traits.remove(&room);
                }
            }
        }
        let is_forgotten = |room| rooms.get(room).is_none_or(|row| row.forgotten);
        if !moved.is_empty() || has_changed {
            order.places.retain(|place| {
                let may_be_forgotten = has_changed && is_gone(place.membership);
                let is_over = may_be_forgotten && is_forgotten(place.room);
                !is_over && !moved.contains_key(&place.room)
            });
            order.places.extend(moved.into_values().flatten());
            order.sort();
        }
        order.at = Some(now);
        Ok(())
    }

    async fn rebuild(&self, client: &Client, order: &mut Order, now: i64) -> Result<()> {
        order.ignored = self.ignored_by(client);
        let unwanted = self.unwanted_invites(client).await?;
        order.invite_rules_at = unwanted.rules_position();
        let rows = memberships::listed_of_user(&self.store.db, client.user_num).await?;
        let mut places = Vec::with_capacity(rows.len());
        for row in rows {
            let memberships::ListedRow { place, last_position, ended_by } = row;
            let is_listed = match place.membership {
                Membership::Join | Membership::Knock => true,
                Membership::Invite => !self.is_unwanted(&unwanted, place).await?,
                Membership::Leave | Membership::Ban => {
                    ended_by != Some(client.user_num) && self.was_removed(client, place).await?
                }
            };
            if is_listed {
                places.push(Place::new(place, last_position));
            }
        }
        order.places = places;
        order.traits.retain(|_, traits| traits.encrypted);
        order.at = Some(now);
        order.sort();
        Ok(())
    }

    /// The place in the list that a room has now, if any.
    async fn place(&self, client: &Client, row: MembershipRow) -> Result<Option<Place>> {
        let place = match row.membership {
            Membership::Join => {
                let Some(room) = self.rooms.by_number(row.room_num).await? else { return Ok(None) };
                let facts = room.facts(&self.rooms).await?;
                Some(Place::new(row, facts.last_position))
            }
            Membership::Invite | Membership::Knock => {
                let is_hidden = self.is_ignored_invite(client, row).await?;
                (!is_hidden).then(|| Place::new(row, row.position))
            }
            Membership::Leave | Membership::Ban => {
                let event = self.rooms.events(&[row.event_num]).await?.into_iter().next();
                let by_others = event.is_some_and(|event| event.sender_num != client.user_num);
                (by_others && self.was_removed(client, row).await?)
                    .then(|| Place::new(row, row.position))
            }
        };
        Ok(place)
    }

    /// Whether somebody who is gone was ever there to be removed, and has not forgotten it.
    async fn was_removed(&self, client: &Client, row: MembershipRow) -> Result<bool> {
        if row.forgotten {
            return Ok(false);
        }
        let Some(room) = self.rooms.by_number(row.room_num).await? else { return Ok(false) };
        Ok(self.rooms.view(&room, &client.user_id).await?.ever_joined())
    }

    /// Learns of every room in the order what filters ask.
    pub(super) async fn load_traits(&self, order: &mut Order) -> Result<()> {
        let listed = order.places.iter().map(|place| place.room);
        let missing: Vec<RoomNum> =
            listed.filter(|room| !order.traits.contains_key(room)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        for room in &missing {
            order.traits.insert(*room, Traits::default());
        }
        for (room, _) in self.rooms_with("m.room.encryption", &missing).await? {
            order.traits.entry(room).or_default().encrypted = true;
        }
        let creations = self.rooms_with("m.room.create", &missing).await?;
        let numbers: Vec<EventNum> = creations.iter().map(|(_, event)| *event).collect();
        for event in self.rooms.events(&numbers).await? {
            let traits = order.traits.entry(event.room_num).or_default();
            traits.kind = room_type(&event);
        }
        Ok(())
    }

    async fn rooms_with(&self, kind: &str, rooms: &[RoomNum]) -> Result<Vec<(RoomNum, EventNum)>> {
        let key: Option<StateKeyNum> = self.store.interner.find_state_key(kind, "").await?;
        let Some(key) = key else { return Ok(Vec::new()) };
        Ok(current_state::of_key(&self.store.db, key, rooms).await?)
    }
}

impl Place {
    fn new(row: MembershipRow, last_position: i64) -> Self {
        let joined = row.membership == Membership::Join;
        let recency = if joined { last_position } else { row.position };
        Self { room: row.room_num, membership: row.membership, recency }
    }
}

fn is_gone(membership: Membership) -> bool {
    matches!(membership, Membership::Leave | Membership::Ban)
}

fn room_type(create: &rooms::Event) -> Option<Arc<str>> {
    let content: serde_json::Map<String, serde_json::Value> = create.pdu.content_as().ok()?;
    content.get("type")?.as_str().map(Into::into)
}
