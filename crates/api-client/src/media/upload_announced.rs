//! `PUT /_matrix/media/v3/upload/{server}/{media}` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#put_matrixmediav3uploadservernamemediaid
use endpoint::{
    Auth, Endpoint, Failure, Json, Method, Path, Query, RateClass, State, Upload, body,
    error::NOT_FOUND,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{error::UploadFailed, upload::describe};
use crate::{Actor, App};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Put,
    paths: &["/_matrix/media/v3/upload/{server}/{media}"],
    auth: Auth::User,
    rate: RateClass::Upload,
    body_bytes_max: body::STREAMED,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#put_matrixmediav3uploadservernamemediaid",
    summary: "Stores a file under the URI that was given out for it.",
};

#[derive(Deserialize)]
pub(crate) struct Parameters {
    filename: Option<String>,
}

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Actor,
    Path((server, media)): Path<(String, String)>,
    Query(Parameters { filename }): Query<Parameters>,
    upload: Upload,
) -> Result<Json<Value>, Failure> {
    if server != app.settings.server_name.as_str() {
        return Err(NOT_FOUND.because("This media belongs to another server"));
    }
    let description = describe(&upload, filename);
    let (user, body) = (caller.user_num, upload.into_stream());
    let stored = app.media.upload_announced(user, &media, description, body).await;
    stored.map_err(UploadFailed)?;
    Ok(Json(json!({})))
}
