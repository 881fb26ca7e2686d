//! `PUT /_matrix/client/v3/rooms/{room}/state/{kind}/{state_key}` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#put_matrixclientv3roomsroomidstateeventtypestatekey
use endpoint::{
    Auth, Endpoint, Failure, Json, Method, Path, Query, RateClass, State, body, error::BAD_ALIAS,
};
use rooms::Manner;
use serde_json::{Value, json};

use super::{
    agreed::may_set_state,
    content::Content,
    delayed::schedule,
    error::Error,
    massage::Massage,
    send_query::SendQuery,
    state_path::{PATHS, StatePath},
};
use crate::{Actor, App};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Put,
    paths: PATHS,
    auth: Auth::User,
    rate: RateClass::Message,
    body_bytes_max: body::EVENT,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#put_matrixclientv3roomsroomidstateeventtypestatekey",
    summary: "Sets one key of the state of a room.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Actor,
    Path(StatePath { room, kind, state_key }): Path<StatePath>,
    Query(query): Query<SendQuery>,
    Query(massage): Query<Massage>,
    Content(content): Content,
) -> Result<Json<Value>, Failure> {
    may_set_state(&app, &caller, (&kind, &state_key), &content).await?;
    let (sent_ts, sticky_ms) = (massage.sent_ts(&caller)?, query.sticky_ms()?);
    if let Some(delay_ms) = query.delay_ms {
        let what = (kind.as_str(), Some(state_key.as_str()));
        return Ok(Json(
            schedule(&app, &caller.user_id, &room, what, content, (delay_ms, sticky_ms, None))
                .await?,
        ));
    }
    let (user, rooms, manner) = (&caller.user_id, &app.rooms, Manner { sent_ts, sticky_ms });
    let setting = rooms.set_state_as(user, &room, &kind, &state_key, content, manner);
    let event_id = setting.await.map_err(|error| match error {
        rooms::Error::UnknownAlias => BAD_ALIAS.from_error(&error),
        other => Error::from(other).into(),
    })?;
    Ok(Json(json!({ "event_id": event_id })))
}
