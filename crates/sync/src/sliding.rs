//! Simplified sliding sync ([MSC4186]): windows of the user's rooms, and what has changed in them.
//!
//! A request names rooms by lists, which are windows of the user's rooms in the order of their last event, and by
//! subscriptions. What has been told is remembered by connection, so that an answer has only what is new.
//!
//! Invariant: whether the user may see a room is asked for every answer; a room is never told because it was once.
//!
//! [MSC4186]: https://github.com/matrix-org/matrix-spec-proposals/pull/4186
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, atomic::Ordering},
};

use rooms::token::{StreamToken, WindowToken};
use store::{RoomNum, memberships::Membership};

use crate::{
    error::{Error, Result},
    service::Sync,
    window::Window,
};

mod body;
mod connection;
mod extensions;
pub(crate) mod memory;
mod order;
mod own;
mod plan;
mod profiles;
mod request;
mod response;
mod room;
mod rules;
mod sticky;
mod stored;

pub use self::{
    body::Body,
    request::{Request, RequestError},
    response::Response,
};
use self::{
    connection::{Connection, Draft, Kind, Sent, State, Told},
    extensions::{InScene, News, Scene, Selections},
    memory::UserMemory,
    plan::{Plan, Planned},
    request::RoomConfig,
    room::{Asked, Covers, Shown},
};

/// How many events of a room that is no longer in any window are told when the user leaves it.
const LAST_EVENTS_MAX: u32 = 10;

/// So many rooms are told before others are let run.
const ROOMS_AT_ONCE: usize = 32;

/// An answer, and what is to be remembered of it.
struct Answer {
    response: Response,
    told: Told,
    rooms: HashMap<RoomNum, Option<Sent>>,
    has_news: bool,
}

impl Sync {
    /// Answers with what the connection has not been told, waiting for something if there is nothing.
    ///
    /// # Errors
    /// [`Error::UnknownPosition`] if the client has to start again, else what has failed.
    pub async fn sliding_sync(&self, request: &Request) -> Result<Response> {
        self.acknowledge_messages(request).await?;
        let now_ms = self.store.clock.now_ms();
        let user = self.sliding.user(request.client.user_num, now_ms);
        match request.pos {
            None => self.begin(request, &user).await,
            Some(pos) => self.resume(request, &user, pos).await,
        }
    }

    /// The first answer of a connection.
    async fn begin(&self, request: &Request, user: &UserMemory) -> Result<Response> {
        // Nobody guesses it, and it fits into every number of the database.
        let number = entropy::number(&*self.store.entropy) >> 1;
        let now_ms = self.store.clock.now_ms();
        let state = State::after(self.known_earlier(request, user).await?);
        let connection = Arc::new(Connection::new(number, now_ms, state));
        let response = {
            let mut state = connection.state.lock().await;
            let answer = Box::pin(self.answer_windows(request, user, &state, self.now())).await?;
            finish(answer, number, &mut state)
        };
        user.keep(request.client.device(), &request.conn_id, connection);
        Ok(response)
    }

    /// Up to where the connection told that has had this name until now.
    async fn known_earlier(&self, request: &Request, user: &UserMemory) -> Result<Option<i64>> {
        let earlier = self.connection(user, &request.client, &request.conn_id).await?;
        let Some(earlier) = earlier else { return Ok(None) };
        let state = earlier.state.lock().await;
        let is_of_now = state.told.at.is_none_or(|at| at.epoch == self.store.db.epoch());
        Ok(state.known().filter(|_| is_of_now))
    }

    async fn resume(
        &self,
        request: &Request,
        user: &UserMemory,
        pos: WindowToken,
    ) -> Result<Response> {
        let connection = self.connection(user, &request.client, &request.conn_id).await?;
        let connection = connection
            .filter(|connection| {
                connection.number == pos.connection && pos.stream.epoch == self.store.db.epoch()
            })
            .ok_or(Error::UnknownPosition)?;
        connection.used.store(self.store.clock.now_ms(), Ordering::Relaxed);
        let mut turn = connection.requests.subscribe();
        connection.requests.send_modify(|requests| *requests += 1);
        turn.mark_unchanged();
        let mut waiting = self.begin_waiting(request.client.user_num, request.timeout).await?;
        // Up to where there was nothing to tell, and whether there was something to remember.
        let mut checked: Option<StreamToken> = None;
        let mut is_owed = false;
        loop {
            let (now, must) = (self.now(), waiting.must_answer());
            {
                let mut state = connection.state.lock().await;
                if !state.acknowledge(pos.serial, pos.stream.position) {
                    return Err(Error::UnknownPosition);
                }
                let is_changed = state.told.fingerprint != request.fingerprint;
                let since = checked.or(state.told.at);
                let may = checked.is_none() && self.has_messages(request).await?
                    || self.window_may_have_news(request, since, now).await?;
                if is_changed || may || (must && is_owed) {
                    // In a box: whoever only waits must not hold the room that an answer needs.
                    let answer = Box::pin(self.answer_windows(request, user, &state, now)).await?;
                    if must || is_changed || answer.has_news {
                        return Ok(finish(answer, connection.number, &mut state));
                    }
                    is_owed |= !answer.rooms.is_empty();
                } else if must {
                    let answer = Box::pin(self.answer_nothing(request, &state, now)).await?;
                    return Ok(finish(answer, connection.number, &mut state));
                }
                checked = Some(now);
            }
            tokio::select! {
                () = waiting.changed() => {}
                // The client has given up on this request: it has sent another.
                _ = turn.changed() => return Err(Error::UnknownPosition),
            }
        }
    }

