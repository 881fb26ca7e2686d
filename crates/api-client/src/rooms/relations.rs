//! A page of relations, as its three endpoints answer with it.
use accounts::Session;
use endpoint::{Failure, Json};
use protocol::ids::{OwnedEventId, RoomId};
use rooms::{ChildrenQuery, Format};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{
    error::Error,
    page::{Direction, RELATIONS_MAX},
    token::{position, token},
    viewer::viewer,
};
use crate::App;

/// How many events a client gets that does not say how many it wants.
const LIMIT: u32 = 5;

/// Which part of the relations.
#[derive(Deserialize)]
pub(crate) struct Page {
    from: Option<String>,
    to: Option<String>,
    #[serde(default)]
    dir: Direction,
    limit: Option<u32>,
    /// COMPAT(clients of MSC3981): under its name from before it was specified.
    #[serde(alias = "org.matrix.msc3981.recurse")]
    recurse: Option<bool>,
}

#[derive(Serialize)]
pub(crate) struct Reply {
    chunk: Vec<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_batch: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prev_batch: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recursion_depth: Option<i64>,
}

/// The page.
///
/// # Errors
/// 404 `M_NOT_FOUND` if the caller may not see the event, 400 `M_INVALID_PARAM` for a token that is none.
pub(crate) async fn relations(
    app: &App,
    caller: &Session,
    room: &RoomId,
    parent: OwnedEventId,
    (rel_type, kind): (Option<String>, Option<String>),
    page: Page,
) -> Result<Json<Reply>, Failure> {
    let query = ChildrenQuery {
        parent,
        rel_type,
        kind,
        recurse: page.recurse == Some(true),
        from: page.from.map(|from| position(app, &from)).transpose()?,
        to: page.to.map(|to| position(app, &to)).transpose()?,
        direction: page.dir.into(),
        limit: page.limit.unwrap_or(LIMIT).clamp(1, RELATIONS_MAX) as usize,
    };
    let found = app.rooms.children(&caller.user_id, room, &query).await.map_err(Error::from)?;
    let viewer = viewer(caller);
    let chunk = app.rooms.render_timeline(&found.events, &found.view, viewer, Format::Whole).await;
    Ok(Json(Reply {
        chunk: chunk.map_err(Error::from)?,
        next_batch: found.end.map(|end| token(app, end)),
        prev_batch: query.from.map(|from| token(app, from)),
        recursion_depth: page.recurse.map(|deep| if deep { ChildrenQuery::DEPTH_MAX } else { 1 }),
    }))
}
