//! Bringing the index up to the end of the rooms' timelines.
use std::sync::{Arc, atomic::Ordering};

use db::Write;
use protocol::Pdu;
use rooms::{Event, Room};
use serde::Deserialize;
use store::{
    EventNum,
    events::Status,
    search::{self as table, Changes, Document, Field},
};

use crate::{Search, terms::terms_of};

/// How many events of a room are read at once.
const EVENTS_READ: usize = 64;

/// With how many terms what was collected is written. The more at once, the less each costs; but the database writes
/// nothing else meanwhile.
const TERMS_WRITTEN: usize = 4_096;

/// What is to be written, and how much it is.
#[derive(Default)]
struct Collected {
    changes: Changes,
    terms: usize,
}

impl Collected {
    fn put(&mut self, event: EventNum, document: Document) {
        // The work on a row counts too.
        self.terms += document.terms.len() + 1;
        self.changes.insert(event, Some(document));
    }

    fn remove(&mut self, event: EventNum) {
        self.terms += 1;
        self.changes.insert(event, None);
    }
}

impl Search {
    /// Brings the index up to now. Returns the position that it has come to.
    ///
    /// # Errors
    /// Fails if the database fails; what was written until then stays.
    pub async fn catch_up(&self) -> rooms::Result<i64> {
        let _indexing = self.indexing.lock().await;
        let from = table::progress(&self.store.db).await?;
        let until = self.store.changes.position();
        if until <= from {
            return Ok(from);
        }
        let mut collected = Collected::default();
        for num in self.store.changed_rooms(from).await? {
            if let Some(room) = self.rooms.by_number(num).await? {
                self.index_room(&room, (from, until), &mut collected).await?;
            }
        }
        self.write(collected, Some(until)).await?;
        Ok(until)
    }

    /// Writes what was collected; and that it is all up to `until`, if it is.
    async fn write(&self, collected: Collected, until: Option<i64>) -> rooms::Result<()> {
        let count = collected.changes.len() as u64;
        let mut write = Write::new();
        table::change(&mut write, self.store.db.engine(), collected.changes);
        if let Some(until) = until {
            table::set_progress(&mut write, until);
        }
        drop(self.store.write(write).await?);
        self.written.fetch_add(count, Ordering::Relaxed);
        Ok(())
    }

    async fn index_room(
        &self,
        room: &Room,
        (mut after, until): (i64, i64),
        collected: &mut Collected,
    ) -> rooms::Result<()> {
        loop {
            let events = self.rooms.events_between(room, (after, until), EVENTS_READ).await?;
            let Some(last) = events.last().and_then(|event| event.position()) else {
                return Ok(());
            };
            for event in &events {
                self.index_event(event, collected).await?;
            }
            if collected.terms >= TERMS_WRITTEN {
                self.write(std::mem::take(collected), None).await?;
            }
            if events.len() < EVENTS_READ {
                return Ok(());
            }
            after = last;
        }
    }

    /// Collects what an event changes of the index.
    async fn index_event(
        &self,
        event: &Arc<Event>,
        collected: &mut Collected,
    ) -> rooms::Result<()> {
        if event.pdu.kind() == "m.room.redaction" {
            return self.index_redaction(event, collected).await;
        }
        if let Some(edited) = event.edits() {
            // Nobody looks for the edit: it changes by what its target is found.
            return match self.rooms.event(&edited).await? {
                Some(edited) if edited.room_num == event.room_num => {
                    self.index_text(&edited, collected).await
                }
                _ => Ok(()),
            };
        }
        self.index_text(event, collected).await
    }

    async fn index_redaction(&self, event: &Event, collected: &mut Collected) -> rooms::Result<()> {
        let Some(target) = event.pdu.redacts() else { return Ok(()) };
        let target = self.rooms.event(target).await?;
        let Some(target) = target.filter(|target| target.redacted_by.is_some()) else {
            return Ok(());
        };
        collected.remove(target.num);
        // What is collected is found by no text that was taken back up to now: the relation has gone with it.
        let edited = table::edited_by(&self.store.db, target.num).await?;
        for edited in self.rooms.events(&edited).await? {
            self.index_text(&edited, collected).await?;
        }
        Ok(())
    }

    /// Makes an event findable by its text as it is now, or not findable.
    async fn index_text(&self, event: &Arc<Event>, collected: &mut Collected) -> rooms::Result<()> {
        let Some(field) = field_of(&event.pdu) else { return Ok(()) };
        let shown = event.redacted_by.is_none() && event.status == Status::Accepted;
        let Some(position) = event.position().filter(|_| shown) else {
            collected.remove(event.num);
            return Ok(());
        };
        let edit = if field == Field::Body { self.rooms.newest_edit(event).await? } else { None };
        let (text, source) = match &edit {
            Some(edit) => (new_text(&edit.pdu), edit),
            None => (text(&event.pdu, field), event),
        };
        let terms = terms_of(&text.unwrap_or_default());
        if terms.is_empty() {
            collected.remove(event.num);
            return Ok(());
        }
        let document = Document {
            room_num: event.room_num,
            position,
            field,
            text_num: source.num,
            text_position: source.position().unwrap_or(position),
            terms,
        };
        collected.put(event.num, document);
        Ok(())
    }
}

/// Which text of the event is searched for, if any is.
fn field_of(event: &Pdu) -> Option<Field> {
    match (event.kind(), event.state_key()) {
        ("m.room.message", None) => Some(Field::Body),
        ("m.room.name", Some("")) => Some(Field::Name),
        ("m.room.topic", Some("")) => Some(Field::Topic),
        _ => None,
    }
}

/// The text of an event that is shown.
pub(crate) fn text(event: &Pdu, field: Field) -> Option<String> {
    #[derive(Deserialize)]
    struct Body {
        body: String,
    }
    #[derive(Deserialize)]
    struct Name {
        name: String,
    }
    #[derive(Deserialize)]
    struct Topic {
        topic: String,
    }
    match field {
        Field::Body => event.content_as::<Body>().ok().map(|content| content.body),
        Field::Name => event.content_as::<Name>().ok().map(|content| content.name),
        Field::Topic => event.content_as::<Topic>().ok().map(|content| content.topic),
    }
}

/// The text that an edit gives the event that it edits.
pub(crate) fn new_text(edit: &Pdu) -> Option<String> {
    #[derive(Deserialize)]
    struct Content {
        #[serde(rename = "m.new_content")]
        new_content: NewContent,
    }
    #[derive(Deserialize)]
    struct NewContent {
        body: String,
    }
    Some(edit.content_as::<Content>().ok()?.new_content.body)
}

/// The text that an event is found by, as it is shown to everybody.
pub(crate) fn shown_text(event: &Pdu, edit: Option<&Pdu>) -> Option<String> {
    match edit {
        Some(edit) => new_text(edit),
        None => text(event, field_of(event)?),
    }
}
