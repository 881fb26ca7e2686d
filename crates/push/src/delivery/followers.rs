//! Who has pushers, and in which rooms they are: an index, so that a change of a room finds them without its members'
//! being looked at.
use std::collections::{BTreeSet, HashMap};

use rooms::Rooms;
use store::{RoomNum, UserNum, changes::Hub};

/// The users who have pushers.
#[derive(Default)]
pub(super) struct Followers {
    users: HashMap<UserNum, Follower>,
    rooms: HashMap<RoomNum, BTreeSet<UserNum>>,
}

#[derive(Default)]
struct Follower {
    pushers: BTreeSet<i64>,
    rooms: Vec<RoomNum>,
}

/// Whom changes concern.
#[derive(Default)]
pub(super) struct Concerned {
    /// Those who have changed something of their own, or whose place in a room has changed.
    pub(super) themselves: BTreeSet<UserNum>,
    /// Those who are in rooms that have changed.
    pub(super) in_rooms: BTreeSet<UserNum>,
}

impl Followers {
    /// Finds whom the changes behind `since` concern, and learns in which rooms they are now.
    pub(super) async fn catch_up(
        &mut self,
        rooms: &Rooms,
        hub: &Hub,
        since: i64,
    ) -> db::Result<Concerned> {
        let users = hub.changed_users(since, self.users_len()).unwrap_or_else(|| {
            self.users().filter(|user| hub.user_changed_since(*user, since)).collect()
        });
        let mut concerned = Concerned::default();
        for user in users {
            if self.has(user) {
                self.refresh(rooms, user).await?;
                concerned.themselves.insert(user);
            }
        }
        let changed = hub
            .changed_rooms(since, self.rooms_len())
            .unwrap_or_else(|| hub.rooms_changed_since(self.rooms(), since));
        for room in changed {
            concerned.in_rooms.extend(self.in_room(room));
        }
        Ok(concerned)
    }

    /// Adds a pusher of a user.
    pub(super) async fn follow(
        &mut self,
        rooms: &Rooms,
        user: UserNum,
        pusher: i64,
    ) -> db::Result<()> {
        if !self.has(user) {
            self.add(user, pusher);
            self.refresh(rooms, user).await?;
        }
        self.add(user, pusher);
        Ok(())
    }

    async fn refresh(&mut self, rooms: &Rooms, user: UserNum) -> db::Result<()> {
        let rooms = rooms.rooms_of(user).await?;
        self.set_rooms(user, rooms.joined());
        Ok(())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.users.is_empty()
    }

    fn has(&self, user: UserNum) -> bool {
        self.users.contains_key(&user)
    }

    /// How many pushers there are.
    pub(super) fn pushers(&self) -> usize {
        self.users.values().map(|follower| follower.pushers.len()).sum()
    }

    fn users(&self) -> impl Iterator<Item = UserNum> {
        self.users.keys().copied()
    }

    fn rooms(&self) -> impl Iterator<Item = RoomNum> {
        self.rooms.keys().copied()
    }

    fn users_len(&self) -> usize {
        self.users.len()
    }

    fn rooms_len(&self) -> usize {
        self.rooms.len()
    }

    fn in_room(&self, room: RoomNum) -> impl Iterator<Item = UserNum> {
        self.rooms.get(&room).into_iter().flatten().copied()
    }

    pub(super) fn pushers_of(&self, user: UserNum) -> impl Iterator<Item = i64> {
        self.users.get(&user).into_iter().flat_map(|follower| &follower.pushers).copied()
    }

    fn add(&mut self, user: UserNum, pusher: i64) {
        self.users.entry(user).or_default().pushers.insert(pusher);
    }

    /// Sets the rooms that a user is in.
    fn set_rooms(&mut self, user: UserNum, mut rooms: Vec<RoomNum>) {
        let Some(follower) = self.users.get_mut(&user) else { return };
        rooms.sort_unstable();
        if follower.rooms == rooms {
            return;
        }
        let before = std::mem::replace(&mut follower.rooms, rooms.clone());
        for room in before.iter().filter(|room| rooms.binary_search(room).is_err()) {
            self.leave(user, *room);
        }
        for room in rooms {
            self.rooms.entry(room).or_default().insert(user);
        }
    }

    /// Takes out a pusher that is no more.
    pub(super) fn remove(&mut self, user: UserNum, pusher: i64) {
        let Some(follower) = self.users.get_mut(&user) else { return };
        follower.pushers.remove(&pusher);
        if !follower.pushers.is_empty() {
            return;
        }
        let rooms = self.users.remove(&user).map(|follower| follower.rooms);
        for room in rooms.unwrap_or_default() {
            self.leave(user, room);
        }
    }

    fn leave(&mut self, user: UserNum, room: RoomNum) {
        if let Some(users) = self.rooms.get_mut(&room) {
            users.remove(&user);
            if users.is_empty() {
                self.rooms.remove(&room);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rooms_find_those_who_are_in_them() {
        let mut followers = Followers::default();
        let (one, other) = (UserNum(1), UserNum(2));
        followers.add(one, 10);
        followers.add(one, 11);
        followers.add(other, 20);
        followers.set_rooms(one, vec![RoomNum(5), RoomNum(3)]);
        followers.set_rooms(other, vec![RoomNum(5)]);
        assert_eq!(followers.in_room(RoomNum(5)).collect::<Vec<_>>(), [one, other]);
        followers.set_rooms(one, vec![RoomNum(4)]);
        assert_eq!(followers.in_room(RoomNum(5)).collect::<Vec<_>>(), [other]);
        assert_eq!(followers.in_room(RoomNum(3)).count(), 0);
        followers.remove(one, 10);
        assert_eq!(followers.pushers_of(one).collect::<Vec<_>>(), [11]);
        followers.remove(one, 11);
        assert!(!followers.has(one) && followers.rooms_len() == 1);
    }
}
