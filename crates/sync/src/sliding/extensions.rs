//! What is told beside the rooms.
use std::collections::{BTreeMap, HashMap, HashSet};

use protocol::ids::{OwnedEventId, OwnedRoomId};
use rooms::{
    Receipt,
    token::{StreamToken, TimelineToken},
};
use serde_json::value::RawValue;
use store::{RoomNum, account_data as table, account_data::AccountDataRow};

use super::{
    connection::{Draft, Kind, Sent},
    plan::{Planned, Selection},
    request::{Extensions, Request, Selector, ToDevice},
    response::{
        AccountDataAnswer, DeviceLists, E2eeAnswer, ExtensionAnswers, RoomEvents,
        ThreadSubscriptionsAnswer, ToDeviceAnswer,
    },
    room::Shown,
};
use crate::{error::Result, events, service::Sync, window::Window};

/// What the extensions are made from, beside the database.
pub(super) struct Scene<'a> {
    pub(super) request: &'a Request,
    pub(super) window: Window,
    pub(super) selections: Selections<'a>,
    pub(super) news: News,
    /// Whether the client has all the fields that it wants of the profiles that it was told.
    pub(super) covers_profiles: bool,
    /// The rooms of which there may be something to tell.
    pub(super) rooms: Vec<InScene<'a>>,
}

/// A room of which there may be something to tell.
pub(super) struct InScene<'a> {
    pub(super) planned: &'a Planned,
    /// The position up to which it can have changed.
    pub(super) latest: i64,
    /// Whether there may be more than the extensions tell.
    pub(super) is_due: bool,
    /// What this answer shows of it.
    pub(super) shown: Option<Shown>,
}

/// What may have changed, as far as it is known without asking the database.
#[derive(Default)]
pub(super) struct News {
    /// The position up to which each room of the plan can have changed, in their order.
    pub(super) latest: Vec<i64>,
    /// Rooms in which the user has set a receipt.
    pub(super) read: HashSet<RoomNum>,
    /// Rooms in which somebody has begun or ceased to type.
    pub(super) typing: HashSet<RoomNum>,
}

/// For which rooms the extensions are wanted.
pub(super) struct Selections<'a> {
    account_data: Option<Selection<'a>>,
    receipts: Option<Selection<'a>>,
    typing: Option<Selection<'a>>,
    profiles: Option<Selection<'a>>,
}

impl<'a> Selections<'a> {
    pub(super) fn of(request: &'a Request) -> Self {
        let selection =
            |selector: &'a Option<Selector>| Some(selector.as_ref()?.selection(request));
        let Extensions { account_data, receipts, typing, profiles, .. } = &request.extensions;
        Self {
            profiles: profiles.as_ref().map(|wanted| wanted.selector.selection(request)),
            account_data: selection(account_data),
            receipts: selection(receipts),
            typing: selection(typing),
        }
    }
}

impl Scene<'_> {
    fn now(&self) -> i64 {
        self.window.now.position
    }

    /// Whether an extension may have something to tell of a room, of which nothing else is told.
    pub(super) fn is_due(&self, planned: &Planned, sent: Option<&Sent>, latest: i64) -> bool {
        let Some(sent) = sent else { return false };
        let may = |selection: &Option<Selection<'_>>| {
            selection.as_ref().is_some_and(|selection| selection.may_have(planned))
        };
        let Selections { account_data, receipts, typing, profiles } = &self.selections;
        (self.has_receipts(planned, sent, latest) && may(receipts))
            || (!sent.account_data && may(account_data))
            || (!(sent.profiles && self.covers_profiles) && may(profiles))
            || (self.news.typing.contains(&planned.room) && may(typing))
    }

    /// Whether there may be receipts that are not told.
    fn has_receipts(&self, planned: &Planned, sent: &Sent, latest: i64) -> bool {
        latest.max(sent.read) > sent.receipts || self.news.read.contains(&planned.room)
    }
}

impl Sync {
    /// The extensions that the request asks for.
    pub(super) async fn extensions(
        &self,
        scene: &Scene<'_>,
        draft: &mut Draft<'_>,
    ) -> Result<ExtensionAnswers> {
        let wanted = &scene.request.extensions;
        let mut answers = ExtensionAnswers::default();
        if let Some(to_device) = &wanted.to_device {
            answers.to_device = Some(self.to_device_answer(scene, to_device).await?);
        }
        if wanted.e2ee {
            answers.e2ee = Some(self.e2ee_answer(scene).await?);
        }
        if let Some(sticky_events) = &wanted.sticky_events {
            answers.sticky_events = Some(self.sticky_answer(scene, sticky_events).await?);
        }
        if let Some(limit) = wanted.thread_subscriptions {
            answers.thread_subscriptions = self.thread_subscriptions_answer(scene, limit).await?;
        }
        let Selections { account_data, receipts, typing, profiles } = &scene.selections;
        if let (Some(wanted), Some(selection)) = (&wanted.profiles, profiles) {
            let fields = &wanted.fields;
            answers.profiles = self.profiles_answer(scene, selection, fields, draft).await?;
        }
        if let Some(selection) = account_data {
            answers.account_data = self.account_data_answer(scene, selection, draft).await?;
        }
        if let Some(selection) = receipts {
            answers.receipts = self.receipts_answer(scene, selection, draft).await?;
        }
        if let Some(selection) = typing {
            answers.typing = self.typing_answer(scene, selection, draft).await?;
        }
        Ok(answers)
    }

