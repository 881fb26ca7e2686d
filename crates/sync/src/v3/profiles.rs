//! What people show of themselves ([MSC4429]), to clients whose filter asks for it.
//!
//! [MSC4429]: https://github.com/matrix-org/matrix-spec-proposals/pull/4429
use std::collections::{BTreeMap, BTreeSet};

use protocol::{filter, ids::OwnedUserId};
use serde::Serialize;
use serde_json::value::RawValue;

use super::{Request, RoomLists};
use crate::{
    error::Result,
    profiles::{People, ProfileFields, ProfileNews},
    service::Sync,
    window::Window,
};

/// What is new of people, apart from rooms.
pub type Users = BTreeMap<OwnedUserId, UserNews>;

/// What is new of one user.
#[derive(Debug, Serialize)]
pub struct UserNews {
    /// The fields of their profile that have changed, none for one that was removed; nothing at all if they share no room
    /// with the client's user any more.
    pub profile_updates: Option<BTreeMap<String, Option<Box<RawValue>>>>,
}

impl UserNews {
    fn of(news: Option<ProfileNews>) -> Self {
        let profile_updates = news.map(|ProfileNews { updated, removed }| {
            let removed = removed.into_iter().map(|field| (field, None));
            removed.chain(updated.into_iter().map(|(field, value)| (field, Some(value)))).collect()
        });
        Self { profile_updates }
    }
}

impl Request {
    /// Whether the client wants to be told of profiles.
    pub(super) fn wants_profiles(&self) -> bool {
        !self.filter.profile_fields.are_none() || !self.filter.unstable_profile_fields.are_none()
    }
}

impl Sync {
    /// What is new of profiles, as far as `wanted`, one of the filter's two fields for it, asks for it; `rooms` introduce people.
    pub(super) async fn users(
        &self,
        request: &Request,
        window: Window,
        wanted: &filter::ProfileFields,
        rooms: &RoomLists,
    ) -> Result<Users> {
        if wanted.are_none() {
            return Ok(Users::new());
        }
        let fields = ProfileFields::Named(wanted.ids.iter().cloned().collect());
        let introduced = rooms.join.values().flat_map(|room| &room.introduced);
        let introduced: BTreeSet<_> = introduced.map(AsRef::as_ref).collect();
        let new = self.store.interner.find_users(introduced.into_iter()).await?;
        let people = People { new: new.into_iter().collect(), ..People::default() };
        let profiles = self.profiles(&request.client, &fields, window, people).await?;
        Ok(profiles.into_iter().map(|(user, news)| (user, UserNews::of(news))).collect())
    }
}
