//! `PUT /_matrix/client/v3/rooms/{room}/redact/{event}/{transaction}` ([spec])
//!
//! The body may name the relations whose events are emptied as well (MSC3912).
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#put_matrixclientv3roomsroomidredacteventidtxnid
use endpoint::{
    Auth, Authority as _, Endpoint, Failure, Json, Method, Path, RateClass, State, body,
    error::USER_SUSPENDED,
};
use protocol::{
    canonical,
    ids::{OwnedEventId, OwnedRoomId},
};
use serde_json::{Value, json};

use super::{content::Content, error::Error, viewer::transaction};
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Put,
    paths: v3!("/rooms/{room}/redact/{event}/{transaction}"),
    auth: Auth::Guest,
    rate: RateClass::Message,
    body_bytes_max: body::EVENT,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#put_matrixclientv3roomsroomidredacteventidtxnid",
    summary: "Empties an event.",
};

/// The names that the list of relations goes by.
const REL_TYPES: [&str; 2] = ["with_rel_types", "org.matrix.msc3912.with_relations"];

/// How many relations can be named at once.
const REL_TYPES_MAX: usize = 20;

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Path((room, event, id)): Path<(OwnedRoomId, OwnedEventId, String)>,
    Content(mut content): Content,
) -> Result<Json<Value>, Failure> {
    // Whoever is suspended can still take back what they said.
    if caller.is_suspended
        && !app.rooms.is_sender(&caller.user_id, &event).await.map_err(Error::from)?
    {
        return Err(USER_SUSPENDED.because("This account has been suspended"));
    }
    app.check_agreed(&caller).await?;
    let mut rel_types = take_rel_types(&mut content)?;
    if caller.is_suspended {
        // They might be others'.
        rel_types.clear();
    }
    let (user, transaction) = (&caller.user_id, transaction(&caller, &id));
    let what = (&*event, &*rel_types);
    let redacted = app.rooms.redact_with_relations(user, &room, what, transaction, content).await;
    let event_id = redacted.map_err(Error::from)?;
    Ok(Json(json!({ "event_id": event_id })))
}

/// Takes the list of relations out of the content.
fn take_rel_types(content: &mut canonical::Object) -> Result<Vec<String>, Error> {
    let mut rel_types = Vec::new();
    for name in REL_TYPES {
        let bad = || rooms::Error::BadContent(format!("{name} is a list of {REL_TYPES_MAX} texts"));
        match content.remove(name) {
            None => {}
            Some(canonical::Value::Array(named)) => {
                for rel_type in named {
                    match rel_type {
                        canonical::Value::String(rel_type) => rel_types.push(rel_type),
                        _ => return Err(bad().into()),
                    }
                }
                if rel_types.len() > REL_TYPES_MAX {
                    return Err(bad().into());
                }
            }
            Some(_) => return Err(bad().into()),
        }
    }
    Ok(rel_types)
}
