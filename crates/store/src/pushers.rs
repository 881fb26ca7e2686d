//! Table `pushers`: where users want to be notified, and how far each has been told. Table `push_progress`: up to where
//! everything was handed to them.
use db::{OperationIndex, Params, Read, Result, Row, Write, params};
use protocol::ids::{OwnedUserId, UserId};

use crate::numbers::UserNum;

/// The kind of pusher that is told by mail.
pub const EMAIL: &str = "email";

/// The application of all pushers by mail ([spec]).
///
/// [spec]: https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3pushersset
pub const EMAIL_APP_ID: &str = "m.email";

/// What a client sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PusherSettings {
    /// How it is told: `http` or `email`.
    pub kind: String,
    /// The application.
    pub app_id: String,
    /// The address within the application's service.
    pub pushkey: String,
    /// How the user may recognize the application.
    pub app_display_name: String,
    /// How the user may recognize the device.
    pub device_display_name: String,
    /// The set of rules that it follows.
    pub profile_tag: Option<String>,
    /// The language that the user prefers.
    pub lang: String,
    /// What its kind needs: a JSON object.
    pub data: String,
    /// Whether it is told anything (MSC3881).
    pub enabled: bool,
}

/// A pusher.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PusherRow {
    /// Its number.
    pub pusher_id: i64,
    /// Whose it is.
    pub user_num: UserNum,
    /// The session that it goes with; [`NO_SESSION`] if it goes with none.
    pub session_id: i64,
    /// The device of that session.
    pub device_id: Option<String>,
    /// What the client has set.
    pub settings: PusherSettings,
    /// When it was last set (Unix ms).
    pub set_ts: i64,
    /// Up to where in the change stream it was told.
    pub position: i64,
    /// Whether there is something after `position` that it has not been told.
    pub is_behind: bool,
    /// When it last took something (Unix ms).
    pub last_success_ts: Option<i64>,
    /// Since when it takes nothing (Unix ms).
    pub failing_since_ts: Option<i64>,
    /// What removes it without a login: a pusher by mail has one.
    pub unsubscribe_token: Option<String>,
    /// How many mails have gone out since its user has last read anything.
    pub unread_mails: i64,
}

/// The session of pushers that belong to the account: no session has this number.
pub const NO_SESSION: i64 = 0;

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT pusher_id, user_num, session_id, device_id, kind, app_id, pushkey, \
             app_display_name, device_display_name, profile_tag, lang, data, enabled, set_ts, \
             position, is_behind, last_success_ts, failing_since_ts, unsubscribe_token, unread_mails \
             FROM pushers ",
            $rest
        )
    };
}

/// The pusher with this number.
///
/// # Errors
/// Fails if the database fails.
pub async fn find(reader: &impl Read, pusher_id: i64) -> Result<Option<PusherRow>> {
    let rows = rows(reader, select!("WHERE pusher_id = $1"), params![pusher_id]).await?;
    Ok(rows.into_iter().next())
}

/// The pushers of a user.
///
/// # Errors
/// Fails if the database fails.
pub async fn of_user(reader: &impl Read, user: UserNum) -> Result<Vec<PusherRow>> {
    rows(reader, select!("WHERE user_num = $1 ORDER BY pusher_id"), params![user]).await
}

/// A pusher that is told something, and whose it is.
#[derive(Clone, Debug)]
pub struct ActivePusher {
    /// Its number.
    pub pusher_id: i64,
    /// Whose it is.
    pub user_num: UserNum,
    /// The user's id.
    pub user_id: OwnedUserId,
    /// See [`PusherRow::is_behind`].
    pub is_behind: bool,
}

/// All pushers of one kind that are enabled.
///
/// # Errors
/// Fails if the database fails.
pub async fn active(reader: &impl Read, kind: &str) -> Result<Vec<ActivePusher>> {
    let sql = "SELECT pusher_id, pushers.user_num, user_id, is_behind FROM pushers \
               JOIN user_numbers ON user_numbers.user_num = pushers.user_num \
               WHERE kind = $1 AND enabled = 1";
    let rows = reader.query(sql, params![kind]).await?;
    let active = |row: &Row| {
        Ok(ActivePusher {
            pusher_id: row.get(0)?,
            user_num: row.get(1)?,
            user_id: UserId::parse(row.text(2)?)
                .map_err(|_| db::Error::inconsistent("user_numbers.user_id"))?,
            is_behind: row.get::<i64>(3)? != 0,
        })
    };
    rows.iter().map(active).collect()
}

