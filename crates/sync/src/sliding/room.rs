//! What is told of one room.
use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use protocol::ids::OwnedUserId;
use rooms::{Event, Facts, Room, View};
use store::{
    EventNum, UserNum,
    memberships::{Membership, MembershipRow},
};

use super::{
    connection::{Kind, MEMBERS_MAX, Sent},
    request::{Request, RoomConfig},
    response::{Field, Hero, RoomAnswer},
    rules::Rules,
};
use crate::{
    client::Client, error::Result, profiles, service::Sync, summary, timeline::Piece,
    window::Window,
};

const MEMBER: &str = "m.room.member";

/// Everything that decides what is told of a room.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) request: &'a Request,
    /// What the connection is about: since when the client has been told, and up to where it is now.
    pub(super) window: Window,
    pub(super) config: &'a RoomConfig,
    pub(super) sent: Option<&'a Sent>,
    pub(super) is_dm: bool,
    /// Whether the user has read something that is not told, which changes the counts.
    pub(super) has_read: bool,
}

/// What is told of a room.
pub(super) struct Told {
    /// Nothing, if there is no news.
    pub(super) answer: Option<RoomAnswer>,
    /// What the client has then.
    pub(super) sent: Sent,
    /// What it is shown, if the user is in the room.
    pub(super) shown: Option<Shown>,
}

/// What an answer shows of a room.
pub(super) struct Shown {
    /// The part of the timeline that is told.
    pub(super) piece: Piece,
    /// Whom it introduces: their profiles are told with it, if the client wants any.
    pub(super) introduced: Vec<OwnedUserId>,
}

/// The state that is told of a room.
struct StateNews {
    events: Vec<Arc<Event>>,
    /// The lazily loaded members among them, and those who were told before.
    members: BTreeSet<UserNum>,
    name_changed: bool,
    avatar_changed: bool,
    members_changed: bool,
}

/// Which rules cover which, by their addresses: the rooms of a window have few different ones.
#[derive(Default)]
pub(super) struct Covers(HashMap<(usize, usize), bool>);

impl Covers {
    fn cover(&mut self, rules: &Arc<Rules>, other: &Arc<Rules>) -> bool {
        let pair = (Arc::as_ptr(rules).addr(), Arc::as_ptr(other).addr());
        pair.0 == pair.1 || *self.0.entry(pair).or_insert_with(|| rules.cover(other))
    }
}

impl Asked<'_> {
    fn client(&self) -> &Client {
        &self.request.client
    }

    /// What was told before of this stay in the room.
    fn known(&self, kind: Kind) -> Option<&Sent> {
        self.sent.filter(|sent| sent.kind == kind)
    }

    fn sent(&self, kind: Kind) -> Sent {
        Sent {
            kind,
            through: self.window.now.position,
            events: u32::MAX,
            rules: Arc::clone(&self.config.rules),
            is_dm: self.is_dm,
            receipts: self.sent.map_or(0, |sent| sent.receipts),
            read: self.sent.map_or(0, |sent| sent.read),
            account_data: self.sent.is_some_and(|sent| sent.account_data),
            profiles: kind == Kind::Joined && self.known(kind).is_some_and(|sent| sent.profiles),
            members: BTreeSet::new(),
        }
    }

    /// Whether there can be anything to tell, if something can have changed up to `latest`. `covers` compares the
    /// rules.
    pub(super) fn is_due(&self, latest: i64, covers: &mut Covers) -> bool {
        let Some(sent) = self.sent else { return true };
        let is_joined = sent.kind == Kind::Joined;
        latest > sent.through
            || self.has_read
            || sent.is_dm != self.is_dm
            || (is_joined && sent.events < self.config.timeline_limit)
            || (is_joined && !covers.cover(&sent.rules, &self.config.rules))
    }

    /// What is told of a room that was deleted: that the user is out of it, if the client knows it.
    pub(super) fn tell_deleted(self, place: MembershipRow) -> Option<Told> {
        self.sent.filter(|sent| sent.kind != Kind::Gone)?;
        let answer = RoomAnswer {
            membership: Some(Membership::Leave.as_str()),
            required_state: Some(Vec::new()),
            timeline: Some(Vec::new()),
            limited: Some(false),
            num_live: Some(0),
            bump_stamp: Some(place.position),
            ..RoomAnswer::default()
        };
        Some(Told { answer: Some(answer), sent: self.sent(Kind::Gone), shown: None })
    }

    /// How many events of a piece were sent since the client asked before.
    fn live(&self, piece: &Piece) -> u64 {
        let Some(since) = self.window.since else { return 0 };
        let is_live = |event: &&Arc<Event>| event.position() > Some(since.position);
        piece.events.iter().rev().take_while(is_live).count() as u64
    }
}

