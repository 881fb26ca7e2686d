//! Table `memberships`: who is what in which room, as the current state has it.
use db::{Params, Read, Result, Row, Value, Write, params};

use crate::numbers::{EventNum, RoomNum, UserNum};

/// What a member event says of its user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Membership {
    /// In the room.
    Join,
    /// Asked in.
    Invite,
    /// Asking to be let in.
    Knock,
    /// Gone, or removed.
    Leave,
    /// Removed and kept out.
    Ban,
}

impl Membership {
    /// As member events spell it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Join => "join",
            Self::Invite => "invite",
            Self::Knock => "knock",
            Self::Leave => "leave",
            Self::Ban => "ban",
        }
    }

    /// What a member event spells like this.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Join, Self::Invite, Self::Knock, Self::Leave, Self::Ban]
            .into_iter()
            .find(|membership| membership.as_str() == text)
    }
}

/// A user's place in a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MembershipRow {
    /// The room.
    pub room_num: RoomNum,
    /// The user.
    pub user_num: UserNum,
    /// What they are.
    pub membership: Membership,
    /// The member event.
    pub event_num: EventNum,
    /// Where in the change stream it became so.
    pub position: i64,
    /// Whether the user, having left, has forgotten the room.
    pub forgotten: bool,
}

/// Sets a user's place in a room; `position` is taken in the same write.
pub fn set(
    write: &mut Write,
    room: RoomNum,
    user: UserNum,
    membership: Membership,
    event: EventNum,
    position: Value,
) {
    write.execute(
        "INSERT INTO memberships (room_num, user_num, membership, event_num, position, forgotten) \
         VALUES ($1, $2, $3, $4, $5, 0) ON CONFLICT (room_num, user_num) DO UPDATE SET \
         membership = excluded.membership, event_num = excluded.event_num, \
         position = excluded.position, forgotten = 0",
        params![room, user, membership.as_str(), event, position],
    );
}

/// Removes a user's place: a state resolution has left no member event of theirs.
pub fn remove(write: &mut Write, room: RoomNum, user: UserNum) {
    write.execute(
        "DELETE FROM memberships WHERE room_num = $1 AND user_num = $2",
        params![room, user],
    );
}

/// Marks a room that the user has left as forgotten.
pub fn forget(write: &mut Write, room: RoomNum, user: UserNum) {
    write.execute(
        "UPDATE memberships SET forgotten = 1 WHERE room_num = $1 AND user_num = $2 \
         AND membership IN ('leave', 'ban')",
        params![room, user],
    );
}

/// Every place of a user.
///
/// # Errors
/// Fails if the database fails.
pub async fn of_user(reader: &impl Read, user: UserNum) -> Result<Vec<MembershipRow>> {
    rows(
        reader,
        "SELECT room_num, user_num, membership, event_num, position, forgotten FROM memberships \
         WHERE user_num = $1",
        params![user],
    )
    .await
}

/// The rooms that a user is joined to.
///
/// # Errors
/// Fails if the database fails.
pub async fn joined_rooms(reader: &impl Read, user: UserNum) -> Result<Vec<RoomNum>> {
    let places = of_user(reader, user).await?;
    let joined = places.into_iter().filter(|place| place.membership == Membership::Join);
    Ok(joined.map(|place| place.room_num).collect())
}

/// A user's place in a room, with what a list of rooms is sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListedRow {
    /// The place.
    pub place: MembershipRow,
    /// The position of the room's last event.
    pub last_position: i64,
    /// Who made somebody's place `leave` or `ban`; none for other places.
    pub ended_by: Option<UserNum>,
}

/// Every place of a user, with what a list of rooms is sorted by.
///
/// # Errors
/// Fails if the database fails.
pub async fn listed_of_user(reader: &impl Read, user: UserNum) -> Result<Vec<ListedRow>> {
    let rows = reader
        .query(
            "SELECT places.room_num, places.user_num, places.membership, places.event_num, \
             places.position, places.forgotten, rooms.last_position, events.sender_num \
             FROM memberships places JOIN rooms ON rooms.room_num = places.room_num \
             LEFT JOIN events ON events.event_num = places.event_num \
             AND places.membership IN ('leave', 'ban') WHERE places.user_num = $1",
            params![user],
        )
        .await?;
    let listed = |row: &Row| {
        Ok(ListedRow { place: decode(row)?, last_position: row.get(6)?, ended_by: row.get(7)? })
    };
    rows.iter().map(listed).collect()
}

/// The users whose place in a room was set after `after`.
///
/// # Errors
/// Fails if the database fails.
pub async fn of_room(reader: &impl Read, room: RoomNum, after: i64) -> Result<Vec<MembershipRow>> {
    rows(
        reader,
        "SELECT room_num, user_num, membership, event_num, position, forgotten FROM memberships \
         WHERE room_num = $1 AND position > $2",
        params![room, after],
    )
    .await
}

/// The users joined to a room that `user` is joined to, themselves included.
///
/// # Errors
/// Fails if the database fails.
pub async fn sharing_rooms_with(reader: &impl Read, user: UserNum) -> Result<Vec<UserNum>> {
    let rows = reader
        .query(
            "SELECT DISTINCT peers.user_num FROM memberships mine \
             JOIN memberships peers ON peers.room_num = mine.room_num \
             WHERE mine.user_num = $1 AND mine.membership = 'join' AND peers.membership = 'join'",
            params![user],
        )
        .await?;
    rows.iter().map(|row| row.get(0)).collect()
}

fn decode(row: &Row) -> Result<MembershipRow> {
    Ok(MembershipRow {
        room_num: row.get(0)?,
        user_num: row.get(1)?,
        membership: Membership::parse(row.text(2)?)
            .ok_or_else(|| db::Error::inconsistent("memberships.membership"))?,
        event_num: row.get(3)?,
        position: row.get(4)?,
        forgotten: row.get::<i64>(5)? != 0,
    })
}

async fn rows(reader: &impl Read, sql: &'static str, params: Params) -> Result<Vec<MembershipRow>> {
    reader.query(sql, params).await?.iter().map(decode).collect()
}
