//! `POST /_matrix/media/v3/upload` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#post_matrixmediav3upload
use endpoint::{Auth, Endpoint, Failure, Json, Method, Query, RateClass, State, Upload, body};
use media::Description;
use serde::Deserialize;
use serde_json::{Value, json};

use super::error::UploadFailed;
use crate::{Actor, App};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Post,
    paths: &["/_matrix/media/v3/upload", "/_matrix/media/r0/upload"],
    auth: Auth::User,
    rate: RateClass::Upload,
    body_bytes_max: body::STREAMED,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#post_matrixmediav3upload",
    summary: "Stores a file.",
};

#[derive(Deserialize)]
pub(crate) struct Parameters {
    filename: Option<String>,
    /// Whether the answer is to have a BlurHash ([MSC2448]).
    ///
    /// [MSC2448]: https://github.com/matrix-org/matrix-spec-proposals/pull/2448
    #[serde(rename = "xyz.amorgan.generate_blurhash", default)]
    generate_blurhash: bool,
}

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Actor,
    Query(Parameters { filename, generate_blurhash }): Query<Parameters>,
    upload: Upload,
) -> Result<Json<Value>, Failure> {
    let description = describe(&upload, filename);
    let stored = app.media.upload(caller.user_num, description, upload.into_stream()).await;
    let media_id = stored.map_err(UploadFailed)?;
    let mut answer = json!({ "content_uri": app.media.uri(&media_id) });
    // The file is stored: that it is no image, or that too many wait for a decoder, is no reason to say otherwise.
    if generate_blurhash && let Ok(Some(hash)) = app.media.blurhash(&media_id).await {
        answer["xyz.amorgan.blurhash"] = hash.into();
    }
    Ok(Json(answer))
}

/// What the client says of its upload.
pub(super) fn describe(upload: &Upload, file_name: Option<String>) -> Description {
    Description { content_type: upload.content_type.clone(), file_name, length: upload.length }
}
