//! When and from where sessions are used: noted in memory, written together.
//!
//! What was noted since the last write is lost in a crash: nothing depends on it but what people look at.
use std::{collections::HashMap, net::IpAddr};

use db::Write;
use parking_lot::Mutex;
use protocol::ids::{DeviceId, OwnedUserId, UserId};
use store::{
    UserNum, access_tokens, devices, login_tokens, openid_tokens, threepid_messages,
    threepid_sessions, user_daily_visits, user_ips, user_ips::UseRow, users,
};

use crate::{Accounts, Session, threepids::MESSAGES_WITHIN_MS};

/// A session that is in use is noted once in so many milliseconds, unless it moves.
const INTERVAL_MS: i64 = 120_000;

/// How many uses wait at most. Further ones are passed over until they are written.
const WAITING_MAX: usize = 20_000;

/// How many uses go into one write.
const USES_PER_WRITE: usize = 500;

/// How long it is remembered from where sessions were used.
const USES_KEPT_MS: i64 = 28 * 86_400_000;

/// The longest name of a program that is kept, in bytes.
const USER_AGENT_BYTES_MAX: usize = 512;

/// The uses that are not written yet, the latest of each session and address.
#[derive(Default)]
pub(crate) struct Activity(Mutex<HashMap<(i64, IpAddr), Use>>);

struct Use {
    user_num: UserNum,
    user_id: OwnedUserId,
    token_id: i64,
    seen: UseRow,
}

impl Accounts {
    /// Notes that a session is used. Costs next to nothing for a session that was noted lately.
    pub fn note_activity(&self, session: &Session, address: IpAddr, user_agent: Option<&str>) {
        let now_ms = self.now_ms();
        if !session.note_use(address, now_ms, INTERVAL_MS) {
            return;
        }
        let mut waiting = self.activity.0.lock();
        if waiting.len() >= WAITING_MAX {
            return;
        }
        let seen = UseRow {
            device_id: session.device().map(DeviceId::to_string),
            ip: address.to_canonical().to_string(),
            user_agent: cut(user_agent.unwrap_or_default()).to_owned(),
            last_seen: now_ms,
        };
        let (user_num, user_id, token_id) =
            (session.user_num, session.user_id.clone(), session.token_id);
        waiting.insert((token_id, address), Use { user_num, user_id, token_id, seen });
    }

    /// From where a user's sessions were used in the last four weeks, the latest first; `None` if there is no such user.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn uses(&self, user_id: &UserId) -> Result<Option<Vec<UseRow>>, db::Error> {
        if users::find(&self.store.db, user_id).await?.is_none() {
            return Ok(None);
        }
        self.flush_activity().await?;
        Ok(Some(user_ips::of_user(&self.store.db, user_id).await?))
    }

    /// Writes what was noted. To be called before the server stops.
    ///
    /// # Errors
    /// Fails if the database fails. What was not written is noted again at the sessions' next use.
    pub async fn flush_activity(&self) -> Result<(), db::Error> {
        let mut uses: Vec<Use> = {
            let mut waiting = self.activity.0.lock();
            waiting.drain().map(|(_, used)| used).collect()
        };
        // The device shows the latest use: it is written last.
        uses.sort_by_key(|used| used.seen.last_seen);
        for uses in uses.chunks(USES_PER_WRITE) {
            let mut write = Write::new();
            for used in uses {
                add(&mut write, used);
            }
            self.store.db.write(write).await?;
        }
        Ok(())
    }

    /// Writes what was noted, and forgets what is no longer needed: expired access tokens, uses of a month ago. To be
    /// called every minute or so.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn sweep(&self) -> Result<(), db::Error> {
        self.flush_activity().await?;
        let now_ms = self.now_ms();
        let mut write = Write::new();
        // An expired token is kept for a while: whoever still has it learns that their device exists.
        access_tokens::delete_expired(&mut write, now_ms.saturating_sub(USES_KEPT_MS));
        openid_tokens::delete_expired(&mut write, now_ms);
        login_tokens::delete_expired(&mut write, now_ms);
        threepid_sessions::delete_expired(&mut write, now_ms);
        threepid_messages::delete_before(&mut write, now_ms.saturating_sub(MESSAGES_WITHIN_MS));
        user_ips::delete_before(&mut write, now_ms.saturating_sub(USES_KEPT_MS));
        self.store.db.write(write).await?;
        Ok(())
    }
}

fn add(write: &mut Write, used: &Use) {
    let Use { user_num, user_id, token_id, seen } = used;
    let device_id = seen.device_id.as_deref().unwrap_or_default();
    user_ips::upsert(write, user_id, *token_id, seen);
    user_daily_visits::insert(write, user_id, device_id, seen.last_seen, &seen.user_agent);
    if !device_id.is_empty() {
        devices::seen(write, *user_num, device_id, seen.last_seen, &seen.ip, &seen.user_agent);
    }
}

fn cut(user_agent: &str) -> &str {
    let text = user_agent.split('\0').next().unwrap_or_default();
    text.get(..text.floor_char_boundary(USER_AGENT_BYTES_MAX)).unwrap_or_default()
}

#[cfg(test)]
mod tests;