impl Sync {
    /// What is told of a room by what the user is in it now. `None`: nothing is, and nothing is to be remembered.
    pub(super) async fn tell(
        &self,
        asked: Asked<'_>,
        room: &Arc<Room>,
        place: MembershipRow,
    ) -> Result<Option<Told>> {
        if place.position > asked.window.now.position {
            // The next answer tells of it.
            return Ok(None);
        }
        if self.is_ignored_invite(asked.client(), place).await? {
            return Ok(None);
        }
        match place.membership {
            Membership::Join => self.tell_joined(asked, room).await,
            Membership::Invite | Membership::Knock => self.tell_pending(asked, room, place).await,
            Membership::Leave | Membership::Ban => self.tell_gone(asked, room, place).await,
        }
    }

    async fn tell_joined(&self, asked: Asked<'_>, room: &Arc<Room>) -> Result<Option<Told>> {
        let client = asked.client();
        let facts = room.facts(&self.rooms).await?;
        let view = self.rooms.view(room, &client.user_id).await?;
        if view.membership() != Some(Membership::Join) {
            return Ok(None);
        }
        let known = asked.known(Kind::Joined);
        let limit = asked.config.timeline_limit;
        let is_expanded = known.is_some_and(|known| known.events < limit);
        let piece = self.news_of(asked, room, &view, is_expanded).await?;
        let state = match known {
            None => self.whole_state(asked, &facts, &piece).await?,
            Some(known) => self.state_news(asked, known, room, &facts, &piece).await?,
        };
        let mut sent = asked.sent(Kind::Joined);
        sent.events = match known {
            Some(known) if !piece.limited && !is_expanded => known.events,
            _ if piece.limited => limit,
            _ => u32::MAX,
        };
        sent.members = state.members.clone();
        let dm_changed = known.is_some_and(|known| known.is_dm != asked.is_dm);
        let has_news = known.is_none()
            || is_expanded
            || dm_changed
            || !piece.events.is_empty()
            || piece.limited
            || !state.events.is_empty();
        let counts = self.push.counts(&self.rooms, &client.user_id, client.user_num, room).await?;
        let answer = RoomAnswer {
            initial: known.is_none(),
            is_dm: (dm_changed || (known.is_none() && asked.is_dm)).then_some(asked.is_dm),
            membership: Some(Membership::Join.as_str()),
            required_state: Some(self.render(client, &state.events).await?),
            timeline: Some(self.render_piece(client, &piece).await?),
            prev_batch: Some(self.prev_batch(&piece)),
            limited: Some(piece.limited),
            unstable_expanded_timeline: is_expanded,
            num_live: Some(asked.live(&piece)),
            unread: Some(counts),
            bump_stamp: Some(facts.bump_position),
            ..described(asked, &facts, &state, known.is_none())
        };
        let introduced = if asked.request.extensions.profiles.is_some() {
            let heroes = answer.heroes.iter().flatten().map(|hero| &*hero.user_id);
            let told = profiles::introduced(state.events.iter().chain(&piece.events), &facts);
            told.chain(profiles::joined_heroes(heroes, &facts)).collect()
        } else {
            Vec::new()
        };
        let answer = (has_news || asked.has_read).then_some(answer);
        Ok(Some(Told { answer, sent, shown: Some(Shown { piece, introduced }) }))
    }

    /// The part of the timeline that the client has not got; all that it wants, if that has become more.
    async fn news_of(
        &self,
        asked: Asked<'_>,
        room: &Arc<Room>,
        view: &View,
        is_expanded: bool,
    ) -> Result<Piece> {
        let known = asked.known(Kind::Joined).filter(|_| !is_expanded);
        let after = known.map_or(i64::MIN, |known| known.through);
        let range = (after, asked.window.now.position);
        self.piece(room, view, range, asked.config.timeline_limit as usize, None).await
    }

    /// All the wanted state.
    async fn whole_state(
        &self,
        asked: Asked<'_>,
        facts: &Facts,
        piece: &Piece,
    ) -> Result<StateNews> {
        let mut news = StateNews {
            events: asked.config.rules.select(&facts.state, &asked.client().user_id),
            members: BTreeSet::new(),
            name_changed: true,
            avatar_changed: true,
            members_changed: true,
        };
        self.add_lazy_members(asked, facts, piece, &mut news).await?;
        Ok(news)
    }

