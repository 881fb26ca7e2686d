//! The user's subscriptions to threads (MSC4306), as sliding sync and the pages behind it tell them ([MSC4308]).
//!
//! [MSC4308]: https://github.com/matrix-org/matrix-spec-proposals/pull/4308
use std::collections::BTreeMap;

use protocol::ids::{OwnedEventId, OwnedRoomId};
use serde::Serialize;
use store::UserNum;

use crate::service::Sync;

/// Subscriptions that have changed, each as it is now.
#[derive(Debug, Default, Serialize)]
pub struct ThreadSubscriptions {
    /// Those that there are, by room and the thread's root.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub subscribed: BTreeMap<OwnedRoomId, BTreeMap<OwnedEventId, Subscribed>>,
    /// Those that have ended.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub unsubscribed: BTreeMap<OwnedRoomId, BTreeMap<OwnedEventId, Unsubscribed>>,
}

/// A subscription.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Subscribed {
    /// Whether the user's client has made it by itself.
    pub automatic: bool,
    /// The higher, the later.
    pub bump_stamp: i64,
}

/// A subscription that has ended.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Unsubscribed {
    /// The higher, the later.
    pub bump_stamp: i64,
}

impl ThreadSubscriptions {
    /// How many are told if the client does not say how many it wants.
    pub const LIMIT: u32 = 100;

    /// How many are told at most.
    pub const LIMIT_MAX: u32 = 500;

    pub(crate) fn is_empty(&self) -> bool {
        self.subscribed.is_empty() && self.unsubscribed.is_empty()
    }
}

impl Sync {
    /// The `limit` subscriptions of a user that changed last with `after < position <= until`, and up to which position there
    /// may be more.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn thread_subscriptions(
        &self,
        user: UserNum,
        (after, until): (i64, i64),
        limit: u32,
    ) -> db::Result<(ThreadSubscriptions, Option<i64>)> {
        let limit = limit as usize;
        let until = until.min(self.store.changes.position());
        let mut rows = self.push.subscriptions(user, (after, until), limit + 1).await?;
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        let rest = rows.last().map(|last| last.row.position - 1).filter(|_| has_more);
        let mut told = ThreadSubscriptions::default();
        for listed in rows {
            let room = self.store.interner.room_id(listed.room_num).await?;
            let bump_stamp = listed.row.position;
            if listed.row.ended_position.is_none() {
                let subscribed = Subscribed { automatic: listed.row.is_automatic, bump_stamp };
                told.subscribed.entry(room).or_default().insert(listed.root_id, subscribed);
            } else {
                let ended = Unsubscribed { bump_stamp };
                told.unsubscribed.entry(room).or_default().insert(listed.root_id, ended);
            }
        }
        Ok((told, rest))
    }
}