    async fn thread_subscriptions_answer(
        &self,
        scene: &Scene<'_>,
        limit: u32,
    ) -> Result<Option<ThreadSubscriptionsAnswer>> {
        let (user, range) = (scene.request.client.user_num, (scene.window.after(), scene.now()));
        let (changed, rest) = self.thread_subscriptions(user, range, limit).await?;
        if changed.is_empty() {
            return Ok(None);
        }
        let epoch = scene.window.now.epoch;
        let prev_batch = rest.map(|position| TimelineToken { epoch, position }.to_string());
        Ok(Some(ThreadSubscriptionsAnswer { changed, prev_batch }))
    }

    async fn to_device_answer(
        &self,
        scene: &Scene<'_>,
        wanted: &ToDevice,
    ) -> Result<ToDeviceAnswer> {
        let range = (self.to_device_since(wanted), scene.now());
        let told = self.to_device(&scene.request.client, range, wanted.limit).await?;
        let next = StreamToken { position: told.position, ..scene.window.now };
        Ok(ToDeviceAnswer { next_batch: next.to_string(), events: told.events })
    }

    /// The position up to which the client has the messages to its device.
    pub(super) fn to_device_since(&self, wanted: &ToDevice) -> i64 {
        self.trusted(wanted.since).map_or(0, |since| since.position)
    }

    async fn e2ee_answer(&self, scene: &Scene<'_>) -> Result<E2eeAnswer> {
        let client = &scene.request.client;
        let changes = self.device_lists(client, scene.window).await?;
        let keys = self.key_counts(client).await?;
        let has_changed = !changes.changed.is_empty() || !changes.left.is_empty();
        Ok(E2eeAnswer {
            device_lists: has_changed
                .then_some(DeviceLists { changed: changes.changed, left: changes.left }),
            device_one_time_keys_count: keys.one_time_keys.clone(),
            device_unused_fallback_key_types: keys.unused_fallback_algorithms.clone(),
        })
    }

    /// The user's data: all of it that belongs to no room, the first time, and that of rooms when they are first told.
    async fn account_data_answer(
        &self,
        scene: &Scene<'_>,
        selection: &Selection<'_>,
        draft: &mut Draft<'_>,
    ) -> Result<Option<AccountDataAnswer>> {
        let (client, db) = (&scene.request.client, &self.store.db);
        let mut rows = Vec::new();
        let is_known = draft.before.told.account_data;
        if !is_known {
            rows = self.global_account_data(client).await?;
        }
        if scene.window.since.is_some() {
            for row in self.new_account_data(client, scene.window).await? {
                let is_told = match row.room {
                    None => is_known,
                    // Rooms that are new in this answer follow.
                    Some(room) => draft.sent(room).is_some_and(|sent| sent.account_data),
                };
                if is_told {
                    rows.push(row);
                }
            }
        }
        let mut first_told = Vec::new();
        for InScene { planned, .. } in &scene.rooms {
            if draft.sent(planned.room).is_some_and(|sent| !sent.account_data)
                && self.selects(selection, planned).await?
            {
                first_told.push(planned.room);
                if let Some(sent) = draft.sent_mut(planned.room) {
                    sent.account_data = true;
                }
            }
        }
        if !first_told.is_empty() {
            let data = table::of_rooms(db, client.user_num, &first_told).await?;
            rows.extend(data.into_iter().filter(|row| row.content != "{}"));
        }
        self.account_data_events(rows).await
    }

    async fn account_data_events(
        &self,
        rows: Vec<AccountDataRow>,
    ) -> Result<Option<AccountDataAnswer>> {
        let mut answer = AccountDataAnswer::default();
        for row in &rows {
            let event = events::typed(&row.kind, &row.content)?;
            match row.room {
                None => answer.global.push(event),
                Some(room) => {
                    let id = self.store.interner.room_id(room).await?;
                    answer.rooms.entry(id).or_default().push(event);
                }
            }
        }
        Ok((!rows.is_empty()).then_some(answer))
    }

