//! What there is to tell a pusher.
use std::sync::Arc;

use protocol::{ids::OwnedUserId, push::Action};
use rooms::{Event, Facts, InviteVerdict};
use store::{
    RoomNum, UserNum,
    memberships::{Membership, MembershipRow},
    pushers::PusherRow,
    read_marks,
};

use super::Delivery;
use crate::{audiences::Prepared, evaluation, history::is_read};

/// How many events of a room are looked at before what was found is told.
const READ_AT_ONCE: usize = 100;

/// An event that notifies a user.
pub(super) struct Notification {
    pub(super) position: i64,
    pub(super) user_id: OwnedUserId,
    pub(super) event: Arc<Event>,
    pub(super) facts: Arc<Facts>,
    pub(super) actions: Vec<Action>,
}

/// What there is to tell.
pub(super) struct Batch {
    /// In the order of the change stream.
    pub(super) notifications: Vec<Notification>,
    /// Up to where that is all.
    pub(super) until: i64,
    /// Whether there may be more after that.
    pub(super) goes_on: bool,
    /// Whether the user has read something.
    pub(super) has_read: bool,
}

/// Whose rooms are looked through, and for what.
struct Search<'a> {
    row: &'a PusherRow,
    user_id: OwnedUserId,
    rules: Arc<Prepared>,
    after: i64,
    until: i64,
    /// What was sent before that (Unix ms) is given up.
    given_up_before: i64,
}

impl Delivery {
    /// What there is to tell a pusher behind `after`.
    pub(super) async fn pending(&self, row: &PusherRow, after: i64) -> Result<Batch, rooms::Error> {
        let store = &self.push.store;
        let until = store.changes.position();
        let user_id = store.interner.user_id(row.user_num).await?;
        let rules = self.push.prepared_rules(row.user_num, &user_id).await?;
        let too_old = store.clock.now_ms().saturating_sub(self.settings.give_up_after_ms);
        let gives_up = row.failing_since_ts.is_some_and(|since| since <= too_old);
        let given_up_before = if gives_up { too_old } else { i64::MIN };
        let mut search = Search { row, user_id, rules, after, until, given_up_before };
        let mut batch = Batch { notifications: Vec::new(), until, goes_on: false, has_read: false };
        let places = self.rooms.rooms_of(row.user_num).await?;
        let joined = places.joined();
        for room in store.changes.rooms_changed_since(joined.into_iter(), after) {
            self.search_room(&mut search, room, &mut batch).await?;
        }
        for place in places.all() {
            self.search_invite(&search, place, &mut batch).await?;
        }
        batch.until = search.until;
        batch.goes_on = search.until < until;
        batch.notifications.retain(|notification| notification.position <= search.until);
        batch.notifications.sort_by_key(|notification| notification.position);
        if store.changes.user_changed_since(row.user_num, after) {
            let read = store::receipts::rooms_of_user(&store.db, row.user_num, after, until);
            batch.has_read |= !read.await?.is_empty();
        }
        Ok(batch)
    }

    async fn search_room(
        &self,
        search: &mut Search<'_>,
        num: RoomNum,
        batch: &mut Batch,
    ) -> Result<(), rooms::Error> {
        let Some(room) = self.rooms.by_number(num).await? else { return Ok(()) };
        let view = self.rooms.view(&room, &search.user_id).await?;
        let range = (search.after, search.until);
        let (events, rest) = self.rooms.following(&room, &view, range, READ_AT_ONCE).await?;
        if let Some(rest) = rest {
            search.until = search.until.min(rest);
        }
        let mut marks = None;
        for event in events {
            let Some(position) = event.position() else { continue };
            if event.sender_num == search.row.user_num {
                // Who sends has read what is before.
                batch.has_read = true;
                continue;
            }
            if view.membership_at(position - 1) != Some(Membership::Join) {
                continue;
            }
            let facts = room.facts(&self.rooms).await?;
            let judged = self.judge(search, &facts, event).await?;
            let Some(notification) = judged else { continue };
            if marks.is_none() {
                let user = search.row.user_num;
                marks = Some(read_marks::of_room(&self.push.store.db, user, num).await?);
            }
            if !marks.as_ref().is_some_and(|marks| is_read(marks, &notification.event)) {
                batch.notifications.push(notification);
            }
        }
        Ok(())
    }

    async fn search_invite(
        &self,
        search: &Search<'_>,
        place: MembershipRow,
        batch: &mut Batch,
    ) -> Result<(), rooms::Error> {
        if place.position <= search.after || place.position > search.until {
            return Ok(());
        }
        let Some(event) = self.shown_invite(search.row.user_num, place).await? else {
            return Ok(());
        };
        let Some(room) = self.rooms.by_number(place.room_num).await? else { return Ok(()) };
        let facts = room.facts(&self.rooms).await?;
        batch.notifications.extend(self.judge(search, &facts, event).await?);
        Ok(())
    }

    /// The invite that a place stands for, unless the user does not want to know of it.
    pub(super) async fn shown_invite(
        &self,
        user: UserNum,
        place: MembershipRow,
    ) -> Result<Option<Arc<Event>>, rooms::Error> {
        if place.membership != Membership::Invite {
            return Ok(None);
        }
        let event = self.rooms.events(&[place.event_num]).await?.into_iter().next();
        let Some(event) = event.filter(|event| !self.push.is_ignored(user, event)) else {
            return Ok(None);
        };
        let verdict = self.rooms.invite_rules(user).await?.verdict(event.pdu.sender());
        Ok((verdict != InviteVerdict::Ignore).then_some(event))
    }

    async fn judge(
        &self,
        search: &Search<'_>,
        facts: &Arc<Facts>,
        event: Arc<Event>,
    ) -> db::Result<Option<Notification>> {
        let Some(position) = event.position() else { return Ok(None) };
        if event.pdu.origin_server_ts() < search.given_up_before
            || self.push.is_ignored(search.row.user_num, &event)
        {
            return Ok(None);
        }
        let (rules, user) = (&search.rules.rules, search.row.user_num);
        let is_subscribed = self.push.was_subscribed(rules, user, &event).await?;
        let actions = evaluation::actions(rules, &search.user_id, facts, &event, is_subscribed);
        if actions.is_empty() {
            return Ok(None);
        }
        let (user_id, facts) = (search.user_id.clone(), Arc::clone(facts));
        Ok(Some(Notification { position, user_id, event, facts, actions }))
    }
}
