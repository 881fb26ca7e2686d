//! Who is together with whom in a room: what device lists are told by.
use std::{
    collections::{BTreeSet, HashSet},
    sync::Arc,
};

use protocol::ids::{OwnedRoomId, UserId};
use store::{
    EventNum, RoomNum, UserNum,
    memberships::{self as table, Membership, MembershipRow},
};

use crate::{error::Result, room::Room, service::Rooms, visibility::last_until};

/// Of more users than that it is not asked one by one with whom they share a room.
const ASKED_EACH_MAX: usize = 500;

impl Rooms {
    /// Those of `others` who are joined to a room that `user` is joined to.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn sharing_with(
        self: &Arc<Self>,
        user: UserNum,
        others: &[UserNum],
    ) -> db::Result<BTreeSet<UserNum>> {
        let mut sharing = BTreeSet::new();
        if others.len() > ASKED_EACH_MAX {
            let all = table::sharing_rooms_with(&self.store.db, user).await?;
            let all: HashSet<UserNum> = all.into_iter().collect();
            sharing.extend(others.iter().filter(|other| all.contains(other)));
            return Ok(sharing);
        }
        let rooms: BTreeSet<RoomNum> = self.rooms_of(user).await?.joined().into_iter().collect();
        for other in others {
            let theirs = self.rooms_of(*other).await?.joined();
            if theirs.iter().any(|room| rooms.contains(room)) {
                sharing.insert(*other);
            }
        }
        Ok(sharing)
    }

    /// The rooms that both `user` and `other` are joined to, in the order of their ids.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn mutual_rooms(
        self: &Arc<Self>,
        user: UserNum,
        other: &UserId,
    ) -> Result<Vec<OwnedRoomId>> {
        let Some(other) = self.store.interner.find_user(other).await? else {
            return Ok(Vec::new());
        };
        let rooms: BTreeSet<RoomNum> = self.rooms_of(user).await?.joined().into_iter().collect();
        let mut mutual = Vec::new();
        for room in self.rooms_of(other).await?.joined() {
            if rooms.contains(&room) {
                mutual.push(self.store.interner.room_id(room).await?);
            }
        }
        mutual.sort_unstable();
        Ok(mutual)
    }

    /// With whom `user` has begun to share a room, and with whom they may have ceased to, after position `after` and up
    /// to `until`: those who joined or left a room of the user's, and the members of rooms that the user joined or left.
    ///
    /// Nobody else: of a room that the user was not in, they are told nothing, and of one that was deleted since nobody knows
    /// any more who was there.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn moves(self: &Arc<Self>, user: UserNum, after: i64, until: i64) -> Result<Moves> {
        let mut moves = Moves::default();
        let hub = &self.store.changes;
        if !hub.memberships_changed_since(after) {
            return Ok(moves);
        }
        let places = self.rooms_of(user).await?.all();
        let rooms = places.iter().map(|own| own.room_num);
        let changed: BTreeSet<RoomNum> =
            hub.rooms_changed_since(rooms, after).into_iter().collect();
        for own in places {
            let is_here = own.membership == Membership::Join;
            if own.position > after {
                self.add_own_move(own, (after, until), &mut moves).await?;
            } else if is_here && changed.contains(&own.room_num) {
                self.add_moves_of_others(own, after, &mut moves).await?;
            }
        }
        moves.together.remove(&user);
        moves.apart.remove(&user);
        Ok(moves)
    }

    /// Adds what follows from it that the user's own place in a room was set.
    async fn add_own_move(
        self: &Arc<Self>,
        own: MembershipRow,
        (after, until): (i64, i64),
        moves: &mut Moves,
    ) -> Result<()> {
        let Some(room) = self.by_number(own.room_num).await? else { return Ok(()) };
        let user = self.store.interner.user_id(own.user_num).await?;
        let history = self.membership_history(&room, &user).await?;
        let at = |position| last_until(&history, position) == Some(Membership::Join);
        let (was_here, is_here) = (at(after), at(until));
        let was_away = history.iter().any(|(from, membership)| {
            *from > after && *from <= until && *membership != Membership::Join
        });
        if is_here && (!was_here || was_away) {
            // Everybody who is there is met.
            let all = table::of_room(&self.store.db, room.num, i64::MIN).await?;
            let joined = all.into_iter().filter(|row| row.membership == Membership::Join);
            moves.together.extend(joined.map(|row| row.user_num));
        }
        if is_here && was_here {
            self.add_moves_of_others(own, after, moves).await?;
        }
        if was_here && !is_here {
            // Whose place has not been set since, was there as they are now.
            let all = table::of_room(&self.store.db, room.num, i64::MIN).await?;
            let unmoved = all.iter().filter(|row| row.position <= after);
            let unmoved = unmoved.filter(|row| row.membership == Membership::Join);
            moves.apart.extend(unmoved.map(|row| row.user_num));
            moves.apart.extend(self.joined_before(&room, after).await?);
        }
        Ok(())
    }

    /// Adds who came into a room in which the user is, and who was there before and is no more.
    async fn add_moves_of_others(
        self: &Arc<Self>,
        own: MembershipRow,
        after: i64,
        moves: &mut Moves,
    ) -> Result<()> {
        let set = table::of_room(&self.store.db, own.room_num, after).await?;
        let (came, gone): (Vec<_>, Vec<_>) =
            set.into_iter().partition(|row| row.membership == Membership::Join);
        moves.together.extend(came.iter().map(|row| row.user_num));
        if !gone.is_empty()
            && let Some(room) = self.by_number(own.room_num).await?
        {
            // An invite that was declined is nobody's departure.
            let before = self.joined_before(&room, after).await?;
            let parted = gone.iter().map(|row| row.user_num).filter(|user| before.contains(user));
            moves.apart.extend(parted);
        }
        Ok(())
    }

    /// Those whose place in a room was set after `after`, and who were joined to it until then.
    async fn joined_before(self: &Arc<Self>, room: &Room, after: i64) -> Result<BTreeSet<UserNum>> {
        let mut keys = HashSet::new();
        let changes = self.state_changes(room, after, i64::MAX).await?;
        let first = changes.iter().filter(|change| keys.insert(change.state_key_num));
        let replaced: Vec<EventNum> = first.filter_map(|change| change.replaced).collect();
        let events = self.events(&replaced).await?;
        let joined = events.iter().filter(|event| event.membership() == Some(Membership::Join));
        let users = joined.filter_map(|event| <&UserId>::try_from(event.pdu.state_key()?).ok());
        Ok(self.store.interner.find_users(users).await?.into_iter().collect())
    }
}

/// Who came together with a user, and who went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moves {
    /// They share a room with the user now, and perhaps did before.
    pub together: BTreeSet<UserNum>,
    /// They are no longer in some room with the user; there may be another.
    pub apart: BTreeSet<UserNum>,
}