/// Adds a pusher; the write is rejected if the user has one of this application and address.
pub fn insert(write: &mut Write, row: &PusherRow) {
    let settings = &row.settings;
    write.execute_expecting(
        "INSERT INTO pushers (pusher_id, user_num, session_id, device_id, kind, app_id, pushkey, \
         app_display_name, device_display_name, profile_tag, lang, data, enabled, set_ts, position, \
         unsubscribe_token) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) \
         ON CONFLICT DO NOTHING",
        params![
            row.pusher_id,
            row.user_num,
            row.session_id,
            row.device_id.clone(),
            settings.kind.as_str(),
            settings.app_id.as_str(),
            settings.pushkey.as_str(),
            settings.app_display_name.as_str(),
            settings.device_display_name.as_str(),
            settings.profile_tag.clone(),
            settings.lang.as_str(),
            settings.data.as_str(),
            settings.enabled,
            row.set_ts,
            row.position,
            row.unsubscribe_token.clone()
        ],
        1,
    );
}

/// Sets a pusher anew; the write is rejected if it is gone. It stays with its session, and what it was told stays told.
/// `skip_to`: for one that begins to be told something again, from where on. `unsubscribe_token`: for one that has none yet.
pub fn update(
    write: &mut Write,
    pusher_id: i64,
    settings: &PusherSettings,
    set_ts: i64,
    skip_to: Option<i64>,
    unsubscribe_token: Option<&str>,
) {
    write.execute_expecting(
        "UPDATE pushers SET kind = $2, app_display_name = $3, device_display_name = $4, \
         profile_tag = $5, lang = $6, data = $7, enabled = $8, set_ts = $9, \
         position = COALESCE($10, position), \
         is_behind = CASE WHEN $10 IS NULL THEN is_behind ELSE 0 END, failing_since_ts = NULL, \
         unsubscribe_token = COALESCE(unsubscribe_token, $11), unread_mails = 0 \
         WHERE pusher_id = $1",
        params![
            pusher_id,
            settings.kind.as_str(),
            settings.app_display_name.as_str(),
            settings.device_display_name.as_str(),
            settings.profile_tag.clone(),
            settings.lang.as_str(),
            settings.data.as_str(),
            settings.enabled,
            set_ts,
            skip_to,
            unsubscribe_token
        ],
        1,
    );
}

/// Notes how far a pusher has been told, and when it last took something (`None`: it did not now).
pub fn set_progress(
    write: &mut Write,
    pusher_id: i64,
    position: i64,
    is_behind: bool,
    last_success_ts: Option<i64>,
    failing_since_ts: Option<i64>,
) {
    write.execute(
        "UPDATE pushers SET position = $2, is_behind = $3, \
         last_success_ts = COALESCE($4, last_success_ts), failing_since_ts = $5 \
         WHERE pusher_id = $1 AND position <= $2",
        params![pusher_id, position, is_behind, last_success_ts, failing_since_ts],
    );
}

/// Notes that a pusher by mail has nothing to tell up to `position`. Nothing happens if it was told something since.
pub fn skip_mail(write: &mut Write, before: &PusherRow, position: i64, unread_mails: i64) {
    write.execute(
        "UPDATE pushers SET position = $3, unread_mails = $4 WHERE pusher_id = $1 AND position = $2",
        params![before.pusher_id, before.position, position, unread_mails],
    );
}

/// Notes that a pusher by mail is told all up to `position` now (Unix ms), which has to be durable before the mail goes out.
/// The write is rejected if somebody else has told or set it since `before` was read.
pub fn begin_mail(
    write: &mut Write,
    before: &PusherRow,
    position: i64,
    now_ms: i64,
    unread_mails: i64,
) {
    write.execute_expecting(
        "UPDATE pushers SET position = $4, last_success_ts = $5, unread_mails = $6, \
         failing_since_ts = NULL \
         WHERE pusher_id = $1 AND position = $2 AND set_ts = $3 AND enabled = 1",
        params![before.pusher_id, before.position, before.set_ts, position, now_ms, unread_mails],
        1,
    );
}

