//! `POST /_matrix/client/v3/user_directory/search` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3user_directorysearch
use directory::Person;
use endpoint::{Auth, Endpoint, Json, Method, RateClass, State, api_error, body};
use protocol::ids::OwnedUserId;
use serde::{Deserialize, Serialize};

use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Post,
    paths: v3!("/user_directory/search"),
    auth: Auth::User,
    rate: RateClass::Search,
    body_bytes_max: body::SMALL,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3user_directorysearch",
    summary: "Looks for people by their names.",
};

/// How many people a client gets that does not say how many it wants.
const LIMIT: usize = 10;

#[derive(Deserialize)]
pub(crate) struct Body {
    search_term: String,
    limit: Option<u32>,
}

#[derive(Serialize)]
pub(crate) struct Reply {
    results: Vec<Entry>,
    limited: bool,
}

#[derive(Serialize)]
struct Entry {
    user_id: OwnedUserId,
    #[serde(skip_serializing_if = "Option::is_none")]
    display_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    avatar_url: Option<String>,
}

impl From<Person> for Entry {
    fn from(person: Person) -> Self {
        let Person { user_id, display_name, avatar_url } = person;
        Self { user_id, display_name, avatar_url }
    }
}

/// Why nobody was looked for.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(crate) struct Error(#[from] directory::Error);

api_error!(Error:
    Self(directory::Error::Rooms(_)) => INTERNAL,
    Self(directory::Error::Failed(_)) => INTERNAL,
);

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<Body>,
) -> Result<Json<Reply>, Error> {
    let limit = body.limit.map_or(LIMIT, |limit| limit as usize);
    let found = app.directory.search(caller.user_num, &body.search_term, limit).await?;
    Ok(Json(Reply {
        results: found.people.into_iter().map(Entry::from).collect(),
        limited: found.limited,
    }))
}