    /// What the client says that it has got, is needed no more.
    async fn acknowledge_messages(&self, request: &Request) -> Result<()> {
        match &request.extensions.to_device {
            Some(wanted) => self.acknowledge(&request.client, self.to_device_since(wanted)).await,
            None => Ok(()),
        }
    }

    /// Whether there are messages for the device, which may have been there before.
    async fn has_messages(&self, request: &Request) -> Result<bool> {
        let (Some(wanted), Some(device_id)) =
            (&request.extensions.to_device, &request.client.device_id)
        else {
            return Ok(false);
        };
        let (user, since) = (request.client.user_num, self.to_device_since(wanted));
        Ok(self.encryption.has_to_device(user, device_id, since).await?)
    }

    /// Whether anything that the request asks for can have changed: asked of memory alone.
    async fn window_may_have_news(
        &self,
        request: &Request,
        since: Option<StreamToken>,
        now: StreamToken,
    ) -> Result<bool> {
        let Some(since) = since else { return Ok(true) };
        let (user, hub) = (request.client.user_num, &self.store.changes);
        if hub.user_changed_since(user, since.position) {
            return Ok(true);
        }
        if now == since {
            return Ok(false);
        }
        let wanted = &request.extensions;
        if (wanted.e2ee && hub.device_lists_changed_since(since.position))
            || (wanted.profiles.is_some() && hub.profiles_changed_since(since.position))
            || ((wanted.e2ee || wanted.profiles.is_some())
                && hub.memberships_changed_since(since.position))
        {
            return Ok(true);
        }
        if !request.has_rooms() && wanted.sticky_events.is_none() {
            return Ok(false);
        }
        let rooms = self.rooms.rooms_of(user).await?;
        Ok((wanted.typing.is_some() && self.has_ephemeral(&rooms, since.ephemeral))
            || self.has_changed_joined(&rooms, since.position))
    }

    /// An answer that says that nothing has changed.
    async fn answer_nothing(
        &self,
        request: &Request,
        state: &State,
        now: StreamToken,
    ) -> Result<Answer> {
        let plan = Plan { lists: state.told.lists.clone(), ..Plan::default() };
        let window = Window { since: Some(now), now };
        self.put_together(request, state, window, &plan, News::default()).await
    }

    /// An answer with everything that has changed.
    async fn answer_windows(
        &self,
        request: &Request,
        user: &UserMemory,
        state: &State,
        now: StreamToken,
    ) -> Result<Answer> {
        let window = Window { since: state.told.at, now };
        let plan = if request.has_rooms() {
            let mut order = user.order.lock().await;
            let (order, own) = &mut *order;
            self.plan(request, order, own, now.position).await?
        } else {
            Plan::default()
        };
        let hub = &self.store.changes;
        let typing = match (&request.extensions.typing, window.since) {
            (Some(_), Some(since)) => hub.ephemeral_rooms(since.ephemeral).into_iter().collect(),
            _ => HashSet::new(),
        };
        let latest = hub.latest_of_rooms(plan.rooms.iter().map(|one| one.room));
        let news = News { latest, read: self.rooms_read(request, window).await?, typing };
        self.put_together(request, state, window, &plan, news).await
    }

    /// The rooms in which the user has set a receipt, which changes their counts.
    async fn rooms_read(&self, request: &Request, window: Window) -> Result<HashSet<RoomNum>> {
        let (user, after) = (request.client.user_num, window.after());
        if window.since.is_none() || !self.store.changes.user_changed_since(user, after) {
            return Ok(HashSet::new());
        }
        let until = window.now.position;
        let read = store::receipts::rooms_of_user(&self.store.db, user, after, until).await?;
        Ok(read.into_iter().collect())
    }