    /// The receipts: those for the events of the timeline and the user's own when a room is first told, then all.
    async fn receipts_answer(
        &self,
        scene: &Scene<'_>,
        selection: &Selection<'_>,
        draft: &mut Draft<'_>,
    ) -> Result<Option<RoomEvents>> {
        let mut answer = RoomEvents::default();
        let mut due = Vec::new();
        for room in &scene.rooms {
            let InScene { planned, latest, .. } = room;
            let Some(sent) = draft.sent(planned.room).filter(|sent| sent.kind == Kind::Joined)
            else {
                continue;
            };
            let told = sent.receipts;
            let is_due = told == 0 || scene.has_receipts(planned, sent, *latest);
            if !is_due || !self.selects(selection, planned).await? {
                continue;
            }
            due.push((room, told));
            if let Some(sent) = draft.sent_mut(planned.room) {
                sent.receipts = scene.now();
            }
        }
        let mut own = self.own_receipts(scene, &due).await?;
        for (room, told) in due {
            let planned = room.planned;
            let own = own.remove(&planned.room).unwrap_or_default();
            let receipts = self.new_receipts(scene, room, told, own).await?;
            if !receipts.is_empty() {
                let id = self.store.interner.room_id(planned.room).await?;
                answer.rooms.insert(id, events::receipts(&receipts)?);
            }
        }
        Ok((!answer.rooms.is_empty()).then_some(answer))
    }

    /// The user's own receipts in those rooms that are first told.
    async fn own_receipts(
        &self,
        scene: &Scene<'_>,
        due: &[(&InScene<'_>, i64)],
    ) -> Result<HashMap<RoomNum, Vec<Receipt>>> {
        let first_told: Vec<RoomNum> =
            due.iter().filter(|(_, told)| *told == 0).map(|(room, _)| room.planned.room).collect();
        let client = &scene.request.client;
        Ok(self.rooms.own_receipts(&client.user_id, client.user_num, &first_told).await?)
    }

    /// Those of a room behind the position `told`; when it is first told (`told` is 0), the user's `own`, and those for
    /// the events that are shown.
    async fn new_receipts(
        &self,
        scene: &Scene<'_>,
        InScene { planned, shown, .. }: &InScene<'_>,
        told: i64,
        own: Vec<Receipt>,
    ) -> Result<Vec<Receipt>> {
        let (user, room) = (&scene.request.client.user_id, planned.room);
        if told > 0 {
            return Ok(self.rooms.receipts(user, room, told, scene.now()).await?);
        }
        let mut receipts = own;
        let Some((ids, start)) = self.timeline_shown(scene, planned, shown.as_ref()).await? else {
            return Ok(receipts);
        };
        // Nobody has read an event before it was sent.
        for receipt in self.rooms.receipts(user, room, start, scene.now()).await? {
            if receipt.user_id != *user && ids.contains(&receipt.event_id) {
                receipts.push(receipt);
            }
        }
        Ok(receipts)
    }

    /// The events of a room's timeline that the client sees, and the position before them.
    async fn timeline_shown(
        &self,
        scene: &Scene<'_>,
        planned: &Planned,
        shown: Option<&Shown>,
    ) -> Result<Option<(HashSet<OwnedEventId>, i64)>> {
        let read;
        let piece = if let Some(shown) = shown {
            &shown.piece
        } else {
            let Some(room) = self.rooms.by_number(planned.room).await? else { return Ok(None) };
            let view = self.rooms.view(&room, &scene.request.client.user_id).await?;
            let limit = planned.config.timeline_limit as usize;
            read = self.piece(&room, &view, (i64::MIN, scene.now()), limit, None).await?;
            &read
        };
        let ids = piece.events.iter().map(|event| event.pdu.event_id().to_owned()).collect();
        Ok(Some((ids, piece.start)))
    }

    /// Who is typing: where it has changed, and where somebody is typing when a room is first told.
    async fn typing_answer(
        &self,
        scene: &Scene<'_>,
        selection: &Selection<'_>,
        draft: &Draft<'_>,
    ) -> Result<Option<RoomEvents>> {
        let mut rooms: BTreeMap<OwnedRoomId, Box<RawValue>> = BTreeMap::new();
        for InScene { planned, .. } in &scene.rooms {
            let room = planned.room;
            let is_joined =
                |sent: Option<&Sent>| sent.is_some_and(|sent| sent.kind == Kind::Joined);
            let was_joined = is_joined(draft.before.rooms.get(&room));
            // A room that is new to the client may have somebody who began to type long ago.
            if !is_joined(draft.sent(room)) || (was_joined && !scene.news.typing.contains(&room)) {
                continue;
            }
            let typing = self.typing_shown(&scene.request.client, room);
            if (was_joined || !typing.is_empty()) && self.selects(selection, planned).await? {
                let id = self.store.interner.room_id(room).await?;
                rooms.insert(id, events::typing(&typing)?);
            }
        }
        Ok((!rooms.is_empty()).then_some(RoomEvents { rooms }))
    }

    pub(super) async fn selects(
        &self,
        selection: &Selection<'_>,
        planned: &Planned,
    ) -> Result<bool> {
        if selection.lists_have(planned) {
            return Ok(true);
        }
        match selection.subscriptions_have(planned) {
            Some(is_selected) => Ok(is_selected),
            None => Ok(selection.names(&self.store.interner.room_id(planned.room).await?)),
        }
    }
}
