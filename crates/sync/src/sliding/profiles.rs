//! The extension that tells what people show of themselves ([MSC4262]).
//!
//! A room introduces people when it is first told with the extension, and later those who are new in what is told of it. A
//! client that wants other fields than it has is told anew of everybody, as their rooms are in its windows.
//!
//! [MSC4262]: https://github.com/matrix-org/matrix-spec-proposals/pull/4262
use protocol::ids::OwnedUserId;
use store::{RoomNum, UserNum};

use super::{
    ROOMS_AT_ONCE,
    connection::{Draft, Kind, Sent, Told},
    extensions::{InScene, Scene},
    plan::Selection,
    request::Request,
    response::ProfilesAnswer,
};
use crate::{
    client::Client,
    error::Result,
    profiles::{People, ProfileFields, introduced, joined_heroes},
    service::Sync,
    summary,
};

impl Told {
    /// Whether the client is kept up to date with all the fields of profiles that it wants.
    pub(super) fn has_profiles_for(&self, request: &Request) -> bool {
        let Some(wanted) = &request.extensions.profiles else { return true };
        self.profile_fields.as_ref().is_some_and(|told| told.cover(&wanted.fields))
    }
}

impl Sync {
    pub(super) async fn profiles_answer(
        &self,
        scene: &Scene<'_>,
        selection: &Selection<'_>,
        fields: &ProfileFields,
        draft: &mut Draft<'_>,
    ) -> Result<Option<ProfilesAnswer>> {
        let client = &scene.request.client;
        let mut people = People::default();
        if !scene.covers_profiles && scene.window.since.is_some() {
            people.known.insert(client.user_num);
            draft.forget_profiles();
        }
        for (number, InScene { planned, shown, .. }) in scene.rooms.iter().enumerate() {
            let room = planned.room;
            let Some(sent) = draft.sent(room) else { continue };
            let is_first = !sent.profiles;
            let introduces = shown.as_ref().is_some_and(|shown| !shown.introduced.is_empty());
            if !(is_first || introduces) || !self.selects(selection, planned).await? {
                continue;
            }
            let was_here = draft.before.rooms.get(&room).is_some_and(|it| it.kind == Kind::Joined);
            if is_first && was_here && sent.kind == Kind::Joined {
                people.known.extend(self.whom_it_shows(client, room, sent).await?);
            }
            if let Some(sent) = draft.sent_mut(room) {
                sent.profiles = true;
            }
            let new = shown.iter().flat_map(|shown| &shown.introduced).map(AsRef::as_ref);
            people.new.extend(self.store.interner.find_users(new).await?);
            if number % ROOMS_AT_ONCE == ROOMS_AT_ONCE - 1 {
                tokio::task::yield_now().await;
            }
        }
        let users = self.profiles(client, fields, scene.window, people).await?;
        Ok((!users.is_empty()).then_some(ProfilesAnswer { users }))
    }

    /// The members of a room whom the client has been told of before, as far as they are in it.
    async fn whom_it_shows(
        &self,
        client: &Client,
        room: RoomNum,
        sent: &Sent,
    ) -> Result<Vec<UserNum>> {
        let Some(room) = self.rooms.by_number(room).await? else { return Ok(Vec::new()) };
        let (facts, me) = (room.facts(&self.rooms).await?, &client.user_id);
        let mut people: Vec<OwnedUserId> =
            introduced(sent.rules.select(&facts.state, me).iter(), &facts).collect();
        for member in &sent.members {
            let member = self.store.interner.user_id(*member).await?;
            people.extend(Some(member).filter(|member| facts.is_joined(member)));
        }
        let heroes = summary::heroes(&facts, me);
        people.extend(joined_heroes(heroes.iter().map(String::as_str), &facts));
        let people = people.iter().map(AsRef::as_ref);
        Ok(self.store.interner.find_users(people).await?)
    }
}
