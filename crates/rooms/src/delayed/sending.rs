//! Sending delayed events when their time has come.
use std::{future::Future, sync::Arc, time::Duration};

use db::Write;
use protocol::{
    canonical::{self, Object},
    ids::UserId,
};
use serde_json::json;
use store::{
    delayed_events::{self as table, DelayedEventRow},
    users,
};

use crate::{
    draft::{Draft, Extra, Manner, Submission},
    error::{Error, Result},
    room::Room,
    service::Rooms,
    shadow_bans::pretended_event,
};

/// The longest sleep: the clock may be set meanwhile.
const SLEEP_MAX: Duration = Duration::from_mins(1);

/// How long it takes until what could not be sent because of us is tried again.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// For how long it is told what became of delayed events (ms).
const FINALISED_KEPT_MS: i64 = 7 * 86_400_000;

impl Rooms {
    /// Sends delayed events when their time has come, until `stop` is done.
    ///
    /// # Errors
    /// Fails if the database does at the beginning; later failures are tried again.
    pub async fn run_delayed_events(
        self: &Arc<Self>,
        stop: impl Future<Output = ()> + Send,
    ) -> Result<()> {
        let waiting = self.waiting().await?;
        let mut forgotten_at = i64::MIN;
        tokio::pin!(stop);
        loop {
            let now = self.now_ms();
            let pause = waiting.next().map_or(SLEEP_MAX, |at| {
                Duration::from_millis(at.saturating_sub(now).max(0).unsigned_abs()).min(SLEEP_MAX)
            });
            tokio::select! {
                () = &mut stop => return Ok(()),
                () = waiting.changed.notified() => continue,
                () = tokio::time::sleep(pause) => {}
            }
            let now = self.now_ms();
            if now.saturating_sub(forgotten_at) > FINALISED_KEPT_MS / 168 {
                forgotten_at = now;
                self.forget_delayed(now.saturating_sub(FINALISED_KEPT_MS)).await;
            }
            for delay_id in waiting.due(now) {
                tokio::select! {
                    () = &mut stop => return Ok(()),
                    () = self.send_due(&delay_id) => {}
                }
            }
        }
    }

    async fn forget_delayed(&self, before: i64) {
        let mut write = Write::new();
        table::delete_finalised(&mut write, before);
        if let Err(error) = self.store.write(write).await {
            tracing::warn!(%error, "old delayed events could not be forgotten");
        }
    }

    async fn send_due(self: &Arc<Self>, delay_id: &str) {
        if let Err(error) = self.try_to_send_due(delay_id).await {
            tracing::warn!(%error, "a delayed event could not be sent, and is tried again");
            tokio::time::sleep(RETRY_AFTER).await;
        }
    }

    async fn try_to_send_due(self: &Arc<Self>, delay_id: &str) -> Result<()> {
        let row = table::find(&self.store.db, delay_id).await?;
        let Some(row) = row.filter(|row| row.end.is_none()) else {
            self.delayed.remove(delay_id);
            return Ok(());
        };
        if row.send_ts() > self.now_ms() {
            // It was put off meanwhile.
            self.delayed.add(&row);
            return Ok(());
        }
        match self.send_delayed(&row).await {
            Ok(()) => Ok(()),
            Err(Error::NotWaiting) => {
                self.delayed.remove(delay_id);
                Ok(())
            }
            Err(error @ (Error::Storage(_) | Error::Contended | Error::Stopped)) => Err(error),
            Err(error) => {
                self.end_delayed(delay_id, Some(&told(&error))).await?;
                Ok(())
            }
        }
    }

