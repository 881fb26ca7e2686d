//! `POST /_matrix/client/v3/createRoom` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3createroom
use endpoint::{
    Auth, Endpoint, Failure, Json, JsonOrEmpty, Method, RateClass, State, body,
    error::{BAD_JSON, INTERNAL, INVALID_PARAM, INVALID_ROOM_STATE, ROOM_IN_USE, UNSUPPORTED},
};
use protocol::{
    canonical::{self, Object},
    ids::{OwnedRoomAliasId, OwnedUserId},
};
use rooms::CreateRoom;
use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Value, json, value::RawValue};

use super::{alias::own_alias, error::Error};
use crate::{App, Speaker};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Post,
    paths: v3!("/createRoom"),
    auth: Auth::User,
    rate: RateClass::CreateRoom,
    body_bytes_max: body::LARGE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3createroom",
    summary: "Creates a room.",
};

#[derive(Deserialize)]
pub(crate) struct Body {
    #[serde(default)]
    visibility: Visibility,
    room_alias_name: Option<String>,
    name: Option<String>,
    topic: Option<String>,
    #[serde(default)]
    invite: Vec<OwnedUserId>,
    #[serde(default)]
    invite_3pid: Vec<IgnoredAny>,
    room_version: Option<String>,
    creation_content: Option<Box<RawValue>>,
    #[serde(default)]
    initial_state: Vec<StateEvent>,
    preset: Option<Preset>,
    #[serde(default)]
    is_direct: bool,
    power_level_content_override: Option<Box<RawValue>>,
}

#[derive(Clone, Copy, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Visibility {
    Public,
    #[default]
    Private,
}

#[derive(Clone, Copy, Deserialize)]
enum Preset {
    #[serde(rename = "private_chat")]
    Private,
    #[serde(rename = "trusted_private_chat")]
    Trusted,
    #[serde(rename = "public_chat")]
    Public,
}

#[derive(Deserialize)]
struct StateEvent {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    state_key: String,
    content: Box<RawValue>,
}

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Speaker,
    JsonOrEmpty(body): JsonOrEmpty<Body>,
) -> Result<Json<Value>, Failure> {
    let request = request(&app, body)?;
    if let Some(alias) = &request.alias {
        own_alias(&app, &caller, alias)?;
    }
    for invited in &request.invite {
        let wanted = app.appservices.want_user(invited).await;
        wanted.map_err(|error| INTERNAL.from_error(&error))?;
    }
    let room = app.rooms.create_room(&caller.user_id, request).await.map_err(failure)?;
    Ok(Json(json!({ "room_id": room })))
}

fn request(app: &App, body: Body) -> Result<CreateRoom, Failure> {
    if !body.invite_3pid.is_empty() {
        return Err(UNSUPPORTED.because("This server has no identity server to invite through"));
    }
    let state = body.initial_state.into_iter().enumerate().map(|(index, event)| {
        let place = format!("initial_state[{index}].content");
        Ok((event.kind, event.state_key, object(&place, Some(&event.content))?))
    });
    let overrides = body.power_level_content_override.as_deref();
    Ok(CreateRoom {
        room_version: body.room_version,
        preset: preset(body.preset, body.visibility),
        published: body.visibility == Visibility::Public,
        alias: body.room_alias_name.map(|name| alias(app, &name)).transpose()?,
        name: body.name,
        topic: body.topic,
        invite: body.invite,
        is_direct: body.is_direct,
        creation_content: object("creation_content", body.creation_content.as_deref())?,
        initial_state: state.collect::<Result<_, Failure>>()?,
        power_level_content_override: object("power_level_content_override", overrides)?,
    })
}

fn preset(preset: Option<Preset>, visibility: Visibility) -> rooms::Preset {
    match (preset, visibility) {
        (Some(Preset::Private), _) | (None, Visibility::Private) => rooms::Preset::PrivateChat,
        (Some(Preset::Trusted), _) => rooms::Preset::TrustedPrivateChat,
        (Some(Preset::Public), _) | (None, Visibility::Public) => rooms::Preset::PublicChat,
    }
}

/// The alias of this server with such a localpart. Colons and white space have no place in one.
fn alias(app: &App, name: &str) -> Result<OwnedRoomAliasId, Failure> {
    let fits = !name.is_empty() && !name.contains(|c: char| c == ':' || c.is_whitespace());
    let alias = format!("#{name}:{}", app.settings.server_name);
    let alias = OwnedRoomAliasId::try_from(alias).ok().filter(|_| fits);
    alias.ok_or_else(|| INVALID_PARAM.because("room_alias_name cannot be a room alias"))
}

fn object(place: &str, raw: Option<&RawValue>) -> Result<Object, Failure> {
    let Some(raw) = raw.filter(|raw| raw.get() != "null") else { return Ok(Object::new()) };
    canonical::parse_object(raw.get().as_bytes())
        .map_err(|error| BAD_JSON.because(format!("{place}: {error}")))
}

fn failure(error: rooms::Error) -> Failure {
    match error {
        rooms::Error::AliasTaken => ROOM_IN_USE.from_error(&error),
        // Rules that the client's own choice of state breaks.
        rooms::Error::Denied(_) | rooms::Error::BadContent(_) => {
            INVALID_ROOM_STATE.from_error(&error)
        }
        other => Error::from(other).into(),
    }
}
