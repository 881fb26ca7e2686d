//! One answer, put together from its parts.
use std::collections::{BTreeMap, BTreeSet, HashMap};

use protocol::filter::Filter;
use rooms::{Receipt, Room, UserRooms, token::StreamToken};
use store::{
    RoomNum,
    memberships::{Membership, MembershipRow},
};

use super::{DeviceLists, Events, InvitedRoom, KnockedRoom, Request, Response, RoomLists};
use crate::{encryption::TO_DEVICE_MAX, error::Result, service::Sync, window::Window};

/// So many rooms are put together before more is read of the next ones.
const ROOMS_AT_ONCE: usize = 128;

/// What is read of many rooms at once.
#[derive(Default)]
pub(super) struct Gathered {
    /// The user's data about the room.
    pub(super) account_data: Events,
    /// The room's receipts; nothing if they have not been read.
    pub(super) receipts: Option<Vec<Receipt>>,
}

impl Sync {
    pub(super) async fn answer(
        &self,
        request: &Request,
        since: Option<StreamToken>,
        now: StreamToken,
    ) -> Result<Response> {
        // Messages to the device may be cut off by a limit: then the answer ends where they do.
        let after = since.map_or(0, |since| since.position);
        let to_device =
            self.to_device(&request.client, (after, now.position), TO_DEVICE_MAX).await?;
        let now = StreamToken { position: to_device.position, ..now };
        let window = Window { since, now };
        let (account_data, room_data) = self.account_data(request, window).await?;
        let rooms = self.room_lists(request, window, room_data).await?;
        let keys = self.key_counts(&request.client).await?;
        let lists = self.device_lists(&request.client, window).await?;
        let Filter { profile_fields, unstable_profile_fields, .. } = &request.filter;
        let users = self.users(request, window, profile_fields, &rooms).await?;
        let unstable_users = self.users(request, window, unstable_profile_fields, &rooms).await?;
        Ok(Response {
            next_batch: now.to_string(),
            account_data,
            presence: self.who_came_and_went(request, window).await?,
            rooms,
            users,
            unstable_users,
            to_device: Events { events: to_device.events },
            device_lists: DeviceLists { changed: lists.changed, left: lists.left },
            device_one_time_keys_count: keys.one_time_keys.clone(),
            device_unused_fallback_key_types: keys.unused_fallback_algorithms.clone(),
            unstable_unused_fallback_key_types: keys.unused_fallback_algorithms.clone(),
        })
    }

    async fn room_lists(
        &self,
        request: &Request,
        window: Window,
        mut room_data: BTreeMap<RoomNum, Events>,
    ) -> Result<RoomLists> {
        let mut lists = RoomLists::default();
        let rooms = self.rooms.rooms_of(request.client.user_num).await?;
        let changed = self.changed_rooms(request, window, &rooms).await?;
        let places = rooms.all();
        self.prepare_counts(request, &places, changed.as_ref()).await?;
        for places in places.chunks(ROOMS_AT_ONCE) {
            let mut receipts = self.first_receipts(request, window, places).await?;
            for place in places.iter().copied() {
                // What is forgotten is told no more, other than that the user has left it.
                if place.forgotten && (window.since.is_none() || !window.contains(place.position)) {
                    continue;
                }
                let data = room_data.remove(&place.room_num);
                let due = changed.as_ref().is_none_or(|changed| changed.contains(&place.room_num));
                if !due && data.is_none() && !window.contains(place.position) {
                    continue;
                }
                let room_id = self.store.interner.room_id(place.room_num).await?;
                if request.filter.room.allows_room(&room_id) {
                    let gathered = Gathered {
                        account_data: data.unwrap_or_default(),
                        receipts: receipts
                            .as_mut()
                            .map(|receipts| receipts.remove(&place.room_num).unwrap_or_default()),
                    };
                    self.put_room(request, window, place, gathered, &mut lists).await?;
                }
            }
        }
        Ok(lists)
    }