    /// Sends one that waits, and notes what it was sent as.
    pub(super) async fn send_delayed(self: &Arc<Self>, row: &DelayedEventRow) -> Result<()> {
        let sender = self.store.interner.user_id(row.user_num).await?;
        let room_id = self.store.interner.room_id(row.room_num).await?;
        let content = canonical::parse_object(row.content.as_bytes())
            .map_err(|_| db::Error::inconsistent("delayed_events.content"))?;
        self.check_acting(&sender, row, &content).await?;
        let manner = Manner { sticky_ms: row.sticky_ms, ..Manner::default() };
        let (room, draft) = match &row.state_key {
            None => {
                let room = self.joined_room(&room_id, &sender).await?;
                if self.is_shadow_banned(&sender) {
                    let pretended = pretended_event(&sender, &room_id, &row.delay_id)?;
                    return self.note_sent(row, pretended.as_str()).await;
                }
                (room, Draft::message_or_redaction(&row.kind, content)?)
            }
            Some(key) => {
                let room = self.room_for_state(&room_id, &sender, &row.kind, key).await?;
                let mut content =
                    self.checked_state(&room, &sender, &row.kind, key, content).await?;
                if self.is_shadow_banned(&sender) {
                    let facts = room.facts(self).await?;
                    let what = (row.kind.as_str(), key.as_str());
                    let pretended =
                        self.pretended_state(&facts, &sender, what, &mut content).await?;
                    if let Some(pretended) = pretended {
                        return self.note_sent(row, pretended.as_str()).await;
                    }
                }
                let current = self.same_state(&room, &sender, &row.kind, key, &content).await?;
                if let Some(current) = current.filter(|_| manner.sticky_ms.is_none()) {
                    return self.note_sent(row, current.as_str()).await;
                }
                (room, Draft::state(&row.kind, key, content))
            }
        };
        self.submit_delayed(&room, &sender, Draft { manner, ..draft }, row).await?;
        if row.kind == "m.room.guest_access" {
            self.see_guests_off(&room).await?;
        }
        Ok(())
    }

    /// Whoever was suspended or locked meanwhile says nothing more. To take back what they said stays possible: whoever was in
    /// a call leaves it by an empty content (MSC4143).
    async fn check_acting(
        &self,
        sender: &UserId,
        row: &DelayedEventRow,
        content: &Object,
    ) -> Result<()> {
        let takes_back =
            row.kind == "m.room.redaction" || row.state_key.is_some() && content.is_empty();
        if takes_back {
            return Ok(());
        }
        let user = users::find(&self.store.db, sender).await?;
        if user.is_some_and(|user| user.suspended || user.locked) {
            return Err(Error::Suspended);
        }
        Ok(())
    }

    async fn submit_delayed(
        self: &Arc<Self>,
        room: &Arc<Room>,
        sender: &UserId,
        draft: Draft,
        row: &DelayedEventRow,
    ) -> Result<()> {
        let submission = Submission {
            sender: sender.to_owned(),
            drafts: vec![draft],
            transaction_key: None,
            extras: vec![Extra::Delayed(row.delay_id.clone())],
        };
        self.submit_one(room, submission).await?;
        self.delayed.remove(&row.delay_id);
        Ok(())
    }

    /// The state is as the event would make it: nothing is sent.
    async fn note_sent(&self, row: &DelayedEventRow, event_id: &str) -> Result<()> {
        let mut write = Write::new();
        self.write_sent(&mut write, (&row.delay_id, row.user_num), event_id);
        match self.store.write(write).await {
            Ok(_) => {
                self.delayed.remove(&row.delay_id);
                Ok(())
            }
            Err(db::WriteError::Conflict { .. }) => Err(Error::NotWaiting),
            Err(error) => Err(error.into()),
        }
    }
}

/// Why an event was not sent, as its sender is told.
fn told(error: &Error) -> String {
    let errcode = match error {
        Error::NotJoined | Error::Denied(_) | Error::Forbidden(_) => "M_FORBIDDEN",
        Error::Suspended => "M_USER_SUSPENDED",
        Error::TooLarge(_) => "M_TOO_LARGE",
        Error::BadContent(_) => "M_BAD_JSON",
        _ => "M_UNKNOWN",
    };
    json!({ "errcode": errcode, "error": error.to_string() }).to_string()
}
