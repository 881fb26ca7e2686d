//! `POST /_matrix/client/v3/search` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3search
use ::search::{Field, Page, PageToken, SearchQuery};
use endpoint::{
    Auth, Endpoint, Failure, Json, Method, Query, RateClass, State, body, error::INVALID_PARAM,
};
use protocol::filter::RoomEventFilter;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    error::Error,
    page::parse_filter,
    search_answer::{Answer, Shape},
};
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Post,
    paths: v3!("/search"),
    auth: Auth::User,
    rate: RateClass::Search,
    body_bytes_max: body::SMALL,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3search",
    summary: "Searches what was said in the clear in the user's rooms.",
};

/// How many results a client gets that does not say how many it wants, and how many at most.
const LIMIT: u32 = 10;
const LIMIT_MAX: u32 = 100;

/// How many events around a result a client gets that does not say how many it wants, and how many at most.
const AROUND: usize = 5;
const AROUND_MAX: usize = 20;

#[derive(Deserialize)]
pub(crate) struct Batch {
    next_batch: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Body {
    search_categories: Categories,
}

#[derive(Deserialize)]
struct Categories {
    room_events: Option<Criteria>,
}

#[derive(Deserialize)]
struct Criteria {
    search_term: String,
    keys: Option<Vec<Key>>,
    filter: Option<Box<RawValue>>,
    #[serde(default)]
    order_by: OrderBy,
    event_context: Option<EventContext>,
    #[serde(default)]
    include_state: bool,
    #[serde(default)]
    groupings: Groupings,
}

#[derive(Clone, Copy, Deserialize)]
enum Key {
    #[serde(rename = "content.body")]
    Body,
    #[serde(rename = "content.name")]
    Name,
    #[serde(rename = "content.topic")]
    Topic,
}

#[derive(Clone, Copy, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum OrderBy {
    Recent,
    #[default]
    Rank,
}

#[derive(Deserialize)]
struct EventContext {
    before_limit: Option<usize>,
    after_limit: Option<usize>,
    #[serde(default)]
    include_profile: bool,
}

#[derive(Default, Deserialize)]
struct Groupings {
    #[serde(default)]
    group_by: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    key: GroupKey,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum GroupKey {
    RoomId,
    Sender,
}

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Query(batch): Query<Batch>,
    Json(body): Json<Body>,
) -> Result<Json<Answer>, Failure> {
    let Some(criteria) = body.search_categories.room_events else {
        return Ok(Json(Answer::default()));
    };
    let shape = shape(&criteria);
    let query = query(criteria, batch)?;
    let found = app.search.find(&caller.user_id, caller.user_num, &query).await;
    Ok(Json(shape.answer(&app, &caller, found.map_err(Error::from)?).await?))
}

fn query(criteria: Criteria, batch: Batch) -> Result<SearchQuery, Failure> {
    let filter: RoomEventFilter = parse_filter(criteria.filter.as_deref().map(RawValue::get))?;
    let limit = filter.events.limit.unwrap_or(LIMIT).clamp(1, LIMIT_MAX);
    let page = match criteria.order_by {
        OrderBy::Recent => Page::RECENT,
        OrderBy::Rank => Page::RANK,
    };
    let field = |key| match key {
        Key::Body => Field::Body,
        Key::Name => Field::Name,
        Key::Topic => Field::Topic,
    };
    let keys = criteria.keys.unwrap_or_else(|| vec![Key::Body, Key::Name, Key::Topic]);
    let around = criteria.event_context.map(|context| {
        let limit = |limit: Option<usize>| limit.unwrap_or(AROUND).min(AROUND_MAX);
        (limit(context.before_limit), limit(context.after_limit))
    });
    Ok(SearchQuery {
        text: criteria.search_term,
        fields: keys.into_iter().map(field).collect(),
        filter,
        page: match batch.next_batch {
            Some(token) => {
                token.parse::<PageToken>().ok().filter(|token| token.continues(page)).ok_or_else(
                    || INVALID_PARAM.because("next_batch is not a token of this search"),
                )?
            }
            None => page.into(),
        },
        limit: limit as usize,
        around,
    })
}

fn shape(criteria: &Criteria) -> Shape {
    let has_group = |key| criteria.groupings.group_by.iter().any(|group| group.key == key);
    Shape {
        ranked: criteria.order_by == OrderBy::Rank,
        profiles: criteria.event_context.as_ref().is_some_and(|context| context.include_profile),
        state: criteria.include_state,
        by_room: has_group(GroupKey::RoomId),
        by_sender: has_group(GroupKey::Sender),
    }
}
