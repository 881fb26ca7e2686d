//! Sending: messages, state and redactions.
use std::sync::Arc;

use protocol::{
    canonical::{self, Object},
    ids::{EventId, OwnedEventId, RoomId, UserId},
};
use store::events;

use crate::{
    draft::{Draft, Manner, Submission},
    error::{Error, Result},
    event::{Event, transaction_key},
    retention,
    room::Room,
    service::Rooms,
    shadow_bans::pretended_event,
};

/// Who sends, and under which transaction id.
#[derive(Clone, Copy, Debug)]
pub struct Transaction<'a> {
    /// The device of the session.
    pub device_id: &'a str,
    /// The client's transaction id.
    pub transaction_id: &'a str,
}

impl Rooms {
    /// Sends a message event. Sent again with the same transaction, it answers with the first one's id.
    ///
    /// # Errors
    /// See [`Error`]; nothing is stored then.
    pub async fn send(
        self: &Arc<Self>,
        sender: &UserId,
        room_id: &RoomId,
        kind: &str,
        transaction: Transaction<'_>,
        content: Object,
    ) -> Result<OwnedEventId> {
        self.send_as(sender, room_id, kind, transaction, content, Manner::default()).await
    }

    /// As [`Self::send`], with what else the sender says of the event.
    ///
    /// # Errors
    /// See [`Error`]; nothing is stored then.
    pub async fn send_as(
        self: &Arc<Self>,
        sender: &UserId,
        room_id: &RoomId,
        kind: &str,
        transaction: Transaction<'_>,
        content: Object,
        manner: Manner,
    ) -> Result<OwnedEventId> {
        let draft = Draft { manner, ..Draft::message_or_redaction(kind, content)? };
        let key = match &draft.redacts {
            Some(target) => redaction_key(target, transaction),
            None => transaction_key(transaction.device_id, kind, transaction.transaction_id),
        };
        self.send_draft(sender, room_id, draft, key).await
    }

    /// Empties an event.
    ///
    /// # Errors
    /// See [`Error`]; nothing is stored then.
    pub async fn redact(
        self: &Arc<Self>,
        sender: &UserId,
        room_id: &RoomId,
        target: &EventId,
        transaction: Transaction<'_>,
        content: Object,
    ) -> Result<OwnedEventId> {
        let key = redaction_key(target, transaction);
        let draft = Draft::redaction(target.to_owned(), content);
        self.send_draft(sender, room_id, draft, key).await
    }

    async fn send_draft(
        self: &Arc<Self>,
        sender: &UserId,
        room_id: &RoomId,
        draft: Draft,
        key: String,
    ) -> Result<OwnedEventId> {
        let room = self.joined_room(room_id, sender).await.map_err(|error| (error, &key));
        let room = match room {
            Ok(room) => room,
            // Who repeats a transaction after they have left is still told what it made.
            Err((error, key)) => {
                let sent = self.sent_before(room_id, sender, key).await?;
                return sent.ok_or(error);
            }
        };
        if self.is_shadow_banned(sender) {
            return pretended_event(sender, room_id, &key);
        }
        let submission = Submission {
            sender: sender.to_owned(),
            drafts: vec![draft],
            transaction_key: Some(key),
            extras: Vec::new(),
        };
        let event = self.submit_one(&room, submission).await?;
        self.stop_typing(room.num, sender);
        Ok(event.pdu.event_id().to_owned())
    }

    async fn sent_before(
        &self,
        room_id: &RoomId,
        sender: &UserId,
        key: &str,
    ) -> Result<Option<OwnedEventId>> {
        let Some(room) = self.store.interner.find_room(room_id).await? else { return Ok(None) };
        let Some(sender) = self.store.interner.find_user(sender).await? else { return Ok(None) };
        let row = events::by_transaction(&self.store.db, room, sender, key).await?;
        Ok(row.map(|row| row.event_id))
    }

    /// Sets one key of the room's state. What is so already is not sent again.
    ///
    /// # Errors
    /// See [`Error`]; nothing is stored then.
    pub async fn set_state(
        self: &Arc<Self>,
        sender: &UserId,
        room_id: &RoomId,
        kind: &str,
        state_key: &str,
        content: Object,
    ) -> Result<OwnedEventId> {
        self.set_state_as(sender, room_id, kind, state_key, content, Manner::default()).await
    }

