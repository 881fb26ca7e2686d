//! Table `relations`: which events relate to which, by their `m.relates_to` ([spec]).
//!
//! A row is there as long as its child is: a redaction of the child removes it. The parent may be unknown.
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#forming-relationships-between-events
use std::ops::BitOr;

use db::{Read, Result, Row, Value, Write, params};
use protocol::ids::EventId;

use crate::{
    events::Direction,
    numbers::{EventNum, RoomNum, UserNum},
};

/// How many levels of relations a recursive page goes through.
pub const DEPTH_MAX: i64 = 3;

/// In which ways an event is related to, of those that are bundled with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RelatedBy(u8);

impl RelatedBy {
    /// Not at all.
    pub const NOTHING: Self = Self(0);
    /// By `m.thread`.
    pub const THREAD: Self = Self(1);
    /// By `m.replace`.
    pub const REPLACE: Self = Self(2);
    /// By `m.reference`.
    pub const REFERENCE: Self = Self(4);

    /// What a relation of this type is.
    #[must_use]
    pub fn of(rel_type: &str) -> Self {
        match rel_type {
            "m.thread" => Self::THREAD,
            "m.replace" => Self::REPLACE,
            "m.reference" => Self::REFERENCE,
            _ => Self::NOTHING,
        }
    }

    /// Whether all of `other` is in it.
    #[must_use]
    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// As it is kept in an atomic.
    #[must_use]
    pub fn bits(self) -> u8 {
        self.0
    }

    /// From [`Self::bits`].
    #[must_use]
    pub fn from_bits(bits: u8) -> Self {
        Self(bits & 7)
    }

    pub(crate) fn number(self) -> i64 {
        i64::from(self.0)
    }

    pub(crate) fn from_number(number: i64) -> Self {
        Self::from_bits(u8::try_from(number & 7).unwrap_or(0))
    }
}

impl BitOr for RelatedBy {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// A relation to be stored.
#[derive(Debug)]
pub struct NewRelation<'a> {
    /// The room of both.
    pub room_num: RoomNum,
    /// The event that is related to.
    pub parent_id: &'a EventId,
    /// The event that relates.
    pub child_num: EventNum,
    /// Its id.
    pub child_id: &'a EventId,
    /// The type of the relation.
    pub rel_type: &'a str,
    /// The child's type.
    pub kind: &'a str,
    /// The child's sender.
    pub sender_num: UserNum,
    /// When it was sent, as its server says (Unix ms).
    pub origin_server_ts: i64,
    /// The key of an `m.annotation`.
    pub annotation_key: Option<&'a str>,
    /// Whether the child has what an `m.replace` needs, whatever its parent is.
    pub can_replace: bool,
}

/// Adds the relation of the event at `position`.
pub fn insert(write: &mut Write, relation: &NewRelation<'_>, position: Value) {
    write.execute(
        "INSERT INTO relations (room_num, parent_id, position, child_num, child_id, rel_type, \
         kind, sender_num, origin_server_ts, annotation_key, can_replace) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        params![
            relation.room_num,
            relation.parent_id.as_str(),
            position,
            relation.child_num,
            relation.child_id.as_str(),
            relation.rel_type,
            relation.kind,
            relation.sender_num,
            relation.origin_server_ts,
            relation.annotation_key,
            relation.can_replace
        ],
    );
}

/// Removes the relation of the event at `position`.
pub fn delete(write: &mut Write, room: RoomNum, parent_id: &EventId, position: i64) {
    write.execute(
        "DELETE FROM relations WHERE room_num = $1 AND parent_id = $2 AND position = $3",
        params![room, parent_id.as_str(), position],
    );
}

/// In which ways `parent_id` is related to already.
///
/// # Errors
/// Fails if the database fails.
pub async fn related_by(
    reader: &impl Read,
    room: RoomNum,
    parent_id: &EventId,
) -> Result<RelatedBy> {
    let rows = reader
        .query(
            "SELECT DISTINCT rel_type FROM relations WHERE room_num = $1 AND parent_id = $2",
            params![room, parent_id.as_str()],
        )
        .await?;
    rows.iter().try_fold(RelatedBy::NOTHING, |all, row| Ok(all | RelatedBy::of(row.text(0)?)))
}

/// Whether `sender` has put this annotation on the event.
///
/// # Errors
/// Fails if the database fails.
pub async fn has_annotation(
    reader: &impl Read,
    room: RoomNum,
    parent_id: &EventId,
    sender: UserNum,
    kind: &str,
    key: &str,
) -> Result<bool> {
    let row = reader
        .query_optional(
            "SELECT 1 FROM relations WHERE room_num = $1 AND parent_id = $2 AND sender_num = $3 \
             AND rel_type = 'm.annotation' AND kind = $4 AND annotation_key = $5",
            params![room, parent_id.as_str(), sender, kind, key],
        )
        .await?;
    Ok(row.is_some())
}

