//! What people show of themselves, as every kind of sync tells it: `/v3/sync` ([MSC4429]), and sliding sync by an
//! extension ([MSC4262]).
//!
//! Whoever is introduced to a client by a member event that an answer tells, is told with all of the fields that it wants;
//! of everybody who shares a room with the user, and of the user, it is told what changes. So a client that loads members
//! lazily gets the profiles of those whom it can show.
//!
//! [MSC4429]: https://github.com/matrix-org/matrix-spec-proposals/pull/4429
//! [MSC4262]: https://github.com/matrix-org/matrix-spec-proposals/pull/4262
use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::Arc,
};

use protocol::ids::{OwnedUserId, UserId};
use rooms::{Event, Moves};
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

    fn names(&self) -> Option<Vec<String>> {
        match self {
            Self::All => None,
            Self::Named(names) => Some(names.iter().cloned().collect()),
        }
    }
}

/// What is new of one profile.
#[derive(Debug, Default)]
pub(crate) struct ProfileNews {
    /// Fields that are new or have changed, with their values.
    pub(crate) updated: BTreeMap<String, Box<RawValue>>,
    /// Fields that are not there any more.
    pub(crate) removed: BTreeSet<String>,
}

impl ProfileNews {
    fn is_empty(&self) -> bool {
        self.updated.is_empty() && self.removed.is_empty()
    }
}

/// What is new of profiles, by user; nothing of those with whom the client's user shares no room any more.
pub(crate) type Profiles = BTreeMap<OwnedUserId, Option<ProfileNews>>;

/// Whom these member events introduce.
pub(crate) fn introduced<'a>(
    events: impl Iterator<Item = &'a Arc<Event>>,
) -> impl Iterator<Item = OwnedUserId> {
    events
        .filter(|event| event.membership() == Some(Membership::Join))
        .filter_map(|event| <&UserId>::try_from(event.pdu.state_key()?).ok())
        .map(ToOwned::to_owned)
}

impl Sync {
    /// What a client is told of profiles: all that it wants of those who are introduced, and what has changed since it
    /// was here of everybody in the user's rooms.
    pub(crate) async fn profiles(
        &self,
        client: &Client,
        fields: &ProfileFields,
        window: Window,
        mut introduced: BTreeSet<UserNum>,
    ) -> Result<Profiles> {
        let names = fields.names();
        if window.since.is_none() {
            introduced.insert(client.user_num);
        }
        let mut news: BTreeMap<UserNum, ProfileNews> = BTreeMap::new();
        // Before the changes: what changes in between is in them, and holds.
        let users: Vec<UserNum> = introduced.iter().copied().collect();
        for users in users.chunks(USERS_AT_ONCE) {
            for (user, field) in table::of_users(&self.store.db, users, names.as_deref()).await? {
                let value = RawValue::from_string(field.value)?;
                news.entry(user).or_default().updated.insert(field.field, value);
            }
        }
        for change in self.profile_changes(client, names.as_deref(), window, &introduced).await? {
            let ProfileChange { user_num, field, value, .. } = change;
            let user = news.entry(user_num).or_default();
            if let Some(value) = value {
                user.updated.insert(field, RawValue::from_string(value)?);
            } else {
                user.updated.remove(&field);
                user.removed.insert(field);
            }
        }
        let mut profiles = Profiles::new();
        for (user, news) in news.into_iter().filter(|(_, news)| !news.is_empty()) {
            profiles.insert(self.store.interner.user_id(user).await?, Some(news));
        }
        for user in self.ceased_to_share(client, window).await? {
            profiles.insert(self.store.interner.user_id(user).await?, None);
        }
        Ok(profiles)
    }

    /// What has changed in the profiles of the user, of those in their rooms, and of those who are introduced.
    async fn profile_changes(
        &self,
        client: &Client,
        names: Option<&[String]>,
        window: Window,
        introduced: &BTreeSet<UserNum>,
    ) -> Result<Vec<ProfileChange>> {
        let (Some(since), hub) = (window.since, &self.store.changes) else { return Ok(Vec::new()) };
        // The change of a user in no room is published to that user alone.
        if !hub.profiles_changed_since(since.position)
            && !hub.user_changed_since(client.user_num, since.position)
        {
            return Ok(Vec::new());
        }
        let (after, until) = (since.position, window.now.position);
        let mut changes = table::changed_between(&self.store.db, names, after, until).await?;
        let others: HashSet<UserNum> = changes
            .iter()
            .map(|change| change.user_num)
            .filter(|user| *user != client.user_num && !introduced.contains(user))
            .collect();
        let others: Vec<UserNum> = others.into_iter().collect();
        let sharing = self.rooms.sharing_with(client.user_num, &others).await?;
        changes.retain(|change| {
            let user = change.user_num;
            user == client.user_num || introduced.contains(&user) || sharing.contains(&user)
        });
        Ok(changes)
    }

    /// With whom the user has ceased to share a room.
    async fn ceased_to_share(&self, client: &Client, window: Window) -> Result<Vec<UserNum>> {
        let Some(since) = window.since else { return Ok(Vec::new()) };
        let (user, until) = (client.user_num, window.now.position);
        let Moves { mut apart, .. } = self.rooms.moves(user, since.position, until).await?;
        apart.remove(&user);
        if apart.is_empty() {
            return Ok(Vec::new());
        }
        let others: Vec<UserNum> = apart.iter().copied().collect();
        let sharing = self.rooms.sharing_with(user, &others).await?;
        Ok(apart.into_iter().filter(|other| !sharing.contains(other)).collect())
    }
}
