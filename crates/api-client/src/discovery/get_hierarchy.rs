//! `GET /_matrix/client/v1/rooms/{room}/hierarchy` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv1roomsroomidhierarchy
use endpoint::{
    Auth, Endpoint, Failure, Json, Method, Path, RateClass, State, body, error::INVALID_PARAM,
};
use protocol::ids::{OwnedRoomId, RoomId};
use rooms::{HierarchyCursor, HierarchyQuery, SpaceRoom};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::summary::Summary;
use crate::{App, Caller, rooms::error::Error};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: &[
        "/_matrix/client/v1/rooms/{room}/hierarchy",
        "/_matrix/client/unstable/org.matrix.msc2946/rooms/{room}/hierarchy",
    ],
    auth: Auth::User,
    rate: RateClass::Search,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv1roomsroomidhierarchy",
    summary: "Lists the rooms of a space, and of the spaces in it.",
};

/// How many rooms a client gets that does not say how many it wants.
const LIMIT: u32 = 50;

/// How many rooms a client gets at most.
const LIMIT_MAX: u32 = 100;

/// How far down a tree is walked at most.
const DEPTH_MAX: u32 = 100;

#[derive(Deserialize)]
pub(crate) struct Query {
    #[serde(default)]
    suggested_only: bool,
    limit: Option<u32>,
    max_depth: Option<u32>,
    from: Option<String>,
}

#[derive(Serialize)]
pub(crate) struct Reply {
    rooms: Vec<Chunk>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_batch: Option<String>,
}

#[derive(Serialize)]
struct Chunk {
    #[serde(flatten)]
    summary: Summary,
    children_state: Vec<Box<RawValue>>,
}

impl From<SpaceRoom> for Chunk {
    fn from(room: SpaceRoom) -> Self {
        Self { summary: room.summary.into(), children_state: room.children_state }
    }
}

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Path(room): Path<OwnedRoomId>,
    endpoint::Query(query): endpoint::Query<Query>,
) -> Result<Json<Reply>, Failure> {
    if query.limit == Some(0) {
        return Err(INVALID_PARAM.because("limit must be greater than 0"));
    }
    let max_depth = query.max_depth.unwrap_or(DEPTH_MAX).min(DEPTH_MAX);
    let walk = Walk { suggested_only: query.suggested_only, max_depth };
    let wanted = HierarchyQuery {
        max_depth,
        suggested_only: query.suggested_only,
        limit: query.limit.unwrap_or(LIMIT).min(LIMIT_MAX) as usize,
        after: query.from.map(|from| walk.read_token(&from)).transpose()?,
    };
    let page = app.rooms.hierarchy(&caller.user_id, &room, &wanted).await.map_err(Error::from)?;
    Ok(Json(Reply {
        rooms: page.rooms.into_iter().map(Chunk::from).collect(),
        next_batch: page.next.map(|next| walk.token(&next)),
    }))
}

/// What must stay the same from page to page.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Walk {
    suggested_only: bool,
    max_depth: u32,
}

impl Walk {
    fn token(self, next: &HierarchyCursor) -> String {
        let Self { suggested_only, max_depth } = self;
        format!("{}_{max_depth}_{}_{}", u8::from(suggested_only), next.passed, next.last)
    }

    /// # Errors
    /// 400 `M_INVALID_PARAM` for what is no token, and for the token of another walk.
    fn read_token(self, token: &str) -> Result<HierarchyCursor, Failure> {
        let (walk, cursor) = parse(token)
            .ok_or_else(|| INVALID_PARAM.because("from is not a token of this list"))?;
        if walk != self {
            let why = "suggested_only and max_depth cannot change from page to page";
            return Err(INVALID_PARAM.because(why));
        }
        Ok(cursor)
    }
}

fn parse(token: &str) -> Option<(Walk, HierarchyCursor)> {
    let mut parts = token.splitn(4, '_');
    let suggested_only = match parts.next()? {
        "0" => false,
        "1" => true,
        _ => return None,
    };
    let max_depth = parts.next()?.parse().ok()?;
    let passed = usize::try_from(parts.next()?.parse::<u32>().ok()?).ok()?;
    let last = RoomId::parse(parts.next()?).ok()?;
    Some((Walk { suggested_only, max_depth }, HierarchyCursor { last, passed }))
}
