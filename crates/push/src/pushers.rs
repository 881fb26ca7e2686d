//! Pushers ([spec]): where a user wants to be notified.
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#push-notifications
use std::{collections::BTreeSet, sync::atomic::Ordering};

use db::{Write, WriteError};
use parking_lot::Mutex;
use protocol::{Threepid, ids::UserId};
use serde_json::{Map, Value};
use store::{
    UserNum,
    pushers::{self as table, EMAIL, EMAIL_APP_ID, NO_SESSION, PusherRow, PusherSettings},
    user_threepids,
};
use tokio::sync::Notify;

use crate::Push;

/// The kind of pusher that is told over HTTP.
pub(crate) const HTTP: &str = "http";

/// The path that every gateway has.
const GATEWAY_PATH: &str = "/_matrix/push/v1/notify";

/// The longest address within an application's service, in bytes.
const PUSHKEY_BYTES_MAX: usize = 512;

/// The longest name of an application, in characters.
const APP_ID_CHARS_MAX: usize = 64;

/// How many pushers a user can have: clients that set a new one for every start must not fill the table.
const PUSHERS_MAX: usize = 100;

/// The randomness of a token that removes a pusher, in bytes.
const UNSUBSCRIBE_BYTES: usize = 24;

/// How often setting is tried again after somebody else has set or removed the same pusher.
const ATTEMPTS_MAX: u32 = 5;

/// Why a pusher was not set.
#[derive(Debug, thiserror::Error)]
pub enum PusherError {
    /// There is no such kind.
    #[error("Unknown kind of pusher: {0}")]
    Kind(String),
    /// The application or the address is too long.
    #[error(
        "app_id has at most {APP_ID_CHARS_MAX} characters, pushkey at most {PUSHKEY_BYTES_MAX} bytes"
    )]
    TooLong,
    /// There is no URL.
    #[error("data.url is missing")]
    NoUrl,
    /// The URL is none of a gateway.
    #[error("data.url must be an HTTPS URL with the path {GATEWAY_PATH}")]
    Url,
    /// The application is another one than that of mail.
    #[error("The app_id of a pusher of kind email is {EMAIL_APP_ID}")]
    EmailApp,
    /// The e-mail address is not one of the user's.
    #[error("This e-mail address is not yours")]
    NotYourEmail,
    /// The user has too many.
    #[error("You have {PUSHERS_MAX} pushers already")]
    TooMany,
    /// Others change the same at the same time, without end.
    #[error("the pusher was changed by others at the same time")]
    Contended,
    /// A text has U+0000.
    #[error("No text may have U+0000")]
    Unstorable,
    /// The database failed.
    #[error(transparent)]
    Failed(db::Error),
}

impl From<db::Error> for PusherError {
    fn from(error: db::Error) -> Self {
        if error.is_unstorable_text() { Self::Unstorable } else { Self::Failed(error) }
    }
}

/// Who sets a pusher.
#[derive(Clone, Copy, Debug)]
pub struct PusherOwner<'a> {
    /// The user.
    pub user_id: &'a UserId,
    /// Their number.
    pub user_num: UserNum,
    /// Their session: the pusher goes with it.
    pub session_id: i64,
    /// Its device.
    pub device_id: Option<&'a str>,
}

/// Users whose pushers were set, for those who tell them.
#[derive(Debug, Default)]
pub(crate) struct PusherNews {
    users: Mutex<BTreeSet<UserNum>>,
    pub(crate) notify: Notify,
}

/// A pusher as a client wants it, in the spelling that is stored.
struct Wanted<'a> {
    settings: &'a PusherSettings,
    append: bool,
    /// For a pusher by mail.
    unsubscribe_token: Option<String>,
}

impl PusherNews {
    fn add(&self, user: UserNum) {
        self.users.lock().insert(user);
        self.notify.notify_one();
    }

    /// Takes the next of them.
    pub(crate) fn pop(&self) -> Option<UserNum> {
        self.users.lock().pop_first()
    }

