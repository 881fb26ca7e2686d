//! `POST /_longhouse/local/v1/users/{user}/notices`: tells a user something in the server's name
use endpoint::{Auth, Endpoint, Json, Method, Path, RateClass, State, body};

use super::{
    Error, NOTICE_DOCUMENTATION,
    document::{Notice, SentNotice},
    named,
};
use crate::App;

/// In the registry.
pub const ENDPOINT: Endpoint = Endpoint {
    method: Method::Post,
    paths: &["/_longhouse/local/v1/users/{user}/notices"],
    auth: Auth::Local,
    rate: RateClass::Admin,
    body_bytes_max: body::EVENT,
    spec: NOTICE_DOCUMENTATION,
    summary: "Tells a user something in the server's name.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    Path(user): Path<String>,
    Json(body): Json<Notice>,
) -> Result<Json<SentNotice>, Error> {
    let user_id = named::find(&app, &user).await?;
    let sent = app.notices.send(&user_id, &body.text).await?;
    Ok(Json(SentNotice {
        user_id: user_id.to_string(),
        room_id: sent.room_id.to_string(),
        event_id: sent.event_id.to_string(),
    }))
}
