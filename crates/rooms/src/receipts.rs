//! Receipts: how far each user has read.
use std::{collections::HashMap, sync::Arc};

use db::Write;
use parking_lot::Mutex;
use protocol::ids::{EventId, OwnedEventId, OwnedUserId, RoomId, UserId};
use store::{
    Change, IgnoredUsers, RoomNum, UserNum,
    read_marks::{self, Part},
    receipts as table,
};

use crate::{
    error::{Error, Result},
    event::Event,
    relations::Relation,
    room::Room,
    service::Rooms,
};

/// Who sees a receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReceiptKind {
    /// Everybody in the room.
    Read,
    /// The user alone.
    ReadPrivate,
}

impl ReceiptKind {
    /// As it is spelled on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "m.read",
            Self::ReadPrivate => "m.read.private",
        }
    }
}

/// A receipt as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Whose it is.
    pub user_id: OwnedUserId,
    /// Who sees it.
    pub kind: ReceiptKind,
    /// The thread: none for an unthreaded receipt, else `main` or the id of the thread's root.
    pub thread_id: Option<String>,
    /// The event that was read.
    pub event_id: OwnedEventId,
    /// When (Unix ms).
    pub receipt_ts: i64,
    /// Where in the change stream.
    pub position: i64,
}

impl Receipt {
    fn of(row: table::ReceiptRow, user_id: OwnedUserId) -> Self {
        let is_public = row.receipt_type == ReceiptKind::Read.as_str();
        Self {
            user_id,
            kind: if is_public { ReceiptKind::Read } else { ReceiptKind::ReadPrivate },
            thread_id: (!row.thread_id.is_empty()).then_some(row.thread_id),
            event_id: row.event_id,
            receipt_ts: row.receipt_ts,
            position: row.position,
        }
    }
}

impl Rooms {
    /// Marks an event, and all before it, as read; with a thread (`main`, or the id of its root) what is in that thread.
    /// An older event than the last changes nothing.
    ///
    /// # Errors
    /// [`Error::NotJoined`] unless the user is a member, [`Error::UnknownEvent`] if they can't see the event,
    /// [`Error::InvalidParam`] if it is not in that thread.
    pub async fn set_receipt(
        self: &Arc<Self>,
        user: &UserId,
        room_id: &RoomId,
        kind: ReceiptKind,
        event_id: &EventId,
        thread_id: Option<&str>,
    ) -> Result<()> {
        let room = self.joined_room(room_id, user).await?;
        let event = self.visible_event(user, room_id, event_id).await?;
        let event_position = event.position().ok_or(Error::UnknownEvent)?;
        let kind = if self.is_shadow_banned(user) { ReceiptKind::ReadPrivate } else { kind };
        let part = self.part(&event, thread_id).await?;
        let mut write = Write::new();
        let user_num = self.store.interner.user(&mut write, user).await?;
        let row = table::ReceiptRow {
            room_num: room.num,
            user_num,
            receipt_type: kind.as_str().to_owned(),
            thread_id: thread_id.unwrap_or_default().to_owned(),
            event_id: event_id.to_owned(),
            event_position,
            receipt_ts: self.now_ms(),
            position: 0,
        };
        let at = write.position();
        let index = table::set(&mut write, &row, at.clone());
        let count = event.notify_count();
        read_marks::advance(&mut write, room.num, user_num, part, event_position.into(), count);
        let rooms = Arc::clone(self);
        let commit = async move {
            let committed = rooms.store.write(write).await?;
            let position = committed.position(&at);
            let mut changes = Vec::new();
            if committed.affected(index) > 0 {
                room.last_receipt.advance(position);
                changes.push(match kind {
                    ReceiptKind::Read => Change::Room { position, room: room.num },
                    ReceiptKind::ReadPrivate => Change::User { position, user: user_num },
                });
                // The user's own unread counts have changed.
                changes.push(Change::User { position, user: user_num });
            }
            rooms.store.changes.publish(committed.publication, &changes);
            Ok(())
        };
        // A task of its own: a client that hangs up must not keep a committed receipt from the others.
        tokio::spawn(commit).await.map_err(|_| Error::Stopped)?
    }

    /// The part of the room that a receipt is about.
    async fn part(&self, event: &Event, thread_id: Option<&str>) -> Result<Part> {
        let part = match thread_id {
            None => return Ok(Part::Whole),
            Some("main") => Part::Main,
            Some(root) => {
                let invalid = |_| Error::InvalidParam("thread_id is no event id".to_owned());
                let root = EventId::parse(root).map_err(invalid)?;
                // Of a thread whose beginning is purged, what is left says that it is of it.
                let own = Relation::of(&event.pdu)
                    .filter(|own| own.rel_type == "m.thread" && own.parent_id == root);
                if let (Some(_), Some(thread)) = (own, event.thread) {
                    return Ok(Part::Thread(thread));
                }
                let root = self.event(&root).await?;
                let unknown = || Error::InvalidParam("thread_id is not known".to_owned());
                Part::Thread(root.ok_or_else(unknown)?.num)
            }
        };
        if part == Part::of_event(event.thread) {
            Ok(part)
        } else {
            Err(Error::InvalidParam("the event is not in the thread thread_id".to_owned()))
        }
    }

