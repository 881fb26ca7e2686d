//! What people show of themselves, as every kind of sync tells it: `/v3/sync` ([MSC4429]), and sliding sync by an
//! extension ([MSC4262]).
//!
//! Whoever is introduced to a client by an answer, by a member event or as one who stands for a room without a name, is told
//! with all of the fields that it wants; of everybody who shares a room with the user, and of the user, it is told what
//! changes. So a client that loads members lazily gets the profiles of those whom it can show.
//!
//! [MSC4429]: https://github.com/matrix-org/matrix-spec-proposals/pull/4429
//! [MSC4262]: https://github.com/matrix-org/matrix-spec-proposals/pull/4262
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use protocol::ids::{OwnedUserId, UserId};
use rooms::{Event, Facts, Moves};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use store::{
    UserNum,
    memberships::Membership,
    profiles::{self as table, ProfileChange},
};

use crate::{client::Client, error::Result, service::Sync, window::Window};

/// Of so many users the profiles are read at once.
const USERS_AT_ONCE: usize = 1_000;

/// Which fields of profiles a client wants.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum ProfileFields {
    /// All of them.
    All,
    /// Those of these names.
    Named(BTreeSet<String>),
}

impl ProfileFields {
    /// Whether what `other` wants is wanted here too.
    pub(crate) fn cover(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::All, _) => true,
            (Self::Named(_), Self::All) => false,
            (Self::Named(own), Self::Named(other)) => other.is_subset(own),
        }
    }

    /// The bytes it occupies, about.
    pub(crate) fn memory_bytes(&self) -> usize {
        match self {
            Self::All => 0,
            Self::Named(names) => names.iter().map(|name| name.len() + size_of::<String>()).sum(),
        }
    }

    fn names(&self) -> Option<Vec<String>> {
        match self {
            Self::All => None,
            Self::Named(names) => Some(names.iter().cloned().collect()),
        }
    }
}

/// What is new of one profile.
#[derive(Debug, Default, Serialize)]
pub struct ProfileNews {
    /// Fields that are new or have changed, with their values.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub updated: BTreeMap<String, Box<RawValue>>,
    /// Fields that are not there any more.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub removed: BTreeSet<String>,
}

/// What is new of profiles, by user; nothing of those with whom the client's user shares no room any more.
pub(crate) type Profiles = BTreeMap<OwnedUserId, Option<ProfileNews>>;

/// Those whose whole profiles a client is told.
#[derive(Debug, Default)]
pub(crate) struct People {
    /// It may not have known them.
    pub(crate) new: BTreeSet<UserNum>,
    /// It knows them, and may have fields of theirs that were removed since.
    pub(crate) known: BTreeSet<UserNum>,
}

/// Whom these member events introduce, of those who are in the room now.
pub(crate) fn introduced<'a>(
    events: impl Iterator<Item = &'a Arc<Event>>,
    facts: &Facts,
) -> impl Iterator<Item = OwnedUserId> {
    events
        .filter(|event| event.membership() == Some(Membership::Join))
        .filter_map(|event| <&UserId>::try_from(event.pdu.state_key()?).ok())
        .filter(|user| facts.is_joined(user))
        .map(ToOwned::to_owned)
}

/// Those of the users who stand for a room that are in it.
pub(crate) fn joined_heroes<'a>(
    heroes: impl Iterator<Item = &'a str>,
    facts: &Facts,
) -> impl Iterator<Item = OwnedUserId> {
    heroes.filter_map(|hero| UserId::parse(hero).ok()).filter(|hero| facts.is_joined(hero))
}

impl Sync {
    /// What a client is told of profiles: all that it wants of `people`, and what has changed since it was here of everybody
    /// in the user's rooms.
    pub(crate) async fn profiles(
        &self,
        client: &Client,
        fields: &ProfileFields,
        window: Window,
        mut people: People,
    ) -> Result<Profiles> {
        if window.since.is_none() {
            people.new.insert(client.user_num);
        }
        let names = fields.names();
        let mut users = self.changed_profiles(client, names.as_deref(), window).await?;
        users.extend(&people.new);
        users.extend(&people.known);
        let users: Vec<UserNum> = users.into_iter().collect();
        let mut news: BTreeMap<UserNum, ProfileNews> = BTreeMap::new();
        for users in users.chunks(USERS_AT_ONCE) {
            for row in table::of_users(&self.store.db, users, names.as_deref()).await? {
                let ProfileChange { user_num, field, value, position } = row;
                // What has changed behind the window comes with the next answer.
                let has_changed = window.since.is_some() && window.contains(position);
                let is_known = people.known.contains(&user_num);
                match value {
                    Some(value) if has_changed || is_known || people.new.contains(&user_num) => {
                        let value = RawValue::from_string(value)?;
                        news.entry(user_num).or_default().updated.insert(field, value);
                    }
                    None if has_changed || is_known => {
                        news.entry(user_num).or_default().removed.insert(field);
                    }
                    _ => {}
                }
            }
        }
        let mut profiles = Profiles::new();
        for (user, news) in news {
            profiles.insert(self.store.interner.user_id(user).await?, Some(news));
        }
        for user in self.ceased_to_share(client, window).await? {
            profiles.insert(self.store.interner.user_id(user).await?, None);
        }
        Ok(profiles)
    }

    /// Those of the user, and of everybody in their rooms, whose profiles have changed.
    async fn changed_profiles(
        &self,
        client: &Client,
        names: Option<&[String]>,
        window: Window,
    ) -> Result<BTreeSet<UserNum>> {
        let (Some(since), user) = (window.since, client.user_num) else {
            return Ok(BTreeSet::new());
        };
        if !self.store.changes.profiles_changed_since(since.position) {
            return Ok(BTreeSet::new());
        }
        let (after, until) = (since.position, window.now.position);
        let changed = table::changed_users(&self.store.db, names, after, until).await?;
        let mut sharing = self.rooms.sharing_with(user, &changed).await?;
        // The user's own concern them without any room.
        if changed.contains(&user) {
            sharing.insert(user);
        }
        Ok(sharing)
    }

    /// With whom the user has ceased to share a room.
    async fn ceased_to_share(&self, client: &Client, window: Window) -> Result<Vec<UserNum>> {
        let Some(since) = window.since else { return Ok(Vec::new()) };
        let (user, until) = (client.user_num, window.now.position);
        let Moves { apart, .. } = self.rooms.moves(user, since.position, until).await?;
        if apart.is_empty() {
            return Ok(Vec::new());
        }
        let others: Vec<UserNum> = apart.into_iter().collect();
        let sharing = self.rooms.sharing_with(user, &others).await?;
        Ok(others.into_iter().filter(|other| !sharing.contains(other)).collect())
    }
}
