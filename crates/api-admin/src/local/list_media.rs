//! `GET /_longhouse/local/v1/media`: lists media in order of their ids
use endpoint::{Auth, Endpoint, Json, Method, Query, RateClass, State, body};
use serde::Deserialize;

use super::{
    Error, MEDIA_DOCUMENTATION,
    document::{Media, Medium},
    named,
};
use crate::App;

/// In the registry.
pub const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: &["/_longhouse/local/v1/media"],
    auth: Auth::Local,
    rate: RateClass::Admin,
    body_bytes_max: body::NONE,
    spec: MEDIA_DOCUMENTATION,
    summary: "Lists media in order of their ids.",
};

/// How many are listed at most in one answer.
const PAGE: i64 = 500;

#[derive(Deserialize)]
pub(crate) struct Page {
    /// Only ids behind this one.
    #[serde(default)]
    after: String,
    /// Only this user's.
    user: Option<String>,
}

pub(crate) async fn handler(
    State(app): State<App>,
    Query(page): Query<Page>,
) -> Result<Json<Media>, Error> {
    let uploader = match page.user.filter(|user| !user.is_empty()) {
        None => None,
        Some(user) => {
            let user_id = named::find(&app, &user).await?;
            match app.media.uploader_num(&user_id).await? {
                // Who has never been heard of has uploaded nothing.
                None => return Ok(Json(Media { media: Vec::new() })),
                known => known,
            }
        }
    };
    let mut media = Vec::new();
    for facts in app.media.list(uploader, &page.after, PAGE).await? {
        let uploader = app.media.uploader(facts.uploader).await?;
        media.push(Medium::new(app.media.uri(&facts.media_id), uploader, facts));
    }
    Ok(Json(Media { media }))
}
