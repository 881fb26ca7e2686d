//! Classifying an event, once, before it is committed: what it adds to the counts, and what it tells about who is where.
use std::collections::BTreeMap;

use db::Write;
use protocol::{
    Pdu,
    ids::{OwnedUserId, UserId},
    push::{PushEvent, Recipient, RoomContext},
};
use rooms::{
    Event, Facts,
    notifications::{Arrival, BoxFuture, Classified, Moved, NotificationRules},
};
use store::{
    AudienceNum, RoomNum, UserNum, account_data, events, notification_audiences,
    notifications::{self, Added},
    read_marks::{self, Part},
    thread_subscriptions,
};

use crate::{ACCOUNT_DATA_TYPE, Push, audiences::Belonging, verdicts::Verdicts};

/// The members whom an event names, and how; who has subscribed to its thread is one of them.
pub(crate) type Named = BTreeMap<UserNum, Recipient<'static>>;

impl NotificationRules for Push {
    fn classify<'a>(
        &'a self,
        arrival: &'a Arrival<'a>,
        write: &'a mut Write,
    ) -> BoxFuture<'a, db::Result<Classified>> {
        Box::pin(self.classify_event(arrival, write))
    }

    fn committed(&self, room: RoomNum, position: i64, classified: &Classified) {
        if classified.is_shared {
            self.last_shared.lock().insert(room, position);
        }
        if classified.is_ignored {
            self.last_ignored.lock().insert(room, position);
        }
        for user in &classified.users {
            self.bases.forget(&(room, *user));
        }
        if let Some((user, count)) = classified.has_read {
            self.bases.update(&(room, user), |base| base.read_main(count));
        }
        if classified.moves_members {
            self.audiences.forget(&room);
        }
    }

    fn purged(&self, room: RoomNum, position: i64) {
        self.last_shared.lock().insert(room, position);
    }
}

impl Push {
    async fn classify_event(
        &self,
        arrival: &Arrival<'_>,
        write: &mut Write,
    ) -> db::Result<Classified> {
        let facts = arrival.facts;
        let audiences = self.audiences(facts.room_num).await?;
        let may_notify = |key: &str| facts.powers().can_notify(arrival.event.sender(), key);
        let room = RoomContext {
            member_count: facts.joined,
            in_thread: arrival.thread.is_some(),
            sender_may_notify: &may_notify,
        };
        let event = PushEvent::new(arrival.event, room);
        let mut named = self.named(facts, arrival.event, event.mentioned_users()).await?;
        if let Some(thread) = arrival.thread {
            for (user, user_id) in self.subscribers(facts.room_num, thread).await?.iter() {
                if facts.is_joined(user_id) {
                    named.entry(*user).or_default().is_subscribed = true;
                }
            }
        }
        let verdicts = Verdicts::of(self, arrival, &event, &audiences, &named);
        drop(event);
        let part = Part::of_event(arrival.thread);
        let mut classified = Classified {
            notifies: part == Part::Main && verdicts.ordinary.notifies,
            ..Classified::default()
        };
        for (audience, added) in verdicts.rows {
            let position = arrival.position.clone();
            notifications::set(write, facts.room_num, audience, position, part, added);
            match audience.user() {
                Some(user) => classified.users.push(user),
                None => classified.is_shared = true,
            }
        }
        if self.store.ignores.is_ignored(arrival.event.sender()) {
            classified.is_ignored = true;
            if classified.notifies {
                // For those who ignore the sender the running count has one too many.
                let back = Added { notify: -1, highlight: 0 };
                let (ignoring, at) =
                    (AudienceNum::ignoring(arrival.sender_num), arrival.position.clone());
                notifications::set(write, facts.room_num, ignoring, at, part, back);
            }
        }
        self.sent(arrival, part, write, &mut classified);
        for moved in arrival.moved {
            let is_exceptional = audiences.members.contains_key(&moved.user_num);
            self.moved(arrival, moved, is_exceptional, write, &mut classified).await?;
        }
        if let Some(target) = arrival.redacts {
            let listed = audiences.all.keys().copied().collect();
            self.redacted(facts, target, listed, write, &mut classified).await?;
        }
        Ok(classified)
    }

