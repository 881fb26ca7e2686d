//! The extension that tells sticky events (MSC4354): those of all rooms that the user is in.
use std::collections::BTreeMap;

use store::memberships::Membership;

use super::{
    extensions::Scene,
    request::ToDevice,
    response::{StickyAnswer, StickyRoom},
};
use crate::{error::Result, service::Sync};

impl Sync {
    pub(super) async fn sticky_answer(
        &self,
        scene: &Scene<'_>,
        wanted: &ToDevice,
    ) -> Result<StickyAnswer> {
        let client = &scene.request.client;
        let since = self.trusted(wanted.since).or(scene.window.since);
        let (after, until) =
            (since.map_or(i64::MIN, |since| since.position), scene.window.now.position);
        let places = self.rooms.rooms_of(client.user_num).await?;
        let mut rooms = BTreeMap::new();
        for num in self.rooms.rooms_with_sticky_events().await? {
            let place = places.get(num).filter(|place| place.membership == Membership::Join);
            let (Some(place), Some(room)) = (place, self.rooms.by_number(num).await?) else {
                continue;
            };
            let view = self.rooms.view(&room, &client.user_id).await?;
            // Who has come since has not been told of what was sent before.
            let after = if place.position > after { i64::MIN } else { after };
            let told = scene.rooms.iter().find(|told| told.planned.room == num);
            let shown = told.and_then(|told| told.shown.as_ref()).map(|shown| &shown.piece);
            let events = self.sticky(&room, &view, (after, until), shown).await?;
            if !events.is_empty() {
                let events = self.render(client, &events).await?;
                rooms.insert(room.id.clone(), StickyRoom { events });
            }
        }
        Ok(StickyAnswer { next_batch: scene.window.now.to_string(), rooms })
    }
}
