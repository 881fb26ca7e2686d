//! Which thread an event is in ([spec]).
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#threaded-read-receipts
use std::borrow::Cow;

use protocol::{Pdu, ids::EventId};
use serde::Deserialize;
use serde_json::value::RawValue;
use store::{EventNum, RoomNum, events};

use crate::service::Rooms;

#[derive(Deserialize)]
struct Content<'a> {
    #[serde(borrow, rename = "m.relates_to")]
    relates_to: &'a RawValue,
}

#[derive(Deserialize)]
struct Relation<'a> {
    #[serde(borrow)]
    rel_type: Cow<'a, str>,
    #[serde(borrow)]
    event_id: Cow<'a, str>,
}

/// The root of the thread that an event is in. One that relates to an event of a thread otherwise, as an edit or a
/// reaction does, is where that event is.
pub(crate) async fn thread_of(
    rooms: &Rooms,
    room: RoomNum,
    event: &Pdu,
) -> db::Result<Option<EventNum>> {
    // Most events relate to nothing, and are not read for it.
    if !event.content().contains("\"m.relates_to\"") {
        return Ok(None);
    }
    let content = event.borrow_content::<Content<'_>>();
    let Ok(relation) =
        content.and_then(|content| serde_json::from_str::<Relation<'_>>(content.relates_to.get()))
    else {
        return Ok(None);
    };
    let Ok(parent) = EventId::parse(&*relation.event_id) else { return Ok(None) };
    let parent = events::parent(&rooms.store.db, &parent).await?;
    let Some(parent) = parent.filter(|parent| parent.room_num == room) else { return Ok(None) };
    let starts = (relation.rel_type == "m.thread").then_some(parent.event_num);
    Ok(parent.thread_num.or(starts))
}
