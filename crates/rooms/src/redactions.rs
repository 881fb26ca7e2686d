//! Emptying an event together with those that relate to it (MSC3912).
use std::sync::Arc;

use protocol::{
    canonical::Object,
    ids::{EventId, OwnedEventId, RoomId, UserId},
};
use store::{
    events::Direction,
    relations::{self, Wanted},
};

use crate::{
    draft::{Draft, Submission},
    error::Result,
    event::Event,
    room::Room,
    send::Transaction,
    service::Rooms,
};

/// Which relation means every relation.
const EVERY: &str = "*";

/// How many events are emptied in one write.
const BATCH: usize = 100;

impl Rooms {
    /// Empties an event, and then those that relate to it in one of these ways, as far as the sender may. Sent again with
    /// the same transaction, it goes on where it was broken off.
    ///
    /// # Errors
    /// See [`crate::Error`]; what was emptied until then stays so.
    pub async fn redact_with_relations(
        self: &Arc<Self>,
        sender: &UserId,
        room_id: &RoomId,
        (target, rel_types): (&EventId, &[String]),
        transaction: Transaction<'_>,
        content: Object,
    ) -> Result<OwnedEventId> {
        let redaction = self.redact(sender, room_id, target, transaction, content.clone()).await?;
        if self.is_shadow_banned(sender) {
            return Ok(redaction);
        }
        let room = self.room(room_id).await?;
        if rel_types.iter().any(|rel_type| rel_type == EVERY) {
            self.redact_children(sender, &room, (target, None), &content).await?;
        } else {
            for rel_type in rel_types {
                self.redact_children(sender, &room, (target, Some(rel_type)), &content).await?;
            }
        }
        Ok(redaction)
    }

    async fn redact_children(
        self: &Arc<Self>,
        sender: &UserId,
        room: &Arc<Room>,
        (target, rel_type): (&EventId, Option<&str>),
        content: &Object,
    ) -> Result<()> {
        let wanted = Wanted { parent_id: target, rel_type, kind: None, recurse: false };
        let limit = i64::try_from(BATCH).unwrap_or(i64::MAX);
        let mut after = i64::MIN;
        loop {
            let range = (after, i64::MAX);
            let db = &self.store.db;
            let children =
                relations::page(db, room.num, wanted, range, Direction::Forward, limit).await?;
            let children = self.events(&children).await?;
            let Some(last) = children.last().and_then(|event| event.position()) else {
                return Ok(());
            };
            after = last;
            let facts = room.facts(self).await?;
            let may_all = facts.powers().can_redact_others(sender);
            let may = |event: &&Arc<Event>| may_all || event.pdu.sender() == sender;
            let drafts = children
                .iter()
                .filter(may)
                .map(|event| Draft::redaction(event.pdu.event_id().to_owned(), content.clone()));
            let drafts: Vec<Draft> = drafts.collect();
            if facts.is_joined(sender) && !drafts.is_empty() {
                let submission = Submission {
                    sender: sender.to_owned(),
                    drafts,
                    transaction_key: None,
                    extras: Vec::new(),
                };
                self.submit(room, submission).await?;
            }
        }
    }
}
