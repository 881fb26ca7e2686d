//! The extension that tells what people show of themselves ([MSC4262]).
//!
//! [MSC4262]: https://github.com/matrix-org/matrix-spec-proposals/pull/4262
use std::collections::{BTreeMap, BTreeSet};

use store::UserNum;

use super::{
    connection::{Draft, Kind},
    extensions::{InScene, Scene},
    request::Profiles,
    response::{ProfileAnswer, ProfilesAnswer},
};
use crate::{
    error::Result,
    profiles::{ProfileNews, introduced},
    service::Sync,
};

impl Sync {
    pub(super) async fn profiles_answer(
        &self,
        scene: &Scene<'_>,
        wanted: &Profiles,
        draft: &Draft<'_>,
    ) -> Result<Option<ProfilesAnswer>> {
        let Profiles { selector, fields } = wanted;
        let selection = selector.selection(scene.request);
        let mut people = BTreeSet::new();
        for InScene { planned, shown, .. } in &scene.rooms {
            let Some(shown) = shown.as_ref().filter(|shown| !shown.introduced.is_empty()) else {
                continue;
            };
            if self.selects(&selection, planned).await? {
                let users = shown.introduced.iter().map(AsRef::as_ref);
                people.extend(self.store.interner.find_users(users).await?);
            }
        }
        let told = draft.before.told.profile_fields.as_ref();
        if !told.is_some_and(|told| told.cover(fields)) {
            people.extend(self.known_people(scene, draft).await?);
        }
        let client = &scene.request.client;
        let profiles = self.profiles(client, fields, scene.window, people).await?;
        let answer = |ProfileNews { updated, removed }| ProfileAnswer { updated, removed };
        let users: BTreeMap<_, _> =
            profiles.into_iter().map(|(user, news)| (user, news.map(answer))).collect();
        Ok((!users.is_empty()).then_some(ProfilesAnswer { users }))
    }

    /// Who was introduced before: they are told anew to a client that wants more of their profiles than it has.
    async fn known_people(
        &self,
        scene: &Scene<'_>,
        draft: &Draft<'_>,
    ) -> Result<BTreeSet<UserNum>> {
        let mut known = BTreeSet::from([scene.request.client.user_num]);
        for (room, sent) in &draft.before.rooms {
            if sent.kind != Kind::Joined {
                continue;
            }
            known.extend(&sent.members);
            if sent.rules.want_all_members()
                && let Some(room) = self.rooms.by_number(*room).await?
            {
                let facts = room.facts(&self.rooms).await?;
                let members = facts.state.of_type("m.room.member").map(|(_, event)| event);
                let members: Vec<_> = introduced(members).collect();
                let members = members.iter().map(AsRef::as_ref);
                known.extend(self.store.interner.find_users(members).await?);
            }
        }
        Ok(known)
    }
}
