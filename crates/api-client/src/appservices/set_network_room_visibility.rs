//! `PUT /_matrix/client/v3/directory/list/appservice/{network}/{room}` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/application-service-api/#put_matrixclientv3directorylistappservicenetworkidroomid
use endpoint::{
    Auth, Endpoint, Failure, Json, Method, Path, RateClass, State, body,
    error::{FORBIDDEN, INTERNAL, NOT_FOUND},
};
use protocol::ids::OwnedRoomId;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Put,
    paths: v3!("/directory/list/appservice/{network}/{room}"),
    auth: Auth::User,
    rate: RateClass::Write,
    body_bytes_max: body::SMALL,
    spec: "https://spec.matrix.org/v1.16/application-service-api/#put_matrixclientv3directorylistappservicenetworkidroomid",
    summary: "Shows a room in the room list of a bridged network, or no longer.",
};

#[derive(Deserialize)]
pub(crate) struct Body {
    visibility: Visibility,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Visibility {
    Public,
    Private,
}

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Path((network, room)): Path<(String, OwnedRoomId)>,
    Json(body): Json<Body>,
) -> Result<Json<Value>, Failure> {
    let Some(appservice) = &caller.appservice else {
        return Err(FORBIDDEN.because("Only application services have room lists of networks"));
    };
    let published = body.visibility == Visibility::Public;
    let setting = app.rooms.set_published_on_network(appservice, &network, &room, published);
    setting.await.map_err(|error| match error {
        rooms::Error::UnknownRoom => NOT_FOUND.from_error(&error),
        other => INTERNAL.from_error(&other),
    })?;
    Ok(Json(json!({})))
}