/// Takes [`begin_mail`] back: the mail that was to tell all up to `position` was not taken. Nothing happens if the pusher is gone or
/// was set to begin elsewhere.
pub fn take_mail_back(write: &mut Write, before: &PusherRow, position: i64, failing_since_ts: i64) {
    write.execute(
        "UPDATE pushers SET position = $3, last_success_ts = $4, unread_mails = $5, \
         failing_since_ts = $6 WHERE pusher_id = $1 AND position = $2",
        params![
            before.pusher_id,
            position,
            before.position,
            before.last_success_ts,
            before.unread_mails,
            failing_since_ts
        ],
    );
}

/// Removes the pusher by mail that has this token; the operation tells how many there were.
pub fn unsubscribe(write: &mut Write, unsubscribe_token: &str) -> OperationIndex {
    write.execute(
        "DELETE FROM pushers WHERE unsubscribe_token = $1 AND kind = $2",
        params![unsubscribe_token, EMAIL],
    )
}

/// Removes a pusher.
pub fn delete(write: &mut Write, pusher_id: i64) {
    write.execute("DELETE FROM pushers WHERE pusher_id = $1", params![pusher_id]);
}

/// Removes a user's pusher of this application and address; the operation tells how many there were.
pub fn delete_of_user(
    write: &mut Write,
    user: UserNum,
    app_id: &str,
    pushkey: &str,
) -> OperationIndex {
    write.execute(
        "DELETE FROM pushers WHERE user_num = $1 AND app_id = $2 AND pushkey = $3",
        params![user, app_id, pushkey],
    )
}

/// Removes the pushers of this application and address that belong to other users.
pub fn delete_of_others(write: &mut Write, user: UserNum, app_id: &str, pushkey: &str) {
    write.execute(
        "DELETE FROM pushers WHERE app_id = $2 AND pushkey = $3 AND user_num <> $1",
        params![user, app_id, pushkey],
    );
}

/// Removes the pushers of a session.
pub fn delete_of_session(write: &mut Write, session_id: i64) {
    write.execute("DELETE FROM pushers WHERE session_id = $1", params![session_id]);
}

/// Removes the pushers of a device's session.
pub fn delete_of_device(write: &mut Write, user: UserNum, device_id: &str) {
    write.execute(
        "DELETE FROM pushers WHERE user_num = $1 AND device_id = $2",
        params![user, device_id],
    );
}

/// Removes the pushers of a user, but those of the session called `except`.
pub fn delete_all_of_user(write: &mut Write, user: UserNum, except: Option<i64>) {
    // No session has a negative number.
    write.execute(
        "DELETE FROM pushers WHERE user_num = $1 AND session_id <> $2",
        params![user, except.unwrap_or(-1)],
    );
}

/// Up to where everything was handed to the pushers; none before the first time.
///
/// # Errors
/// Fails if the database fails.
pub async fn progress(reader: &impl Read) -> Result<Option<i64>> {
    let row = reader.query_optional("SELECT position FROM push_progress", params![]).await?;
    row.map(|row| row.get(0)).transpose()
}

/// Notes up to where everything was handed to the pushers.
pub fn set_total_progress(write: &mut Write, position: i64) {
    write.execute(
        "INSERT INTO push_progress (progress_id, position) VALUES (0, $1) ON CONFLICT (progress_id) \
         DO UPDATE SET position = excluded.position WHERE excluded.position > push_progress.position",
        params![position],
    );
}

async fn rows(reader: &impl Read, sql: &'static str, params: Params) -> Result<Vec<PusherRow>> {
    reader.query(sql, params).await?.iter().map(decode).collect()
}

fn decode(row: &Row) -> Result<PusherRow> {
    Ok(PusherRow {
        pusher_id: row.get(0)?,
        user_num: row.get(1)?,
        session_id: row.get(2)?,
        device_id: row.get(3)?,
        settings: PusherSettings {
            kind: row.get(4)?,
            app_id: row.get(5)?,
            pushkey: row.get(6)?,
            app_display_name: row.get(7)?,
            device_display_name: row.get(8)?,
            profile_tag: row.get(9)?,
            lang: row.get(10)?,
            data: row.get(11)?,
            enabled: row.get::<i64>(12)? != 0,
        },
        set_ts: row.get(13)?,
        position: row.get(14)?,
        is_behind: row.get::<i64>(15)? != 0,
        last_success_ts: row.get(16)?,
        failing_since_ts: row.get(17)?,
        unsubscribe_token: row.get(18)?,
        unread_mails: row.get(19)?,
    })
}