    /// The receipts of all joined rooms of these places, for who syncs for the first time: a query for each room would be
    /// most of what that costs. Nothing for who does not.
    async fn first_receipts(
        &self,
        request: &Request,
        window: Window,
        places: &[MembershipRow],
    ) -> Result<Option<HashMap<RoomNum, Vec<Receipt>>>> {
        let filter = &request.filter.room;
        if window.since.is_some() || !filter.ephemeral.events.allows_kind("m.receipt") {
            return Ok(None);
        }
        let mut rooms = Vec::new();
        for place in places.iter().filter(|place| place.membership == Membership::Join) {
            let room_id = self.store.interner.room_id(place.room_num).await?;
            if filter.allows_room(&room_id) && filter.ephemeral.allows_room(&room_id) {
                rooms.push(place.room_num);
            }
        }
        let (user, after, until) = (&request.client.user_id, window.after(), window.now.position);
        Ok(Some(self.rooms.receipts_of_rooms(user, &rooms, after, until).await?))
    }

    /// Reads what the counts of many rooms need at once.
    async fn prepare_counts(
        &self,
        request: &Request,
        places: &[MembershipRow],
        changed: Option<&BTreeSet<RoomNum>>,
    ) -> Result<()> {
        let joined = places.iter().filter(|place| place.membership == Membership::Join);
        let rooms: Vec<RoomNum> = joined
            .map(|place| place.room_num)
            .filter(|room| changed.is_none_or(|changed| changed.contains(room)))
            .collect();
        Ok(self.push.prepare_counts(request.client.user_num, &rooms).await?)
    }

    /// The rooms in which something can have changed; `None` stands for all.
    async fn changed_rooms(
        &self,
        request: &Request,
        window: Window,
        rooms: &UserRooms,
    ) -> Result<Option<BTreeSet<RoomNum>>> {
        let Some(since) = window.since.filter(|_| !request.full_state) else { return Ok(None) };
        let mut changed: BTreeSet<RoomNum> =
            self.changed_joined(rooms, since.position).into_iter().collect();
        changed.extend(self.ephemeral_joined(rooms, since.ephemeral));
        let hub = &self.store.changes;
        if hub.user_changed_since(request.client.user_num, since.position) {
            let (user, until) = (request.client.user_num, window.now.position);
            let read = store::receipts::rooms_of_user(&self.store.db, user, since.position, until);
            changed.extend(read.await?);
        }
        Ok(Some(changed))
    }

    /// What the user may know of a room that they are not in yet.
    async fn stripped_state(&self, request: &Request, room: &Room) -> Result<Events> {
        let facts = room.facts(&self.rooms).await?;
        Ok(Events { events: self.rooms.stripped_state(&facts, &request.client.user_id)? })
    }

    async fn put_room(
        &self,
        request: &Request,
        window: Window,
        place: MembershipRow,
        gathered: Gathered,
        lists: &mut RoomLists,
    ) -> Result<()> {
        let Some(room) = self.rooms.by_number(place.room_num).await? else {
            // The room was deleted: its members learn that they are out of it, and nothing else.
            if window.since.is_some() && window.contains(place.position) {
                let room_id = self.store.interner.room_id(place.room_num).await?;
                lists.leave.insert(room_id, self.nothing_left(request).await?);
            }
            return Ok(());
        };
        let room_id = room.id.clone();
        match place.membership {
            Membership::Join => {
                if let Some(joined) = self.joined_room(request, window, &room, gathered).await? {
                    lists.join.insert(room_id, joined);
                }
            }
            Membership::Invite
                if window.contains(place.position)
                    && !self.is_ignored_invite(&request.client, place).await? =>
            {
                let invite_state = self.stripped_state(request, &room).await?;
                lists.invite.insert(room_id, InvitedRoom { invite_state });
            }
            Membership::Knock if window.contains(place.position) => {
                let knock_state = self.stripped_state(request, &room).await?;
                lists.knock.insert(room_id, KnockedRoom { knock_state });
            }
            Membership::Leave | Membership::Ban => {
                let data = gathered.account_data;
                if let Some(left) = self.left_room(request, window, &room, place, data).await? {
                    lists.leave.insert(room_id, left);
                }
            }
            Membership::Invite | Membership::Knock => {}
        }
        Ok(())
    }
}
