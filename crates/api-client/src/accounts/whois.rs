//! `GET /_matrix/client/v3/admin/whois/{user}` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3adminwhoisuserid
use std::collections::BTreeMap;

use accounts::SessionUse;
use endpoint::{Auth, Endpoint, Json, Method, Path, RateClass, State, api_error, body};
use protocol::ids::OwnedUserId;
use serde::Serialize;

use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: v3!("/admin/whois/{user}"),
    auth: Auth::User,
    rate: RateClass::Read,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3adminwhoisuserid",
    summary: "Tells from where a user's devices were used: the user themself, and administrators.",
};

#[derive(Serialize)]
pub(crate) struct Reply {
    user_id: OwnedUserId,
    devices: BTreeMap<String, Device>,
}

#[derive(Serialize)]
struct Device {
    /// One: a device has one access token at a time.
    sessions: [Session; 1],
}

#[derive(Default, Serialize)]
struct Session {
    connections: Vec<Connection>,
}

#[derive(Serialize)]
struct Connection {
    ip: String,
    last_seen: i64,
    user_agent: String,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("You can only ask about yourself")]
    Forbidden,
    #[error("There is no such user")]
    Unknown,
    #[error(transparent)]
    Failed(#[from] db::Error),
}

api_error!(Error:
    Self::Forbidden => FORBIDDEN,
    Self::Unknown => NOT_FOUND,
    Self::Failed(_) => INTERNAL,
);

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Path(user): Path<OwnedUserId>,
) -> Result<Json<Reply>, Error> {
    if user != caller.user_id && !caller.is_admin {
        return Err(Error::Forbidden);
    }
    let seen = app.accounts.uses(&user).await?.ok_or(Error::Unknown)?;
    let mut devices: BTreeMap<String, Device> = BTreeMap::new();
    for SessionUse { device_id, ip, user_agent, last_seen } in seen {
        let device = devices
            .entry(device_id.unwrap_or_default())
            .or_insert_with(|| Device { sessions: [Session::default()] });
        let [session] = &mut device.sessions;
        session.connections.push(Connection { ip, last_seen, user_agent });
    }
    Ok(Json(Reply { user_id: user, devices }))
}
