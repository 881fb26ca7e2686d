//! `GET /_longhouse/local/v1/room_jobs/{job}`: tells how far a job on a room is
use endpoint::{Auth, Endpoint, Json, Method, Path, RateClass, State, body};

use super::{Error, ROOM_DOCUMENTATION, room_document::Job};
use crate::App;

/// In the registry.
pub const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: &["/_longhouse/local/v1/room_jobs/{job}"],
    auth: Auth::Local,
    rate: RateClass::Admin,
    body_bytes_max: body::NONE,
    spec: ROOM_DOCUMENTATION,
    summary: "Tells how far a job on a room is.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    Path(job): Path<String>,
) -> Result<Json<Job>, Error> {
    let number = job.parse().map_err(|_| Error::NoJob)?;
    Ok(Json(app.rooms.job(number).await?.ok_or(Error::NoJob)?.into()))
}
