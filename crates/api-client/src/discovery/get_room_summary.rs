//! `GET /_matrix/client/v1/room_summary/{room_or_alias}` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv1room_summaryroomidoralias
use endpoint::{Auth, Endpoint, Failure, Json, Method, Path, RateClass, State, body};
use protocol::ids::{OwnedRoomOrAliasId, UserId};
use serde::Serialize;

use super::summary::Summary;
use crate::{
    App, OptionalCaller,
    rooms::{error::Error, find_room::find_room},
};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: &[
        "/_matrix/client/v1/room_summary/{room_or_alias}",
        // COMPAT(Nheko; matrix-rust-sdk with servers before v1.15): the paths of MSC3266.
        "/_matrix/client/unstable/im.nheko.summary/summary/{room_or_alias}",
        "/_matrix/client/unstable/im.nheko.summary/rooms/{room_or_alias}/summary",
    ],
    auth: Auth::Optional,
    rate: RateClass::Search,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv1room_summaryroomidoralias",
    summary: "Describes a room to those who may enter it, ask to, or read it.",
};

#[derive(Serialize)]
pub(crate) struct Reply {
    #[serde(flatten)]
    summary: Summary,
    #[serde(skip_serializing_if = "Option::is_none")]
    membership: Option<&'static str>,
    /// COMPAT(MSC3266): as clients of the unstable paths call it.
    #[serde(rename = "im.nheko.summary.room_version")]
    unstable_room_version: &'static str,
    /// COMPAT(MSC3266): as clients of the unstable paths call it.
    #[serde(rename = "im.nheko.summary.encryption", skip_serializing_if = "Option::is_none")]
    unstable_encryption: Option<String>,
}

pub(crate) async fn handler(
    State(app): State<App>,
    caller: OptionalCaller,
    Path(name): Path<OwnedRoomOrAliasId>,
) -> Result<Json<Reply>, Failure> {
    let room = find_room(&app, name).await?;
    let user: Option<&UserId> = caller.0.as_ref().map(|session| &*session.user_id);
    let found = app.rooms.summary(user, &room).await.map_err(Error::from)?;
    // Whoever was never there is nothing else than whoever left.
    let membership = user.map(|_| found.membership.map_or("leave", rooms::Membership::as_str));
    Ok(Json(Reply {
        membership,
        unstable_room_version: found.version.as_str(),
        unstable_encryption: found.encryption.clone(),
        summary: found.into(),
    }))
}