    /// As [`Self::set_state`], with what else the sender says of the event.
    ///
    /// # Errors
    /// See [`Error`]; nothing is stored then.
    pub async fn set_state_as(
        self: &Arc<Self>,
        sender: &UserId,
        room_id: &RoomId,
        kind: &str,
        state_key: &str,
        content: Object,
        manner: Manner,
    ) -> Result<OwnedEventId> {
        let room = self.room_for_state(room_id, sender, kind, state_key).await?;
        let mut content = self.checked_state(&room, sender, kind, state_key, content).await?;
        if self.is_shadow_banned(sender) {
            let facts = room.facts(self).await?;
            let what = (kind, state_key);
            if let Some(pretended) =
                self.pretended_state(&facts, sender, what, &mut content).await?
            {
                return Ok(pretended);
            }
        }
        let same = self.same_state(&room, sender, kind, state_key, &content).await?;
        // What is to be sticky is told anew.
        if let Some(same) = same.filter(|_| manner.sticky_ms.is_none()) {
            return Ok(same);
        }
        let draft = Draft { manner, ..Draft::state(kind, state_key, content) };
        let event = self.submit_one(&room, Submission::one(sender.to_owned(), draft)).await?;
        if kind == "m.room.guest_access" {
            // The room is closed to them in any case: whoever asks again tries again.
            self.see_guests_off(&room).await?;
        }
        Ok(event.pdu.event_id().to_owned())
    }

    /// The content, if it may become state, with what the server adds to it.
    pub(crate) async fn checked_state(
        self: &Arc<Self>,
        room: &Room,
        sender: &UserId,
        kind: &str,
        state_key: &str,
        mut content: Object,
    ) -> Result<Object> {
        let facts = room.facts(self).await?;
        match (kind, state_key) {
            ("m.room.create", _) => return Err(Error::Forbidden("a room is created once")),
            ("m.room.canonical_alias", "") => self.check_canonical_alias(&facts, &content).await?,
            ("m.room.member", target) => {
                self.check_member_content(&facts, sender, target, &mut content).await?;
            }
            (kind, state_key) => retention::check_content(kind, state_key, &content)?,
        }
        Ok(content)
    }

    /// The event that has made the state what `sender` wants it to be, if it is so already by them.
    pub(crate) async fn same_state(
        self: &Arc<Self>,
        room: &Room,
        sender: &UserId,
        kind: &str,
        state_key: &str,
        content: &Object,
    ) -> Result<Option<OwnedEventId>> {
        let facts = room.facts(self).await?;
        let current = facts.state.get(kind, state_key).filter(|current| {
            current.pdu.sender() == sender && current.pdu.content() == canonical::to_string(content)
        });
        Ok(current.map(|current| current.pdu.event_id().to_owned()))
    }

    /// A member event of one's own may be the very thing that makes one a member.
    pub(crate) async fn room_for_state(
        self: &Arc<Self>,
        room_id: &RoomId,
        sender: &UserId,
        kind: &str,
        state_key: &str,
    ) -> Result<Arc<Room>> {
        if kind == "m.room.member" && state_key == sender.as_str() {
            return self.room(room_id).await;
        }
        self.joined_room(room_id, sender).await
    }

    /// The room, if `user` is in it. A room that does not exist is not told from one that others are in.
    pub(crate) async fn joined_room(
        self: &Arc<Self>,
        room_id: &RoomId,
        user: &UserId,
    ) -> Result<Arc<Room>> {
        let room = self.find(room_id).await?.ok_or(Error::NotJoined)?;
        if room.facts(self).await?.is_joined(user) { Ok(room) } else { Err(Error::NotJoined) }
    }

    pub(crate) async fn submit_one(
        self: &Arc<Self>,
        room: &Arc<Room>,
        submission: Submission,
    ) -> Result<Arc<Event>> {
        let events = self.submit(room, submission).await?;
        events.into_iter().next().ok_or(Error::Stopped)
    }
}

fn redaction_key(target: &EventId, transaction: Transaction<'_>) -> String {
    let endpoint = format!("redact {target}");
    transaction_key(transaction.device_id, &endpoint, transaction.transaction_id)
}