/// Which children of an event.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The event.
    pub parent_id: &'a EventId,
    /// Only those that relate so.
    pub rel_type: Option<&'a str>,
    /// Only those of this type.
    pub kind: Option<&'a str>,
    /// Also those that relate to its children, down to [`DEPTH_MAX`].
    pub recurse: bool,
}

macro_rules! page {
    ($from:literal, $order:literal) => {
        concat!(
            $from,
            " position > $3 AND position <= $4 AND rel_type = COALESCE($5, rel_type) \
             AND kind = COALESCE($6, kind) ORDER BY position",
            $order,
            " LIMIT $7"
        )
    };
}

macro_rules! direct {
    ($order:literal) => {
        page!("SELECT child_num FROM relations WHERE room_num = $1 AND parent_id = $2 AND", $order)
    };
}

macro_rules! recursive {
    ($order:literal) => {
        page!(
            "WITH RECURSIVE related (child_num, child_id, position, rel_type, kind, depth) AS ( \
             SELECT child_num, child_id, position, rel_type, kind, CAST(1 AS BIGINT) \
             FROM relations WHERE room_num = $1 AND parent_id = $2 UNION ALL \
             SELECT r.child_num, r.child_id, r.position, r.rel_type, r.kind, related.depth + 1 \
             FROM related JOIN relations AS r \
             ON r.room_num = $1 AND r.parent_id = related.child_id WHERE related.depth < $8) \
             SELECT child_num FROM related WHERE",
            $order
        )
    };
}

/// At most `limit` children with `after < position <= until`.
///
/// # Errors
/// Fails if the database fails.
pub async fn page(
    reader: &impl Read,
    room: RoomNum,
    wanted: Wanted<'_>,
    (after, until): (i64, i64),
    direction: Direction,
    limit: i64,
) -> Result<Vec<EventNum>> {
    let Wanted { parent_id, rel_type, kind, recurse } = wanted;
    let mut params = params![room, parent_id.as_str(), after, until, rel_type, kind, limit];
    let sql = match (recurse, direction) {
        (false, Direction::Forward) => direct!(""),
        (false, Direction::Backward) => direct!(" DESC"),
        (true, Direction::Forward) => recursive!(""),
        (true, Direction::Backward) => recursive!(" DESC"),
    };
    if recurse {
        params.push(DEPTH_MAX.into());
    }
    reader.query(sql, params).await?.iter().map(|row| row.get(0)).collect()
}

/// Which of `parents` are related to by an event with `after < position <= until`, in one of these ways and from one of
/// these senders, where there is a list.
///
/// # Errors
/// Fails if the database fails.
pub async fn related(
    reader: &impl Read,
    room: RoomNum,
    parents: &[String],
    rel_types: Option<&[String]>,
    senders: Option<&[UserNum]>,
    (after, until): (i64, i64),
) -> Result<Vec<String>> {
    if parents.is_empty() {
        return Ok(Vec::new());
    }
    let rel_types = rel_types.map(<[String]>::to_vec);
    let senders = senders.map(|senders| senders.iter().map(|sender| sender.0).collect::<Vec<_>>());
    let mut params = params![room, parents.to_vec(), after, until];
    let sql = match (rel_types, senders) {
        (None, None) => {
            "SELECT DISTINCT parent_id FROM relations WHERE room_num = $1 \
             AND parent_id = ANY($2) AND position > $3 AND position <= $4"
        }
        (Some(rel_types), None) => {
            params.push(rel_types.into());
            "SELECT DISTINCT parent_id FROM relations WHERE room_num = $1 \
             AND parent_id = ANY($2) AND position > $3 AND position <= $4 AND rel_type = ANY($5)"
        }
        (None, Some(senders)) => {
            params.push(senders.into());
            "SELECT DISTINCT parent_id FROM relations WHERE room_num = $1 \
             AND parent_id = ANY($2) AND position > $3 AND position <= $4 \
             AND sender_num = ANY($5)"
        }
        (Some(rel_types), Some(senders)) => {
            params.push(rel_types.into());
            params.push(senders.into());
            "SELECT DISTINCT parent_id FROM relations WHERE room_num = $1 \
             AND parent_id = ANY($2) AND position > $3 AND position <= $4 \
             AND rel_type = ANY($5) AND sender_num = ANY($6)"
        }
    };
    reader.query(sql, params).await?.iter().map(|row| Ok(row.text(0)?.to_owned())).collect()
}

/// A thread as far as one user sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thread {
    /// Its root.
    pub root_id: String,
    /// How many events are in it, without the root.
    pub count: i64,
    /// The position of the last of them.
    pub last_position: i64,
    /// The last of them.
    pub last: EventNum,
    /// Whether the user has sent one of them.
    pub participated: bool,
}

