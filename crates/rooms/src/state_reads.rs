//! Reading a room's state and members.
use std::sync::Arc;

use protocol::ids::{OwnedRoomId, RoomId, UserId};
use serde_json::value::RawValue;
use store::{memberships::Membership, state_versions};

use crate::{
    error::{Error, Result},
    event::Event,
    facts::Facts,
    membership::Profile,
    render,
    room::Room,
    service::Rooms,
    state::RoomState,
    visibility::View,
};

/// The state that somebody who is asked in, or asks, is shown ([spec]).
///
/// [spec]: https://spec.matrix.org/v1.16/client-server-api/#stripped-state
const STRIPPED_TYPES: &[&str] = &[
    "m.room.create",
    "m.room.name",
    "m.room.avatar",
    "m.room.topic",
    "m.room.join_rules",
    "m.room.canonical_alias",
    "m.room.encryption",
];

/// Which members a client asks for.
#[derive(Clone, Debug, Default)]
pub struct MembersQuery {
    /// As of this position of the timeline; as of now (or as of when the user left) if absent.
    pub at: Option<i64>,
    /// Only those who are this.
    pub membership: Option<Membership>,
    /// Not those who are this.
    pub not_membership: Option<Membership>,
}

impl Rooms {
    /// The room's state as `user` may see it: as it is now for members, as it was when they left for those who left.
    ///
    /// # Errors
    /// [`Error::NotJoined`] if the user may see none of it.
    pub async fn visible_state(
        self: &Arc<Self>,
        user: &UserId,
        room_id: &RoomId,
    ) -> Result<(Arc<Room>, RoomState)> {
        let room = self.find(room_id).await?.ok_or(Error::NotJoined)?;
        let facts = room.facts(self).await?;
        if facts.is_joined(user) {
            return Ok((room, facts.state.clone()));
        }
        let view = self.view(&room, user).await?;
        let state = self.state_seen(&room, &facts, &view).await?;
        Ok((room, state))
    }

    async fn state_seen(&self, room: &Room, facts: &Facts, view: &View) -> Result<RoomState> {
        if view.is_world_readable() {
            return Ok(facts.state.clone());
        }
        let end = view.end().ok_or(Error::NotJoined)?;
        self.state_at(room, end).await
    }

    /// The room's current state as it was at `position` of the change stream.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn state_at(&self, room: &Room, position: i64) -> Result<RoomState> {
        let rows = store::events::timeline(
            &self.store.db,
            room.num,
            i64::MIN,
            position,
            store::events::Direction::Backward,
            1,
        )
        .await?;
        let mut state = RoomState::default();
        let Some(version) = rows.first().and_then(|row| row.state_version) else {
            return Ok(state);
        };
        let map = state_versions::state(&self.store.db, version).await?;
        let numbers: Vec<_> = map.into_values().collect();
        for event in self.events(&numbers).await? {
            state.set(event);
        }
        Ok(state)
    }

    /// One event of the state that `user` may see.
    ///
    /// # Errors
    /// [`Error::UnknownState`] if the key is not set, [`Error::NotJoined`] if the user may not see the state.
    pub async fn state_event(
        self: &Arc<Self>,
        user: &UserId,
        room_id: &RoomId,
        kind: &str,
        state_key: &str,
    ) -> Result<Arc<Event>> {
        let (_, state) = self.visible_state(user, room_id).await?;
        state.get(kind, state_key).cloned().ok_or(Error::UnknownState)
    }

    /// The member events that a client asks for.
    ///
    /// # Errors
    /// [`Error::NotJoined`] if the user may not see them.
    pub async fn members(
        self: &Arc<Self>,
        user: &UserId,
        room_id: &RoomId,
        query: &MembersQuery,
    ) -> Result<Vec<Arc<Event>>> {
        let (room, mut state) = self.visible_state(user, room_id).await?;
        if let Some(at) = query.at.filter(|at| *at < self.store.changes.position()) {
            let view = self.view(&room, user).await?;
            state = self.state_at(&room, view.state_position(at)).await?;
        }
        let wanted = |event: &&Arc<Event>| {
            let membership = event.membership();
            query.membership.is_none_or(|wanted| membership == Some(wanted))
                && query.not_membership.is_none_or(|unwanted| membership != Some(unwanted))
        };
        Ok(state.of_type("m.room.member").map(|(_, event)| event).filter(wanted).cloned().collect())
    }

    /// The users who are joined to a room that `user` is joined to, and what they show of themselves.
    ///
    /// # Errors
    /// [`Error::NotJoined`] unless the user is joined.
    pub async fn joined_members(
        self: &Arc<Self>,
        user: &UserId,
        room_id: &RoomId,
    ) -> Result<Vec<(Arc<str>, Profile)>> {
        #[derive(serde::Deserialize)]
        struct Content {
            displayname: Option<String>,
            avatar_url: Option<String>,
        }
        let room = self.joined_room(room_id, user).await?;
        let facts = room.facts(self).await?;
        let joined = facts.state.of_type("m.room.member");
        let joined = joined.filter(|(_, event)| event.membership() == Some(Membership::Join));
        let profiles = joined.map(|(member, event)| {
            let profile = event.pdu.content_as::<Content>().map_or_else(
                |_| Profile::default(),
                |content| Profile {
                    displayname: content.displayname,
                    avatar_url: content.avatar_url,
                },
            );
            (Arc::clone(member), profile)
        });
        Ok(profiles.collect())
    }

    /// The rooms that `user` is joined to.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn joined_rooms(&self, user: &UserId) -> Result<Vec<OwnedRoomId>> {
        let Some(user_num) = self.store.interner.find_user(user).await? else {
            return Ok(Vec::new());
        };
        let mut ids = Vec::new();
        for room in self.rooms_of(user_num).await?.joined() {
            ids.push(self.store.interner.room_id(room).await?);
        }
        Ok(ids)
    }

    /// The stripped state that an invited or knocking user is shown: what describes the room, and their member event.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub fn stripped_state(&self, facts: &Facts, user: &UserId) -> Result<Vec<Box<RawValue>>> {
        let described = STRIPPED_TYPES.iter().filter_map(|kind| facts.state.get(kind, ""));
        let member = facts.state.get("m.room.member", user.as_str());
        let inviter =
            member.and_then(|event| facts.state.get("m.room.member", event.pdu.sender().as_str()));
        let inviter = inviter.filter(|inviter| member.is_none_or(|own| own.num != inviter.num));
        render::stripped(described.chain(inviter).chain(member))
    }
}
