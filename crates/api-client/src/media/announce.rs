//! `POST /_matrix/media/v1/create` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#post_matrixmediav1create
use endpoint::{Auth, Endpoint, Failure, Json, Method, RateClass, State, body};
use serde_json::{Value, json};

use super::error::AnnounceFailed;
use crate::{Actor, App};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Post,
    paths: &["/_matrix/media/v1/create"],
    auth: Auth::User,
    rate: RateClass::Upload,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#post_matrixmediav1create",
    summary: "Gives out the URI of a file that will be uploaded later.",
};

pub(crate) async fn handler(State(app): State<App>, caller: Actor) -> Result<Json<Value>, Failure> {
    let announced = app.media.announce(caller.user_num).await.map_err(AnnounceFailed::from)?;
    Ok(Json(json!({
        "content_uri": format!("mxc://{}/{}", app.settings.server_name, announced.media_id),
        "unused_expires_at": announced.expires_at,
    })))
}