    /// Who was taken and could not be looked at is looked at later.
    pub(crate) fn put_back(&self, user: UserNum) {
        self.users.lock().insert(user);
        self.notify.notify_one();
    }

    /// Forgets them: all pushers are about to be read.
    pub(crate) fn clear(&self) {
        self.users.lock().clear();
    }
}

impl Push {
    /// The pushers of a user.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn pushers(&self, user: UserNum) -> db::Result<Vec<PusherRow>> {
        table::of_user(&self.store.db, user).await
    }

    /// Sets a pusher: a new one, or one that the user has already, which stays with the session that has set it first:
    /// one device may switch off another's (MSC3881). Unless `append`, other users lose theirs of the same application
    /// and address: there is another user on the device now. One by mail goes to an address of the user, and stays with the
    /// account: mail is for those who are not there.
    ///
    /// # Errors
    /// See [`PusherError`].
    pub async fn set_pusher(
        &self,
        owner: PusherOwner<'_>,
        settings: &PusherSettings,
        append: bool,
    ) -> Result<(), PusherError> {
        check(settings)?;
        let _turn = self.turns.take(owner.user_num).await;
        let mut settings = settings.clone();
        let is_mail = settings.kind == EMAIL;
        if is_mail {
            settings.pushkey = self.own_address(owner.user_id, &settings.pushkey).await?;
        }
        let unsubscribe_token =
            is_mail.then(|| entropy::token(&*self.store.entropy, UNSUBSCRIBE_BYTES));
        let wanted = Wanted { settings: &settings, append, unsubscribe_token };
        for _ in 0..ATTEMPTS_MAX {
            let write = self.set_pusher_in(owner, &wanted).await?;
            match self.store.write(write).await {
                Ok(_) => {
                    let news = if is_mail { &self.mail_news } else { &self.pusher_news };
                    news.add(owner.user_num);
                    return Ok(());
                }
                Err(WriteError::Conflict { .. }) => {}
                Err(error) => return Err(db::Error::from(error).into()),
            }
        }
        Err(PusherError::Contended)
    }

    /// Lets users have mail about what notified them.
    pub fn allow_email(&self) {
        self.has_mail.store(true, Ordering::Relaxed);
    }

    /// An address of the user in the spelling of their account.
    async fn own_address(&self, user_id: &UserId, address: &str) -> Result<String, PusherError> {
        if !self.has_mail.load(Ordering::Relaxed) {
            return Err(PusherError::Kind(EMAIL.to_owned()));
        }
        let threepid = Threepid::email(address).map_err(|_| PusherError::NotYourEmail)?;
        let owner = user_threepids::owner(&self.store.db, &threepid).await?;
        if owner.as_deref() == Some(user_id) {
            Ok(threepid.address().to_owned())
        } else {
            Err(PusherError::NotYourEmail)
        }
    }

    async fn set_pusher_in(
        &self,
        owner: PusherOwner<'_>,
        wanted: &Wanted<'_>,
    ) -> Result<Write, PusherError> {
        let Wanted { settings, append, unsubscribe_token } = wanted;
        let is_mail = unsubscribe_token.is_some();
        let known = self.pushers(owner.user_num).await?;
        let is_same = |row: &&PusherRow| {
            row.settings.app_id == settings.app_id && row.settings.pushkey == settings.pushkey
        };
        let (now, position) = (self.store.clock.now_ms(), self.store.changes.position());
        let mut write = Write::new();
        if let Some(row) = known.iter().find(is_same) {
            let is_other = !row.settings.enabled || row.settings.kind != settings.kind;
            let skip_to = (settings.enabled && is_other).then_some(position);
            let token = unsubscribe_token.as_deref();
            table::update(&mut write, row.pusher_id, settings, now, skip_to, token);
        } else if known.len() >= PUSHERS_MAX {
            return Err(PusherError::TooMany);
        } else {
            let row = PusherRow {
                // Nobody guesses it, and it fits into every number of the database.
                pusher_id: i64::try_from(entropy::number(&*self.store.entropy) >> 1)
                    .unwrap_or(i64::MAX),
                user_num: owner.user_num,
                session_id: if is_mail { NO_SESSION } else { owner.session_id },
                device_id: owner.device_id.filter(|_| !is_mail).map(str::to_owned),
                settings: (*settings).clone(),
                set_ts: now,
                position,
                is_behind: false,
                last_success_ts: None,
                failing_since_ts: None,
                unsubscribe_token: unsubscribe_token.clone(),
                unread_mails: 0,
            };
            table::insert(&mut write, &row);
        }
        // An address belongs to one user.
        if !append || is_mail {
            let PusherSettings { app_id, pushkey, .. } = settings;
            table::delete_of_others(&mut write, owner.user_num, app_id, pushkey);
        }
        Ok(write)
    }

    /// Removes a user's pusher of this application and address, if there is one.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn delete_pusher(
        &self,
        user: UserNum,
        app_id: &str,
        pushkey: &str,
    ) -> db::Result<()> {
        let mut write = Write::new();
        table::delete_of_user(&mut write, user, app_id, pushkey);
        if app_id == EMAIL_APP_ID
            && let Ok(threepid) = Threepid::email(pushkey)
        {
            table::delete_of_user(&mut write, user, app_id, threepid.address());
        }
        self.store.write(write).await.map_err(db::Error::from)?;
        Ok(())
    }

    /// Removes a pusher by mail for whoever has one of its mails: they have its token in them. Whether there was one.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn end_mail(&self, token: &str) -> db::Result<bool> {
        let is_token = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if !token.bytes().all(is_token) {
            return Ok(false);
        }
        let mut write = Write::new();
        let removed = table::unsubscribe(&mut write, token);
        let committed = self.store.write(write).await.map_err(db::Error::from)?;
        Ok(committed.affected(removed) > 0)
    }
}

