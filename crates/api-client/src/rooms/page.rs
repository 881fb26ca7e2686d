//! What the endpoints share that answer with pages of events.
use std::collections::BTreeSet;

use accounts::Session;
use endpoint::{Failure, error::INVALID_PARAM};
use protocol::{
    filter::RoomEventFilter,
    ids::{RoomId, UserId},
};
use rooms::Format;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{error::Error, viewer::viewer};
use crate::App;

/// How many events a client gets that does not say how many it wants.
pub(crate) const LIMIT: u32 = 10;

/// How many events a client gets at most.
pub(crate) const LIMIT_MAX: u32 = 1_000;

/// How many relations, or threads, a client gets at most.
pub(crate) const RELATIONS_MAX: u32 = 100;

/// Which way a client reads.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub(crate) enum Direction {
    #[default]
    #[serde(rename = "b")]
    Backward,
    #[serde(rename = "f")]
    Forward,
}

impl From<Direction> for rooms::Direction {
    fn from(direction: Direction) -> Self {
        match direction {
            Direction::Backward => Self::Backward,
            Direction::Forward => Self::Forward,
        }
    }
}

/// The filter of a query.
///
/// # Errors
/// 400 `M_INVALID_PARAM` for what is none.
pub(crate) fn parse_filter(text: Option<&str>) -> Result<RoomEventFilter, Failure> {
    let Some(text) = text else { return Ok(RoomEventFilter::default()) };
    RoomEventFilter::parse(text.as_bytes()).map_err(|error| INVALID_PARAM.from_error(&error))
}

/// The member events of those who sent something, for a client that loads members lazily.
pub(crate) async fn members_of<'a>(
    app: &App,
    caller: &Session,
    room: &RoomId,
    senders: impl Iterator<Item = &'a UserId>,
) -> Result<Vec<Box<RawValue>>, Failure> {
    let senders: BTreeSet<_> = senders.collect();
    let (_, state) = app.rooms.visible_state(&caller.user_id, room).await.map_err(Error::from)?;
    let members = senders.iter().filter_map(|user| state.get("m.room.member", user.as_str()));
    let members: Vec<_> = members.cloned().collect();
    let rendered = app.rooms.render(&members, viewer(caller), Format::Whole).await;
    Ok(rendered.map_err(Error::from)?)
}
