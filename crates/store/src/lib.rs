//! The typed tables: one owner module a table, nobody else sees its SQL.
//!
//! A read is a function over [`db::Read`]; a write adds operations to a [`db::Write`], which the caller commits.
//!
//! Invariant: rows never leave this crate other than as the typed records declared beside their table.

pub mod accepted_policies;
pub mod access_tokens;
pub mod account_data;
pub mod account_validity;
pub mod aliases;
pub mod appservice_positions;
pub mod blocked_rooms;
pub mod changes;
pub mod cross_signing;
pub mod current_state;
pub mod dehydrated_devices;
pub mod delayed_events;
pub mod device_keys;
pub mod device_lists;
pub mod devices;
pub mod events;
pub mod fallback_keys;
pub mod filters;
pub mod ignored_users;
pub mod interner;
pub mod key_backups;
pub mod key_signatures;
pub mod login_tokens;
pub mod media;
pub mod media_moderation;
pub mod media_usage;
pub mod memberships;
pub mod network_rooms;
pub mod notice_rooms;
pub mod notification_audiences;
pub mod notifications;
pub mod numbers;
pub mod one_time_keys;
pub mod openid_tokens;
pub mod policy_notices;
pub mod presence;
pub mod profiles;
pub mod pushers;
pub mod read_marks;
pub mod receipts;
pub mod registration_tokens;
pub mod relations;
pub mod reports;
pub mod room_jobs;
pub mod rooms;
pub mod schema;
pub mod search;
pub mod server_facts;
pub mod sessions;
pub mod shadow_bans;
pub mod sliding_connections;
pub mod state_changes;
pub mod state_versions;
pub mod sticky_events;
pub mod thread_subscriptions;
pub mod threads;
pub mod threepid_messages;
pub mod threepid_sessions;
pub mod to_device;
pub mod url_previews;
pub mod user_daily_visits;
pub mod user_directory;
pub mod user_ips;
pub mod user_threepids;
mod user_turns;
pub mod users;
pub mod whole_rooms;

use std::sync::Arc;

use clock::SharedClock;
use db::Database;
use entropy::SharedEntropy;

pub use self::{
    changes::{Change, Hub, Listener},
    ignored_users::{IgnoredUsers, Ignores},
    interner::Interner,
    numbers::{AudienceNum, EventNum, RoomNum, StateKeyNum, StateVersion, UserNum},
    shadow_bans::ShadowBans,
    user_turns::UserTurns,
};

/// What every service is built from: the database, the interned numbers, the change hub, time and randomness.
#[derive(Clone)]
pub struct Store {
    /// The engine.
    pub db: Database,
    /// Numbers of users, rooms, state keys and events.
    pub interner: Arc<Interner>,
    /// Who is woken by what.
    pub changes: Arc<Hub>,
    /// Who ignores whom.
    pub ignores: Arc<Ignores>,
    /// Who is shadow-banned.
    pub shadow_bans: Arc<ShadowBans>,
    /// Wall time.
    pub clock: SharedClock,
    /// Randomness.
    pub entropy: SharedEntropy,
}

impl Store {
    /// Brings the schema up to date and loads what the store keeps in memory.
    ///
    /// # Errors
    /// Fails if a migration fails, the database is newer than this binary, or it cannot be read.
    pub async fn open(
        db: Database,
        clock: SharedClock,
        entropy: SharedEntropy,
    ) -> Result<Self, db::MigrateError> {
        db.migrate(schema::MIGRATIONS).await?;
        let interner = Arc::new(Interner::new(db.clone()));
        let changes = Arc::new(Hub::new(db.clone()));
        let ignores = Arc::new(Ignores::load(&db).await?);
        let shadow_bans = Arc::new(ShadowBans::load(&db).await?);
        Ok(Self { db, interner, changes, ignores, shadow_bans, clock, entropy })
    }

    /// The rooms in which anything can have changed after `after`: from memory where that reaches back so far.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn changed_rooms(&self, after: i64) -> db::Result<Vec<RoomNum>> {
        match self.changes.changed_rooms(after, usize::MAX) {
            Some(rooms) => Ok(rooms),
            None => rooms::changed_after(&self.db, after).await,
        }
    }

    /// Commits `write`; afterwards the caller applies it to memory and hands the result to [`Hub::publish`].
    ///
    /// # Errors
    /// See [`db::WriteError`].
    pub async fn write(&self, write: db::Write) -> Result<db::Committed, db::WriteError> {
        self.db.write(write).await
    }
}