fn check(settings: &PusherSettings) -> Result<(), PusherError> {
    let PusherSettings { kind, app_id, pushkey, data, .. } = settings;
    if app_id.chars().count() > APP_ID_CHARS_MAX || pushkey.len() > PUSHKEY_BYTES_MAX {
        return Err(PusherError::TooLong);
    }
    match kind.as_str() {
        HTTP => {
            let data: Map<String, Value> = serde_json::from_str(data).unwrap_or_default();
            match data.get("url") {
                None => Err(PusherError::NoUrl),
                Some(Value::String(url)) if is_gateway(url) => Ok(()),
                Some(_) => Err(PusherError::Url),
            }
        }
        // Whose the address is, the database knows.
        EMAIL if app_id == EMAIL_APP_ID => Ok(()),
        EMAIL => Err(PusherError::EmailApp),
        _ => Err(PusherError::Kind(kind.clone())),
    }
}

/// Whether a URL may be one of a gateway. Plain HTTP is let through: gateways stand beside their server, too, and where it
/// connects to is checked when it does.
fn is_gateway(url: &str) -> bool {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let Some((host, path)) = rest.and_then(|rest| rest.find('/').map(|at| rest.split_at(at)))
    else {
        return false;
    };
    let path = path.split(['?', '#']).next().unwrap_or_default();
    !host.is_empty() && !host.contains('@') && path == GATEWAY_PATH
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gateway_has_the_path_of_gateways() {
        for url in [
            "https://push.example.org/_matrix/push/v1/notify",
            "http://localhost:5000/_matrix/push/v1/notify",
            "https://push.example.org/_matrix/push/v1/notify?token=x",
        ] {
            assert!(is_gateway(url), "{url}");
        }
        for url in [
            "",
            "https://",
            "https://push.example.org",
            "https://push.example.org/",
            "https:///_matrix/push/v1/notify",
            "ftp://push.example.org/_matrix/push/v1/notify",
            "https://user:word@push.example.org/_matrix/push/v1/notify",
            "https://push.example.org/other/_matrix/push/v1/notify",
            "https://push.example.org?/_matrix/push/v1/notify/",
        ] {
            assert!(!is_gateway(url), "{url}");
        }
    }
}