    /// The wanted state that has changed, and what has not been wanted before.
    async fn state_news(
        &self,
        asked: Asked<'_>,
        known: &Sent,
        room: &Arc<Room>,
        facts: &Facts,
        piece: &Piece,
    ) -> Result<StateNews> {
        let (rules, me) = (&asked.config.rules, &*asked.client().user_id);
        let (after, until) = (known.through, asked.window.now.position);
        let changes = self.rooms.state_changes(room, after, until).await?;
        let new: HashSet<EventNum> = changes.iter().filter_map(|change| change.event_num).collect();
        // The client misses events between what it has and what it is told.
        let has_gap = piece.limited && piece.start > known.through;
        let grows = !Arc::ptr_eq(&known.rules, rules) && !known.rules.cover(rules);
        let mut events = Vec::new();
        if has_gap || grows {
            let is_new = |event: &Arc<Event>| {
                let key = event.pdu.state_key().unwrap_or_default();
                new.contains(&event.num) || (grows && !known.rules.want(event.pdu.kind(), key, me))
            };
            events = rules.select(&facts.state, &asked.client().user_id);
            events.retain(is_new);
        }
        let mut members_changed = has_gap && !new.is_empty();
        if !has_gap && !new.is_empty() {
            // In a timeline without a gap, every member that has changed is told even if members are lazily loaded.
            let numbers: Vec<EventNum> = new.iter().copied().collect();
            for event in self.rooms.events(&numbers).await? {
                let (kind, key) = (event.pdu.kind(), event.pdu.state_key().unwrap_or_default());
                let is_member = kind == MEMBER;
                members_changed |= is_member;
                let is_current = facts.state.get(kind, key).is_some_and(|now| now.num == event.num);
                if is_current && (rules.want(kind, key, me) || (is_member && rules.are_lazy())) {
                    events.push(event);
                }
            }
        }
        let has_changed =
            |kind| facts.state.get(kind, "").is_some_and(|event| new.contains(&event.num));
        let members = if has_gap { BTreeSet::new() } else { known.members.clone() };
        let mut news = StateNews {
            events,
            members,
            name_changed: has_changed("m.room.name"),
            avatar_changed: has_changed("m.room.avatar"),
            members_changed,
        };
        self.add_lazy_members(asked, facts, piece, &mut news).await?;
        Ok(news)
    }

    /// Adds the members that the client needs to show the timeline and has not got.
    async fn add_lazy_members(
        &self,
        asked: Asked<'_>,
        facts: &Facts,
        piece: &Piece,
        news: &mut StateNews,
    ) -> Result<()> {
        news.events.sort_unstable_by_key(|event| (event.position(), event.num));
        news.events.dedup_by_key(|event| event.num);
        if !asked.config.rules.are_lazy() {
            return Ok(());
        }
        let mut shown: BTreeSet<&str> = BTreeSet::new();
        for event in &piece.events {
            shown.insert(event.pdu.sender().as_str());
            if event.pdu.kind() == MEMBER {
                shown.extend(event.pdu.state_key());
            }
        }
        let told: HashSet<EventNum> = news.events.iter().map(|event| event.num).collect();
        for user in shown {
            let Some(member) = facts.state.get(MEMBER, user) else { continue };
            let Ok(user_id) = user.try_into() else { continue };
            let Some(num) = self.store.interner.find_user(user_id).await? else { continue };
            if news.members.insert(num) && !told.contains(&member.num) {
                news.events.push(Arc::clone(member));
            }
        }
        while news.members.len() > MEMBERS_MAX {
            news.members.pop_first();
        }
        Ok(())
    }

    /// A room that the user is asked into, or asks to be let into.
    async fn tell_pending(
        &self,
        asked: Asked<'_>,
        room: &Arc<Room>,
        place: MembershipRow,
    ) -> Result<Option<Told>> {
        let known = asked.known(Kind::Pending);
        let is_news =
            known.is_none_or(|known| place.position > known.through || known.is_dm != asked.is_dm);
        let sent = asked.sent(Kind::Pending);
        if !is_news {
            return Ok(Some(Told { answer: None, sent, shown: None }));
        }
        let facts = room.facts(&self.rooms).await?;
        let client = asked.client();
        let stripped = || self.rooms.stripped_state(&facts, &client.user_id);
        let knocks = place.membership == Membership::Knock;
        let answer = RoomAnswer {
            initial: true,
            is_dm: asked.is_dm.then_some(true),
            membership: Some(place.membership.as_str()),
            // COMPAT(Element X): it looks for the state of knocks there, too.
            invite_state: Some(stripped()?),
            knock_state: if knocks { Some(stripped()?) } else { None },
            bump_stamp: Some(place.position),
            ..RoomAnswer::default()
        };
        Ok(Some(Told { answer: Some(answer), sent, shown: None }))
    }

