//! What was found by a search, as clients read it.
use std::collections::{BTreeMap, BTreeSet};

use ::search::{Found, SearchHit};
use accounts::Session;
use endpoint::Failure;
use protocol::ids::{OwnedEventId, OwnedRoomId, OwnedUserId, UserId};
use rooms::{Event, Format};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::sync::Arc;

use super::{error::Error, token::token, viewer::viewer};
use crate::App;

/// The rank of a result that nobody has ranked.
const UNRANKED: f64 = 1.0;

#[derive(Default, Serialize)]
pub(crate) struct Answer {
    search_categories: Categories,
}

#[derive(Default, Serialize)]
struct Categories {
    #[serde(skip_serializing_if = "Option::is_none")]
    room_events: Option<RoomEvents>,
}

#[derive(Serialize)]
struct RoomEvents {
    count: u64,
    highlights: Vec<String>,
    results: Vec<Hit>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    state: BTreeMap<OwnedRoomId, Vec<Box<RawValue>>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    groups: BTreeMap<&'static str, BTreeMap<String, Group>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_batch: Option<String>,
}

#[derive(Serialize)]
struct Hit {
    rank: f64,
    result: Box<RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    context: Option<Context>,
}

#[derive(Serialize)]
struct Context {
    start: String,
    end: String,
    events_before: Vec<Box<RawValue>>,
    events_after: Vec<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    profile_info: Option<BTreeMap<OwnedUserId, ShownProfile>>,
}

#[derive(Default, Deserialize, Serialize)]
struct ShownProfile {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    displayname: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    avatar_url: Option<String>,
}

#[derive(Serialize)]
struct Group {
    results: Vec<OwnedEventId>,
    order: usize,
}

/// What the client wants with the results.
#[expect(clippy::struct_excessive_bools, reason = "each is a wish of its own")]
pub(crate) struct Shape {
    pub(crate) ranked: bool,
    pub(crate) profiles: bool,
    pub(crate) state: bool,
    pub(crate) by_room: bool,
    pub(crate) by_sender: bool,
}

impl Shape {
    pub(crate) async fn answer(
        &self,
        app: &App,
        caller: &Session,
        found: Found,
    ) -> Result<Answer, Failure> {
        let mut results = Vec::with_capacity(found.hits.len());
        for hit in &found.hits {
            results.push(self.hit(app, caller, hit).await?);
        }
        let mut groups = BTreeMap::new();
        if self.by_room {
            groups.insert("room_id", grouped(&found.hits, |event| event.pdu.room_id().to_string()));
        }
        if self.by_sender {
            groups.insert("sender", grouped(&found.hits, |event| event.pdu.sender().to_string()));
        }
        let room_events = RoomEvents {
            count: found.count,
            highlights: found.highlights,
            results,
            state: if self.state {
                state(app, caller, &found.hits).await?
            } else {
                BTreeMap::new()
            },
            groups,
            next_batch: found.next.map(|next| next.to_string()),
        };
        Ok(Answer { search_categories: Categories { room_events: Some(room_events) } })
    }

    async fn hit(&self, app: &App, caller: &Session, hit: &SearchHit) -> Result<Hit, Failure> {
        let rank = if self.ranked { hit.rank } else { UNRANKED };
        let Some(around) = &hit.around else {
            let shown = render(app, caller, hit, std::slice::from_ref(&hit.event)).await?;
            let result = shown.into_iter().next().ok_or(rooms::Error::UnknownEvent);
            return Ok(Hit { rank, result: result.map_err(Error::from)?, context: None });
        };
        let events = around.before.iter().chain([&hit.event]).chain(&around.after);
        let events: Vec<Arc<Event>> = events.cloned().collect();
        let mut shown = render(app, caller, hit, &events).await?.into_iter();
        let events_before = shown.by_ref().take(around.before.len()).collect();
        let result = shown.next().ok_or(rooms::Error::UnknownEvent).map_err(Error::from)?;
        let profile_info =
            if self.profiles { Some(profiles(app, hit, &events).await?) } else { None };
        let context = Context {
            start: token(app, around.start),
            end: token(app, around.end),
            events_before,
            events_after: shown.collect(),
            profile_info,
        };
        Ok(Hit { rank, result, context: Some(context) })
    }
}

async fn render(
    app: &App,
    caller: &Session,
    hit: &SearchHit,
    events: &[Arc<Event>],
) -> Result<Vec<Box<RawValue>>, Failure> {
    let shown = app.rooms.render_timeline(events, &hit.view, viewer(caller), Format::Whole).await;
    Ok(shown.map_err(Error::from)?)
}

/// What the senders of the events were called when the result was sent.
async fn profiles(
    app: &App,
    hit: &SearchHit,
    events: &[Arc<Event>],
) -> Result<BTreeMap<OwnedUserId, ShownProfile>, Failure> {
    let position = hit.event.position().unwrap_or(i64::MAX);
    let senders: BTreeSet<&UserId> = events.iter().map(|event| event.pdu.sender()).collect();
    let mut profiles = BTreeMap::new();
    for sender in senders {
        let member = app.rooms.member_at(&hit.room, sender, position).await;
        let member = member.map_err(Error::from)?;
        let profile = member.and_then(|member| member.pdu.content_as::<ShownProfile>().ok());
        profiles.insert(sender.to_owned(), profile.unwrap_or_default());
    }
    Ok(profiles)
}

/// The state of the rooms of the results, as far as the caller may see it.
async fn state(
    app: &App,
    caller: &Session,
    hits: &[SearchHit],
) -> Result<BTreeMap<OwnedRoomId, Vec<Box<RawValue>>>, Failure> {
    let mut states = BTreeMap::new();
    for hit in hits {
        if states.contains_key(&hit.room.id) {
            continue;
        }
        let (_, state) =
            app.rooms.visible_state(&caller.user_id, &hit.room.id).await.map_err(Error::from)?;
        let events: Vec<_> = state.iter().cloned().collect();
        let shown = app.rooms.render(&events, viewer(caller), Format::Whole).await;
        states.insert(hit.room.id.clone(), shown.map_err(Error::from)?);
    }
    Ok(states)
}

/// The results by what they have in common, in the order in which each group is first seen.
fn grouped(hits: &[SearchHit], of: impl Fn(&Event) -> String) -> BTreeMap<String, Group> {
    let mut groups: BTreeMap<String, Group> = BTreeMap::new();
    for hit in hits {
        let order = groups.len();
        let group =
            groups.entry(of(&hit.event)).or_insert_with(|| Group { results: Vec::new(), order });
        group.results.push(hit.event.pdu.event_id().to_owned());
    }
    groups
}