    /// The joined members whom an event names: by mentioning them, or as its state key.
    async fn named(
        &self,
        facts: &Facts,
        event: &Pdu,
        mentioned: Vec<OwnedUserId>,
    ) -> db::Result<Named> {
        let mut named = Named::new();
        for user_id in mentioned {
            if let Some(user) = self.local_member(facts, &user_id).await? {
                named.entry(user).or_default().is_mentioned = true;
            }
        }
        let state_key = event.state_key().filter(|key| key.starts_with('@'));
        if let Some(user_id) = state_key.and_then(|key| UserId::parse(key).ok())
            && let Some(user) = self.local_member(facts, &user_id).await?
        {
            named.entry(user).or_default().is_state_key = true;
        }
        Ok(named)
    }

    async fn local_member(&self, facts: &Facts, user: &UserId) -> db::Result<Option<UserNum>> {
        if !self.is_local(user) || !facts.is_joined(user) {
            return Ok(None);
        }
        self.store.interner.find_user(user).await
    }

    pub(crate) fn is_local(&self, user: &UserId) -> bool {
        user.server_name() == self.server_name
    }

    /// Whoever sends something has read what is before it. Member events also come about otherwise.
    fn sent(
        &self,
        arrival: &Arrival<'_>,
        part: Part,
        write: &mut Write,
        classified: &mut Classified,
    ) {
        let by_member_event = arrival.event.kind() == "m.room.member";
        if by_member_event || !self.is_local(arrival.event.sender()) {
            return;
        }
        let (room, sender) = (arrival.facts.room_num, arrival.sender_num);
        let count = arrival.notify_count + i64::from(classified.notifies);
        read_marks::advance(write, room, sender, part, arrival.position.clone(), count);
        if part == Part::Main {
            classified.has_read = Some((sender, count));
        } else {
            classified.users.push(sender);
        }
    }

    /// Somebody comes or goes.
    async fn moved(
        &self,
        arrival: &Arrival<'_>,
        moved: &Moved,
        is_exceptional: bool,
        write: &mut Write,
        classified: &mut Classified,
    ) -> db::Result<()> {
        let (facts, user) = (arrival.facts, moved.user_num);
        if !self.is_local(&moved.user_id) {
            return Ok(());
        }
        classified.users.push(user);
        classified.moves_members |= is_exceptional;
        if !moved.comes {
            return Ok(());
        }
        let rules = self.prepared_rules(user, &moved.user_id).await?;
        account_data::expect(write, user, ACCOUNT_DATA_TYPE, rules.position);
        let (room, position) = (facts.room_num, || arrival.position.clone());
        if facts.membership(&moved.user_id).is_some() {
            notification_audiences::delete(write, room, user);
        }
        let belonging = self.belonging(&rules.rules, &facts.room_id);
        if belonging != Belonging::ORDINARY {
            let Belonging { audience, is_counted } = belonging;
            notification_audiences::insert(write, room, user, position(), audience, is_counted);
            classified.moves_members = true;
        }
        // What was before somebody came is not theirs to read.
        let count = arrival.notify_count;
        read_marks::advance(write, room, user, Part::Whole, position(), count);
        Ok(())
    }

    /// What is redacted counts for nobody any more. `listed`: the audiences of the room.
    async fn redacted(
        &self,
        facts: &Facts,
        target: &Event,
        listed: Vec<AudienceNum>,
        write: &mut Write,
        classified: &mut Classified,
    ) -> db::Result<()> {
        let Some(position) = target.position().filter(|_| target.redacted_by.is_none()) else {
            return Ok(());
        };
        let mentioned = protocol::push::mentioned_users(&target.pdu);
        let named = self.named(facts, &target.pdu, mentioned).await?;
        let mut audiences = listed;
        audiences.push(AudienceNum::ORDINARY);
        audiences.extend(named.into_keys().chain([target.sender_num]).map(AudienceNum::from));
        if let Some(thread) = target.thread {
            // Also those who have unsubscribed since.
            let rows =
                thread_subscriptions::of_thread(&self.store.db, facts.room_num, thread).await?;
            audiences.extend(rows.into_iter().map(|row| AudienceNum::from(row.user_num)));
        }
        notifications::delete(write, facts.room_num, &audiences, position);
        let before = events::notify_count_at(&self.store.db, facts.room_num, position - 1).await?;
        if target.notify_count() > before {
            // The running count goes on from it; this takes it back.
            let (ordinary, back) = (AudienceNum::ORDINARY, Added { notify: -1, highlight: 0 });
            let at = position.into();
            notifications::set(write, facts.room_num, ordinary, at, Part::Main, back);
        }
        classified.is_shared = true;
        Ok(())
    }
}
