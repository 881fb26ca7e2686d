//! `PUT /_matrix/client/v3/rooms/{room}/send/{kind}/{transaction}` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#put_matrixclientv3roomsroomidsendeventtypetxnid
use endpoint::{Auth, Endpoint, Failure, Json, Method, Path, Query, RateClass, State, body};
use protocol::ids::OwnedRoomId;
use rooms::Manner;
use serde_json::{Value, json};

use super::{
    active::note_activity, content::Content, delayed::schedule, error::Error, massage::Massage,
    send_query::SendQuery, viewer::transaction,
};
use crate::{App, Speaker};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Put,
    paths: v3!("/rooms/{room}/send/{kind}/{transaction}"),
    auth: Auth::Guest,
    rate: RateClass::Message,
    body_bytes_max: body::EVENT,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#put_matrixclientv3roomsroomidsendeventtypetxnid",
    summary: "Sends an event that is no state.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Speaker,
    Path((room, kind, id)): Path<(OwnedRoomId, String, String)>,
    Query(query): Query<SendQuery>,
    Query(massage): Query<Massage>,
    Content(content): Content,
) -> Result<Json<Value>, Failure> {
    let transaction = transaction(&caller, &id);
    let (sent_ts, sticky_ms) = (massage.sent_ts(&caller)?, query.sticky_ms()?);
    if let Some(delay_ms) = query.delay_ms {
        let when = (delay_ms, sticky_ms, Some(transaction));
        return Ok(Json(
            schedule(&app, &caller.user_id, &room, (kind.as_str(), None), content, when).await?,
        ));
    }
    let (user, rooms, manner) = (&caller.user_id, &app.rooms, Manner { sent_ts, sticky_ms });
    let sending = rooms.send_as(user, &room, &kind, transaction, content, manner);
    let event_id = sending.await.map_err(Error::from)?;
    note_activity(&app, &caller).await;
    Ok(Json(json!({ "event_id": event_id })))
}
