//! Push rules, and the counts of unread and highlighting events.
//!
//! A send costs the same in a room of 2 and of 5,000 members: an event is classified once under the server's rules, and
//! the rooms count those that notify. How much is unread for a member follows from that running count. Members whose own
//! rules say something else about a room share an audience with all whose rules say the same; an event is evaluated once
//! for each audience, and what differs from the running count is stored once for each.
//!
//! Invariant: nothing that happens for every event loops over the members of its room.
mod audiences;
mod classify;
mod counts;
pub mod delivery;
mod evaluation;
mod history;
mod ignored;
mod pushers;
mod rules;
mod slots;
mod subscriptions;
mod verdicts;

use std::{
    collections::HashMap,
    sync::{Arc, atomic::AtomicBool},
};

use parking_lot::Mutex;
use protocol::{ids::OwnedServerName, push::PreparedRules};
use store::{EventNum, RoomNum, Store, UserNum, UserTurns};

use crate::{
    audiences::{Audiences, Prepared},
    counts::Base,
    pushers::PusherNews,
    slots::Slots,
    subscriptions::Subscribers,
};

pub use counts::{Counts, Totals, Unread};
pub use history::{History, HistoryQuery, PastNotification};
pub use pushers::{PusherError, PusherOwner};
pub use rules::{ACCOUNT_DATA_TYPE, RulesError};
pub use subscriptions::{SubscribeError, ThreadOf};

/// How many rooms' audiences are kept in memory.
const ROOMS_MAX: usize = 10_000;

/// How many users' prepared rules are kept in memory.
const USERS_MAX: usize = 5_000;

/// Of how many threads it is kept in memory who has subscribed to them.
const THREADS_MAX: usize = 10_000;

/// How many members' counts are kept in memory.
const COUNTS_MAX: usize = 50_000;

/// The push service.
pub struct Push {
    pub(crate) store: Store,
    pub(crate) server_name: OwnedServerName,
    /// The rules of those who have not changed them: nearly everybody, so they are shared.
    pub(crate) ordinary: Arc<PreparedRules>,
    pub(crate) prepared: Slots<UserNum, Arc<Prepared>>,
    pub(crate) audiences: Slots<RoomNum, Arc<Audiences>>,
    pub(crate) subscribers: Slots<(RoomNum, EventNum), Subscribers>,
    pub(crate) bases: Slots<(RoomNum, UserNum), Arc<Base>>,
    /// The last event of each room that has stored something for more than one member.
    pub(crate) last_shared: Mutex<HashMap<RoomNum, i64>>,
    /// The last event of each room that was counted and whose sender somebody ignores.
    pub(crate) last_ignored: Mutex<HashMap<RoomNum, i64>>,
    pub(crate) pusher_news: PusherNews,
    /// Of those who are told by mail.
    pub(crate) mail_news: PusherNews,
    /// Whether anybody can be told by mail.
    pub(crate) has_mail: AtomicBool,
    /// Of those who change their rules or pushers.
    pub(crate) turns: UserTurns,
}

impl Push {
    /// The service of the server `server_name`.
    #[must_use]
    pub fn new(store: Store, server_name: OwnedServerName) -> Arc<Self> {
        Arc::new(Self {
            store,
            server_name,
            ordinary: Arc::new(PreparedRules::server_default()),
            prepared: Slots::new(USERS_MAX),
            audiences: Slots::new(ROOMS_MAX),
            subscribers: Slots::new(THREADS_MAX),
            bases: Slots::new(COUNTS_MAX),
            last_shared: Mutex::default(),
            last_ignored: Mutex::default(),
            pusher_news: PusherNews::default(),
            mail_news: PusherNews::default(),
            has_mail: AtomicBool::new(false),
            turns: UserTurns::default(),
        })
    }
}