/// The threads of these roots, by their events with `after < position <= until` that none of `ignored` has sent.
///
/// # Errors
/// Fails if the database fails.
pub async fn threads(
    reader: &impl Read,
    room: RoomNum,
    roots: &[String],
    user: UserNum,
    ignored: &[UserNum],
    (after, until): (i64, i64),
) -> Result<Vec<Thread>> {
    if roots.is_empty() {
        return Ok(Vec::new());
    }
    let rows = reader
        .query(
            "SELECT t.parent_id, t.total, t.newest, last.child_num, t.own FROM ( \
             SELECT parent_id, COUNT(*) AS total, MAX(position) AS newest, \
             CAST(MAX(CASE WHEN sender_num = $3 THEN 1 ELSE 0 END) AS BIGINT) AS own \
             FROM relations WHERE room_num = $1 AND parent_id = ANY($2) AND position > $4 \
             AND position <= $5 AND rel_type = 'm.thread' AND sender_num <> ALL($6) \
             GROUP BY parent_id) AS t \
             JOIN relations AS last ON last.room_num = $1 AND last.parent_id = t.parent_id \
             AND last.position = t.newest",
            params![room, roots.to_vec(), user, after, until, numbers(ignored)],
        )
        .await?;
    let thread = |row: &Row| {
        Ok(Thread {
            root_id: row.text(0)?.to_owned(),
            count: row.get(1)?,
            last_position: row.get(2)?,
            last: row.get(3)?,
            participated: row.get::<i64>(4)? != 0,
        })
    };
    rows.iter().map(thread).collect()
}

/// An event that may take the place of another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The event that it would replace.
    pub parent_id: String,
    /// Its sender.
    pub sender_num: UserNum,
    /// Its type.
    pub kind: String,
    /// Its number.
    pub child_num: EventNum,
    /// When it was sent, as its server says (Unix ms), and its id: of two, the greater is the newer.
    pub order: (i64, String),
}

/// The newest possible replacement of each of these events by each sender and type, of those with
/// `after < position <= until`.
///
/// # Errors
/// Fails if the database fails.
pub async fn edits(
    reader: &impl Read,
    room: RoomNum,
    parents: &[String],
    (after, until): (i64, i64),
) -> Result<Vec<Edit>> {
    if parents.is_empty() {
        return Ok(Vec::new());
    }
    let rows = reader
        .query(
            "SELECT parent_id, sender_num, kind, child_num, origin_server_ts, child_id FROM ( \
             SELECT parent_id, sender_num, kind, child_num, origin_server_ts, child_id, \
             ROW_NUMBER() OVER (PARTITION BY parent_id, sender_num, kind \
             ORDER BY origin_server_ts DESC, child_id DESC) AS place \
             FROM relations WHERE room_num = $1 AND parent_id = ANY($2) AND position > $3 \
             AND position <= $4 AND rel_type = 'm.replace' AND can_replace = 1) AS ranked \
             WHERE place = 1",
            params![room, parents.to_vec(), after, until],
        )
        .await?;
    let edit = |row: &Row| {
        Ok(Edit {
            parent_id: row.text(0)?.to_owned(),
            sender_num: row.get(1)?,
            kind: row.text(2)?.to_owned(),
            child_num: row.get(3)?,
            order: (row.get(4)?, row.text(5)?.to_owned()),
        })
    };
    rows.iter().map(edit).collect()
}

fn numbers(users: &[UserNum]) -> Vec<i64> {
    users.iter().map(|user| user.0).collect()
}

/// The events that refer to these, as pairs of the event and who refers to it: at most `limit` of each, the oldest, of
/// those with `after < position <= until` that none of `ignored` has sent, in their order.
///
/// # Errors
/// Fails if the database fails.
pub async fn references(
    reader: &impl Read,
    room: RoomNum,
    parents: &[String],
    ignored: &[UserNum],
    (after, until): (i64, i64),
    limit: i64,
) -> Result<Vec<(String, String)>> {
    if parents.is_empty() {
        return Ok(Vec::new());
    }
    let rows = reader
        .query(
            "SELECT parent_id, child_id FROM (SELECT parent_id, child_id, position, \
             ROW_NUMBER() OVER (PARTITION BY parent_id ORDER BY position) AS place \
             FROM relations WHERE room_num = $1 AND parent_id = ANY($2) AND position > $3 \
             AND position <= $4 AND rel_type = 'm.reference' \
             AND sender_num <> ALL($6)) AS ranked \
             WHERE place <= $5 ORDER BY parent_id, position",
            params![room, parents.to_vec(), after, until, limit, numbers(ignored)],
        )
        .await?;
    rows.iter().map(|row| Ok((row.text(0)?.to_owned(), row.text(1)?.to_owned()))).collect()
}
