//! A session: what an access token stands for.
use std::{
    net::{IpAddr, Ipv4Addr},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use parking_lot::Mutex;
use protocol::ids::{DeviceId, OwnedDeviceId, OwnedUserId};
use store::{UserNum, access_tokens::Grant};

use crate::User;

/// The number of no session: those that there are have positive ones.
const NO_SESSION: i64 = 0;

/// Who is asking, and with which device.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Session {
    /// The user.
    pub user_id: OwnedUserId,
    /// The user's number.
    pub user_num: UserNum,
    /// The device; `None` for a session that belongs to none.
    pub device_id: Option<OwnedDeviceId>,
    /// The session's number. It outlives the access token.
    pub session_id: i64,
    /// The access token's number.
    pub token_id: i64,
    /// Whether the user may administrate the server.
    pub is_admin: bool,
    /// Whether the user is a guest.
    pub is_guest: bool,
    /// Whether the user can do nothing but end sessions.
    pub is_locked: bool,
    /// Whether the user can read but not act.
    pub is_suspended: bool,
    /// The id of the application service that acts as the user; `None` if they act themselves.
    pub appservice: Option<Arc<str>>,
    /// When the account ends (Unix ms), if it has an end.
    pub(crate) account_expires_ts: Option<i64>,
    /// When the access token ends (Unix ms); `None`: with the session.
    pub(crate) expires_ts: Option<i64>,
    /// Whether refresh tokens keep the session alive.
    pub(crate) refreshable: bool,
    revoked: AtomicBool,
    /// Whether it is known that the user has agreed to the present terms, or need not.
    agreed: AtomicBool,
    last_use: Mutex<LastUse>,
}

#[derive(Debug)]
struct LastUse {
    address: IpAddr,
    at_ms: i64,
}

impl Session {
    pub(crate) fn new(grant: Grant) -> Self {
        Self {
            user_id: grant.user_id,
            user_num: grant.user_num,
            device_id: grant.device_id.map(OwnedDeviceId::from),
            session_id: grant.session_id,
            token_id: grant.token_id,
            is_admin: grant.admin,
            is_guest: grant.is_guest,
            is_locked: grant.locked,
            is_suspended: grant.suspended,
            appservice: None,
            account_expires_ts: grant.account_expires_ts,
            expires_ts: grant.expires_ts,
            refreshable: grant.refreshable,
            revoked: AtomicBool::new(false),
            agreed: AtomicBool::new(false),
            last_use: Mutex::new(LastUse { address: Ipv4Addr::UNSPECIFIED.into(), at_ms: 0 }),
        }
    }

    /// An application service that acts as `user`. There is no login behind it, and nothing that could be ended.
    pub(crate) fn of_appservice(
        user: &User,
        device_id: Option<&str>,
        appservice: Arc<str>,
    ) -> Self {
        Self {
            user_id: user.name.clone(),
            user_num: user.user_num,
            device_id: device_id.map(OwnedDeviceId::from),
            session_id: NO_SESSION,
            token_id: NO_SESSION,
            is_admin: user.admin,
            is_guest: user.is_guest,
            is_locked: user.locked,
            is_suspended: user.suspended,
            appservice: Some(appservice),
            account_expires_ts: None,
            expires_ts: None,
            refreshable: false,
            revoked: AtomicBool::new(false),
            agreed: AtomicBool::new(false),
            last_use: Mutex::new(LastUse { address: Ipv4Addr::UNSPECIFIED.into(), at_ms: 0 }),
        }
    }

    /// The device, if the session has one.
    #[must_use]
    pub fn device(&self) -> Option<&DeviceId> {
        self.device_id.as_deref()
    }

    /// Whether the session was ended after this value was handed out. A request that has waited (a long poll) asks
    /// again before it answers.
    #[must_use]
    pub fn is_revoked(&self) -> bool {
        self.revoked.load(Ordering::Acquire)
    }

    pub(crate) fn revoke(&self) {
        self.revoked.store(true, Ordering::Release);
    }

    pub(crate) fn has_agreed(&self) -> bool {
        self.agreed.load(Ordering::Relaxed)
    }

    pub(crate) fn note_agreement(&self) {
        self.agreed.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_expired(&self, now_ms: i64) -> bool {
        self.expires_ts.is_some_and(|expires| expires <= now_ms)
    }

    /// Whether a use from `address` is worth noting: the last noted one was from elsewhere, or `interval_ms` ago.
    pub(crate) fn note_use(&self, address: IpAddr, now_ms: i64, interval_ms: i64) -> bool {
        let mut last = self.last_use.lock();
        let is_news = last.address != address || now_ms.saturating_sub(last.at_ms) >= interval_ms;
        if is_news {
            *last = LastUse { address, at_ms: now_ms };
        }
        is_news
    }
}