    async fn put_together<'a>(
        &self,
        request: &'a Request,
        state: &'a State,
        window: Window,
        plan: &'a Plan,
        news: News,
    ) -> Result<Answer> {
        let mut draft = Draft::new(state);
        let mut response = Response { txn_id: request.txn_id.clone(), ..Response::default() };
        let selections = Selections::of(request);
        let covers_profiles = state.told.has_profiles_for(request);
        let rooms = Vec::new();
        let mut scene = Scene { request, window, selections, news, covers_profiles, rooms };
        let asked = |planned: &'a Planned, news: &News| {
            let sent = state.rooms.get(&planned.room);
            let has_read = news.read.contains(&planned.room)
                || sent.is_some_and(|sent| sent.read > sent.through);
            let is_dm = plan.direct.contains(&planned.room);
            Asked { request, window, config: &planned.config, sent, is_dm, has_read }
        };
        let mut covers = Covers::default();
        let mut due = Vec::new();
        for (planned, latest) in plan.rooms.iter().zip(&scene.news.latest) {
            let asked = asked(planned, &scene.news);
            let is_due = asked.is_due(planned.recency.unwrap_or(*latest), &mut covers);
            if is_due {
                due.push(planned.room);
            }
            if is_due || scene.is_due(planned, asked.sent, *latest) {
                scene.rooms.push(InScene { planned, latest: *latest, is_due, shown: None });
            }
        }
        self.push.prepare_counts(request.client.user_num, &due).await?;
        for (number, room) in scene.rooms.iter_mut().filter(|room| room.is_due).enumerate() {
            let asked = asked(room.planned, &scene.news);
            room.shown =
                self.put_window_room(asked, room.planned.room, &mut draft, &mut response).await?;
            if number % ROOMS_AT_ONCE == ROOMS_AT_ONCE - 1 {
                tokio::task::yield_now().await;
            }
        }
        if let Some(known) = state.known().filter(|_| request.has_rooms()) {
            self.put_rooms_left(request, window, known, &mut draft, &mut response).await?;
        }
        response.extensions = self.extensions(&scene, &mut draft).await?;
        for room in &scene.news.read {
            if let Some(sent) = draft.sent_mut(*room) {
                sent.read = window.now.position;
            }
        }
        let has_news = !response.rooms.is_empty()
            || response.extensions.have_news()
            || plan.lists != state.told.lists;
        response.lists.clone_from(&plan.lists);
        let told = Told {
            at: Some(window.now),
            fingerprint: request.fingerprint,
            lists: response.lists.clone(),
            account_data: state.told.account_data || request.extensions.account_data.is_some(),
            profile_fields: request
                .extensions
                .profiles
                .as_ref()
                .map(|wanted| wanted.fields.clone()),
        };
        Ok(Answer { response, told, rooms: draft.into_changes(), has_news })
    }

    /// Adds what is told of a room. Returns what is shown of it.
    async fn put_window_room(
        &self,
        asked: Asked<'_>,
        room: RoomNum,
        draft: &mut Draft<'_>,
        response: &mut Response,
    ) -> Result<Option<Shown>> {
        let rooms = self.rooms.rooms_of(asked.request.client.user_num).await?;
        let Some(place) = rooms.get(room) else { return Ok(None) };
        let told = match self.rooms.by_number(room).await? {
            Some(active) => self.tell(asked, &active, place).await?,
            None => asked.tell_deleted(place),
        };
        let Some(told) = told else { return Ok(None) };
        draft.set(room, Some(told.sent));
        if let Some(answer) = told.answer {
            response.rooms.insert(self.store.interner.room_id(room).await?, answer);
        }
        Ok(told.shown)
    }

    /// Adds the rooms that the user has left since `known`, wherever they were in the lists. A connection that has begun
    /// anew, because the server or the client had lost it, may not have told of them yet: the client knows them from before.
    async fn put_rooms_left(
        &self,
        request: &Request,
        window: Window,
        known: i64,
        draft: &mut Draft<'_>,
        response: &mut Response,
    ) -> Result<()> {
        let user = request.client.user_num;
        let hub = &self.store.changes;
        if !hub.memberships_changed_since(known) || !hub.user_changed_since(user, known) {
            return Ok(());
        }
        let rooms = self.rooms.rooms_of(user).await?;
        for place in rooms.all() {
            let sent = draft.before.rooms.get(&place.room_num);
            let is_gone = matches!(place.membership, Membership::Leave | Membership::Ban);
            let is_new = match sent {
                Some(sent) => sent.kind != Kind::Gone,
                None => place.position > known,
            };
            if !is_gone || !is_new || draft.has(place.room_num) {
                continue;
            }
            let config = RoomConfig {
                timeline_limit: sent
                    .map_or(LAST_EVENTS_MAX, |sent| sent.events.min(LAST_EVENTS_MAX)),
                rules: sent.map(|sent| Arc::clone(&sent.rules)).unwrap_or_default(),
                heroes: false,
            };
            let is_dm = sent.is_some_and(|sent| sent.is_dm);
            let asked = Asked { request, window, config: &config, sent, is_dm, has_read: false };
            self.put_window_room(asked, place.room_num, draft, response).await?;
        }
        Ok(())
    }
}

/// Remembers what an answer tells, and gives it its position.
fn finish(answer: Answer, connection: u64, state: &mut State) -> Response {
    let Answer { mut response, told, rooms, .. } = answer;
    let stream = told.at.unwrap_or(StreamToken { epoch: 0, position: 0, ephemeral: 0 });
    let serial = state.expect(told, rooms);
    response.pos = WindowToken { stream, connection, serial }.to_string();
    response
}
