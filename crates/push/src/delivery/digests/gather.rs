//! What there is to tell somebody by mail.
use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use protocol::ids::OwnedUserId;
use rooms::{Event, Facts, Membership};
use store::{RoomNum, pushers::PusherRow};

use super::super::{Delivery, pending::Notification};

/// How many messages of a room are shown.
const MESSAGES_MAX: usize = 5;

/// How many senders of a room are named.
const SENDERS_MAX: usize = 5;

/// What notified a user and was not read.
pub(super) struct Gathered {
    pub(super) user_id: OwnedUserId,
    /// By room; empty if there is nothing to tell.
    pub(super) rooms: HashMap<RoomNum, RoomNews>,
    /// How many notifications there are.
    pub(super) count: u64,
    /// When the oldest was sent (Unix ms), by the clock of its sender.
    pub(super) oldest_ts: i64,
    /// Up to where that is all.
    pub(super) until: i64,
    /// Whether the user has read or said something since the position that was looked behind.
    pub(super) has_read: bool,
}

/// What notified a user in one room.
pub(super) struct RoomNews {
    pub(super) facts: Arc<Facts>,
    pub(super) count: u64,
    /// The position of the last.
    pub(super) position: i64,
    /// The last ones, the oldest first.
    pub(super) latest: VecDeque<Arc<Event>>,
    /// Who has sent what notified, the first ones.
    pub(super) senders: Vec<Arc<Event>>,
    /// The invite, if it is one.
    pub(super) invite: Option<Arc<Event>>,
    /// Whether the room, or any of it, is encrypted: then nothing that was said there is told.
    pub(super) is_encrypted: bool,
}

impl Delivery {
    /// All that there is to tell a pusher by mail.
    pub(super) async fn gather(&self, row: &PusherRow) -> Result<Gathered, rooms::Error> {
        let store = &self.push.store;
        let mut gathered = Gathered {
            user_id: store.interner.user_id(row.user_num).await?,
            rooms: HashMap::new(),
            count: 0,
            oldest_ts: i64::MAX,
            until: row.position,
            has_read: false,
        };
        // Mail does not give up what is old: it tells what is unread, once.
        let row = PusherRow { failing_since_ts: None, ..row.clone() };
        loop {
            let batch = {
                let _reader = self.readers.acquire().await;
                self.pending(&row, gathered.until).await?
            };
            gathered.has_read |= batch.has_read;
            gathered.until = batch.until;
            for notification in batch.notifications {
                gathered.add(notification);
            }
            if !batch.goes_on {
                return Ok(gathered);
            }
        }
    }
}

impl Gathered {
    fn add(&mut self, notification: Notification) {
        let Notification { position, event, facts, .. } = notification;
        self.count += 1;
        self.oldest_ts = self.oldest_ts.min(event.pdu.origin_server_ts());
        let news = self.rooms.entry(event.room_num).or_insert_with(|| RoomNews::new(&facts));
        news.add(self.user_id.as_str(), event, facts, position);
    }
}

impl RoomNews {
    fn new(facts: &Arc<Facts>) -> Self {
        Self {
            facts: Arc::clone(facts),
            count: 0,
            position: 0,
            latest: VecDeque::new(),
            senders: Vec::new(),
            invite: None,
            is_encrypted: false,
        }
    }

    fn add(&mut self, user: &str, event: Arc<Event>, facts: Arc<Facts>, position: i64) {
        self.count += 1;
        self.position = self.position.max(position);
        self.is_encrypted |= facts.is_encrypted() || event.pdu.kind() == "m.room.encrypted";
        self.facts = facts;
        let is_new = !self.senders.iter().any(|one| one.sender_num == event.sender_num);
        if is_new && self.senders.len() < SENDERS_MAX {
            self.senders.push(Arc::clone(&event));
        }
        if event.membership() == Some(Membership::Invite) && event.is_state("m.room.member", user) {
            self.invite = Some(event);
            return;
        }
        self.latest.push_back(event);
        if self.latest.len() > MESSAGES_MAX {
            self.latest.pop_front();
        }
    }
}