    /// The receipts of a room with `after < position <= until` that `user` may see.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn receipts(
        &self,
        user: &UserId,
        room: RoomNum,
        after: i64,
        until: i64,
    ) -> Result<Vec<Receipt>> {
        let mut receipts = self.receipts_of_rooms(user, &[room], after, until).await?;
        Ok(receipts.remove(&room).unwrap_or_default())
    }

    /// The receipts with `after < position <= until` that `user` may see, in those of `rooms` in which there are some.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn receipts_of_rooms(
        &self,
        user: &UserId,
        rooms: &[RoomNum],
        after: i64,
        until: i64,
    ) -> Result<HashMap<RoomNum, Vec<Receipt>>> {
        let mut asked = Vec::with_capacity(rooms.len());
        for num in rooms {
            // From the beginning on most rooms have some, and one query for all is less than one for each.
            let may_have_some = after <= 0
                || match self.by_number(*num).await? {
                    Some(room) => self.last_receipt(&room).await? > after,
                    None => true,
                };
            if may_have_some {
                asked.push(*num);
            }
        }
        if asked.is_empty() {
            return Ok(HashMap::new());
        }
        self.shown(user, table::between(&self.store.db, &asked, after, until).await?).await
    }

    /// A user's own receipts in those of `rooms` in which there are some.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn own_receipts(
        &self,
        user: &UserId,
        user_num: UserNum,
        rooms: &[RoomNum],
    ) -> Result<HashMap<RoomNum, Vec<Receipt>>> {
        let mut receipts: HashMap<RoomNum, Vec<Receipt>> = HashMap::new();
        if rooms.is_empty() {
            return Ok(receipts);
        }
        for row in table::of_user(&self.store.db, user_num, rooms).await? {
            receipts.entry(row.room_num).or_default().push(Receipt::of(row, user.to_owned()));
        }
        Ok(receipts)
    }

    /// Those that `user` may see.
    async fn shown(
        &self,
        user: &UserId,
        rows: Vec<table::ReceiptRow>,
    ) -> Result<HashMap<RoomNum, Vec<Receipt>>> {
        let mut receipts: HashMap<RoomNum, Vec<Receipt>> = HashMap::new();
        let ignored = self.ignored_by(user).await?;
        for row in rows {
            let (room, user_id) = (row.room_num, self.store.interner.user_id(row.user_num).await?);
            let is_ignored = ignored.as_ref().is_some_and(|ignored| ignored.contains(&user_id));
            let receipt = Receipt::of(row, user_id);
            let is_shown = receipt.kind == ReceiptKind::Read || receipt.user_id == user;
            if is_shown && !is_ignored {
                receipts.entry(room).or_default().push(receipt);
            }
        }
        Ok(receipts)
    }

    /// Whom `user` ignores; none if it is nobody.
    async fn ignored_by(&self, user: &UserId) -> Result<Option<Arc<IgnoredUsers>>> {
        let user = self.store.interner.find_user(user).await?;
        Ok(user.and_then(|user| self.store.ignores.of(user)))
    }

    /// The position of the last receipt that was set in `room`.
    async fn last_receipt(&self, room: &Room) -> Result<i64> {
        let before = room.last_receipt.get();
        if let Some(position) = before.position {
            return Ok(position);
        }
        let position = table::last_position(&self.store.db, room.num).await?;
        room.last_receipt.keep(before, position);
        Ok(position)
    }
}

/// The position of a room's last receipt, in memory: most syncs learn from it that there is no new one.
///
/// Invariant: it is never less than what was committed: what was read while a receipt was set is not kept.
#[derive(Debug, Default)]
pub(crate) struct LastReceipt(Mutex<Last>);

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Last {
    position: Option<i64>,
    /// Counts the receipts that were set.
    set: u64,
}

impl LastReceipt {
    fn get(&self) -> Last {
        *self.0.lock()
    }

    fn keep(&self, before: Last, position: i64) {
        let mut last = self.0.lock();
        if last.set == before.set {
            last.position = Some(position);
        }
    }

    fn advance(&self, to: i64) {
        let mut last = self.0.lock();
        last.set += 1;
        last.position = last.position.map(|position| position.max(to));
    }
}