    /// A room that the user has left or was removed from: what happened until then, once.
    async fn tell_gone(
        &self,
        asked: Asked<'_>,
        room: &Arc<Room>,
        place: MembershipRow,
    ) -> Result<Option<Told>> {
        let is_known = asked.known(Kind::Gone).is_some_and(|known| place.position <= known.through);
        if is_known {
            return Ok(None);
        }
        let client = asked.client();
        let view = self.rooms.view(room, &client.user_id).await?;
        let own = self.rooms.events(&[place.event_num]).await?;
        let (piece, mut state) = if view.ever_joined() {
            self.last_of(asked, room, place, &view).await?
        } else {
            // An invite or a knock that came to nothing: that is all there is.
            let (events, start) = (own.clone(), place.position);
            (Piece { events, limited: false, start, view: view.clone() }, Vec::new())
        };
        // It is by this event that clients know, whatever state they have asked for.
        for event in own {
            if !state.iter().any(|other| other.num == event.num) {
                state.push(event);
            }
        }
        let answer = RoomAnswer {
            initial: asked.known(Kind::Joined).is_none(),
            membership: Some(place.membership.as_str()),
            required_state: Some(self.render(client, &state).await?),
            timeline: Some(self.render_piece(client, &piece).await?),
            prev_batch: view.ever_joined().then(|| self.prev_batch(&piece)),
            limited: Some(piece.limited),
            num_live: Some(asked.live(&piece)),
            bump_stamp: Some(place.position),
            ..RoomAnswer::default()
        };
        Ok(Some(Told { answer: Some(answer), sent: asked.sent(Kind::Gone), shown: None }))
    }

    /// The end of the timeline that the user can see, and the state of then.
    async fn last_of(
        &self,
        asked: Asked<'_>,
        room: &Arc<Room>,
        place: MembershipRow,
        view: &View,
    ) -> Result<(Piece, Vec<Arc<Event>>)> {
        let client = asked.client();
        let end = view.end().unwrap_or(place.position).min(asked.window.now.position);
        let known = asked.known(Kind::Joined);
        let after = known.map_or(i64::MIN, |known| known.through);
        // The user's own end is told in any case.
        let limit = asked.config.timeline_limit.max(1) as usize;
        let piece = self.piece(room, view, (after, end), limit, None).await?;
        let state = self.state_until(room, end, asked.window.now.position).await?;
        let mut state = asked.config.rules.select(&state, &client.user_id);
        if known.is_some() {
            let changes = self.rooms.state_changes(room, after, end).await?;
            state.retain(|event| changes.iter().any(|one| one.event_num == Some(event.num)));
        }
        Ok((piece, state))
    }
}

/// What shows the room in a list, as far as it has changed.
fn described(asked: Asked<'_>, facts: &Facts, state: &StateNews, is_new: bool) -> RoomAnswer {
    let field = |kind, name, has_changed: bool| match facts.state_text(kind, name) {
        _ if !has_changed => Field::Unchanged,
        Some(text) => Field::Set(text),
        None if is_new => Field::Unchanged,
        None => Field::Removed,
    };
    let has_name = facts.state_text("m.room.name", "name").is_some();
    let shows_heroes =
        asked.config.heroes && !has_name && (state.members_changed || state.name_changed);
    RoomAnswer {
        name: field("m.room.name", "name", state.name_changed),
        avatar: field("m.room.avatar", "url", state.avatar_changed),
        heroes: shows_heroes.then(|| heroes(facts, asked.client())),
        joined_count: state.members_changed.then_some(facts.joined),
        invited_count: state.members_changed.then_some(facts.invited),
        ..RoomAnswer::default()
    }
}

fn heroes(facts: &Facts, client: &Client) -> Vec<Hero> {
    #[derive(serde::Deserialize)]
    struct Content {
        displayname: Option<String>,
        avatar_url: Option<String>,
    }
    let hero = |user_id: String| {
        let member = facts.state.get(MEMBER, &user_id);
        let content = member.and_then(|event| event.pdu.content_as::<Content>().ok());
        let (displayname, avatar_url) =
            content.map_or((None, None), |content| (content.displayname, content.avatar_url));
        Hero { user_id, displayname, avatar_url }
    };
    summary::heroes(facts, &client.user_id).into_iter().map(hero).collect()
}
