//! `GET /_matrix/client/v3/rooms/{room}/state/{kind}/{state_key}` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3roomsroomidstateeventtypestatekey
use endpoint::{Auth, Endpoint, Method, Path, RateClass, RawJson, State, body};
use serde::Deserialize;

use super::{
    error::Error,
    state_path::{PATHS, StatePath},
    viewer::viewer,
};
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: PATHS,
    auth: Auth::Guest,
    rate: RateClass::Read,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3roomsroomidstateeventtypestatekey",
    summary: "Reads one key of the state of a room.",
};

#[derive(Deserialize)]
pub(crate) struct Query {
    format: Option<Format>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Format {
    Content,
    Event,
}

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Path(StatePath { room, kind, state_key }): Path<StatePath>,
    endpoint::Query(query): endpoint::Query<Query>,
) -> Result<RawJson, Error> {
    let event = app.rooms.state_event(&caller.user_id, &room, &kind, &state_key).await?;
    let text = match query.format {
        None | Some(Format::Content) => event.pdu.content().to_owned(),
        Some(Format::Event) => {
            let viewer = viewer(&caller);
            app.rooms.render_one(&event, viewer, rooms::Format::Whole).await?.get().to_owned()
        }
    };
    Ok(RawJson(text.into()))
}
