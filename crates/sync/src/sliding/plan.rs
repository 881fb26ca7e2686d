//! Which rooms an answer is about: those in the windows of the lists, and those subscribed to.
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use protocol::ids::{OwnedRoomId, RoomId};
use rooms::UserRooms;
use store::{
    RoomNum,
    memberships::{Membership, MembershipRow},
};

use super::{
    body::Filters,
    order::{Order, Place},
    own::Own,
    request::{List, Request, RoomConfig, Selector},
    response::ListAnswer,
    rules::Rules,
};
use crate::{client::Client, error::Result, service::Sync};

/// A set of lists: a bit for each, in the order of their names.
type Lists = u128;

/// The rooms of an answer.
#[derive(Default)]
pub(super) struct Plan {
    pub(super) lists: BTreeMap<String, ListAnswer>,
    /// Each room once.
    pub(super) rooms: Vec<Planned>,
    /// Rooms of `m.direct`.
    pub(super) direct: Arc<HashSet<RoomNum>>,
}

/// A room of an answer.
pub(super) struct Planned {
    pub(super) room: RoomNum,
    pub(super) config: Arc<RoomConfig>,
    /// The position of what happened last that the user can see; not known of a room that is in no list.
    pub(super) recency: Option<i64>,
    lists: Lists,
    subscribed: bool,
}

/// Which rooms of a plan an extension is for.
pub(super) struct Selection<'a> {
    lists: Lists,
    /// All the rooms subscribed to, or these of them; `*` stands for all.
    rooms: Option<&'a [String]>,
}

impl Sync {
    /// The rooms that the request is about.
    pub(super) async fn plan(
        &self,
        request: &Request,
        order: &mut Order,
        own: &mut Own,
        now: i64,
    ) -> Result<Plan> {
        let client = &request.client;
        let filters = || request.lists.values().map(|list| &list.filters);
        let with_tags =
            filters().any(|filters| filters.tags.is_some() || filters.not_tags.is_some());
        self.refresh_own(client, own, with_tags, now).await?;
        self.refresh(client, order, now).await?;
        if filters().any(Filters::ask_for_traits) {
            self.load_traits(order).await?;
        }
        let mut builder = Builder::new(request, self.subscriptions(request).await?);
        for (bit, (name, list)) in request.lists.iter().enumerate() {
            let config = builder.shared(&list.config, |rules| self.sliding.shared(rules));
            let spaces = self.spaces(client, list.filters.spaces.as_deref()).await?;
            let count = if list.filters.is_empty() {
                builder.add_window(list, &config, bit, order.places.iter())
            } else {
                let passes =
                    |place: &&Place| list.filters.let_through(place, order, own, spaces.as_ref());
                builder.add_window(list, &config, bit, order.places.iter().filter(passes))
            };
            builder.plan.lists.insert(name.clone(), ListAnswer { count });
        }
        let mut plan = builder.finish(|rules| self.sliding.shared(rules));
        plan.direct = Arc::clone(&own.direct);
        Ok(plan)
    }

    /// The rooms that are subscribed to and that the user has a part in; others are left out, as are those that do
    /// not exist.
    async fn subscriptions(&self, request: &Request) -> Result<HashMap<RoomNum, Arc<RoomConfig>>> {
        let rooms = self.rooms.rooms_of(request.client.user_num).await?;
        let mut subscriptions = HashMap::new();
        for (room_id, config) in &request.subscriptions {
            if let Some(room) = self.store.interner.find_room(room_id).await?
                && rooms.get(room).is_some_and(may_subscribe)
            {
                subscriptions.insert(room, Arc::clone(config));
            }
        }
        Ok(subscriptions)
    }

    /// The rooms of spaces that the user is in.
    async fn spaces(
        &self,
        client: &Client,
        spaces: Option<&[OwnedRoomId]>,
    ) -> Result<Option<HashSet<RoomNum>>> {
        let Some(spaces) = spaces else { return Ok(None) };
        let rooms: Arc<UserRooms> = self.rooms.rooms_of(client.user_num).await?;
        let mut children = HashSet::new();
        for space in spaces {
            let Some(space) = self.store.interner.find_room(space).await? else { continue };
            if rooms.get(space).is_none_or(|row| row.membership != Membership::Join) {
                continue;
            }
            let Some(space) = self.rooms.by_number(space).await? else { continue };
            let facts = space.facts(&self.rooms).await?;
            for (child, event) in facts.state.of_type("m.space.child") {
                let Ok(child) = <&RoomId>::try_from(&**child) else { continue };
                if is_child(event)
                    && let Some(child) = self.store.interner.find_room(child).await?
                {
                    children.insert(child);
                }
            }
        }
        Ok(Some(children))
    }
}

/// A child without servers to reach it by has been removed ([spec]).
///
/// [spec]: https://spec.matrix.org/v1.16/client-server-api/#mspacechild-relationship
fn is_child(event: &rooms::Event) -> bool {
    #[derive(serde::Deserialize)]
    struct Content {
        #[serde(rename = "via")]
        _via: Vec<String>,
    }
    event.pdu.content_as::<Content>().is_ok()
}

fn may_subscribe(row: MembershipRow) -> bool {
    matches!(row.membership, Membership::Join | Membership::Invite | Membership::Knock)
}

/// Configurations by the addresses of those that they are made from; one of these is kept beside.
type Known = HashMap<(usize, usize), (Arc<RoomConfig>, Arc<RoomConfig>)>;

struct Builder {
    plan: Plan,
    /// Where in the plan each room is; empty if there is one list, in which no room is twice.
    indexes: HashMap<RoomNum, usize>,
    has_many_lists: bool,
    /// Those that have not been met in a list yet.
    subscriptions: HashMap<RoomNum, Arc<RoomConfig>>,
    /// The shared copies of configurations, and two of them taken together, by their addresses.
    known: Known,
}

impl Builder {
    fn new(request: &Request, subscriptions: HashMap<RoomNum, Arc<RoomConfig>>) -> Self {
        Self {
            plan: Plan::default(),
            indexes: HashMap::new(),
            has_many_lists: request.lists.len() > 1,
            subscriptions,
            known: HashMap::new(),
        }
    }

    /// The same configuration with the shared copy of its rules.
    fn shared(
        &mut self,
        config: &Arc<RoomConfig>,
        share: impl Fn(&Arc<Rules>) -> Arc<Rules>,
    ) -> Arc<RoomConfig> {
        let address = Arc::as_ptr(config).addr();
        let (_, shared) = self.known.entry((address, address)).or_insert_with(|| {
            let rules = share(&config.rules);
            (Arc::clone(config), Arc::new(RoomConfig { rules, ..**config }))
        });
        Arc::clone(shared)
    }

    /// Adds what of `places` is in the list's ranges; returns how many there are in all.
    fn add_window<'a>(
        &mut self,
        list: &List,
        config: &Arc<RoomConfig>,
        bit: usize,
        places: impl Iterator<Item = &'a Place>,
    ) -> u64 {
        let mut count = 0;
        for place in places {
            let is_shown = match &list.ranges {
                Some(ranges) => ranges.iter().any(|(start, end)| (*start..=*end).contains(&count)),
                None => true,
            };
            if is_shown {
                self.add(place, config, bit);
            }
            count += 1;
        }
        count
    }

    fn add(&mut self, place: &Place, config: &Arc<RoomConfig>, bit: usize) {
        let room = place.room;
        let index = if self.has_many_lists { self.indexes.get(&room).copied() } else { None };
        if let Some(planned) = index.and_then(|index| self.plan.rooms.get_mut(index)) {
            planned.lists |= 1 << bit;
            let both = union(&mut self.known, &planned.config, config);
            planned.config = both;
            return;
        }
        let subscription = self.subscriptions.remove(&room);
        let subscribed = subscription.is_some();
        let config = match subscription {
            Some(subscription) => union(&mut self.known, config, &subscription),
            None => Arc::clone(config),
        };
        if self.has_many_lists {
            self.indexes.insert(room, self.plan.rooms.len());
        }
        let recency = Some(place.recency);
        self.plan.rooms.push(Planned { room, config, recency, lists: 1 << bit, subscribed });
    }

    /// Adds the rooms that are subscribed to and in no list.
    fn finish(mut self, share: impl Fn(&Arc<Rules>) -> Arc<Rules>) -> Plan {
        for (room, config) in std::mem::take(&mut self.subscriptions) {
            self.plan.rooms.push(Planned {
                room,
                config,
                recency: None,
                lists: 0,
                subscribed: true,
            });
        }
        let mut rooms = std::mem::take(&mut self.plan.rooms);
        for planned in &mut rooms {
            if planned.subscribed || self.has_many_lists {
                planned.config = self.shared(&planned.config, &share);
            }
        }
        Plan { rooms, ..self.plan }
    }
}

fn union(known: &mut Known, one: &Arc<RoomConfig>, other: &Arc<RoomConfig>) -> Arc<RoomConfig> {
    let pair = (Arc::as_ptr(one).addr(), Arc::as_ptr(other).addr());
    if pair.0 == pair.1 {
        return Arc::clone(one);
    }
    let (_, both) = known.entry(pair).or_insert_with(|| (Arc::clone(other), one.union(other)));
    Arc::clone(both)
}

impl RoomConfig {
    fn union(&self, other: &Self) -> Arc<Self> {
        Arc::new(Self {
            timeline_limit: self.timeline_limit.max(other.timeline_limit),
            rules: Arc::new(self.rules.union(&other.rules)),
            heroes: self.heroes || other.heroes,
        })
    }
}

impl Filters {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn ask_for_traits(&self) -> bool {
        self.is_encrypted.is_some() || self.room_types.is_some() || self.not_room_types.is_some()
    }

    fn let_through(
        &self,
        place: &Place,
        order: &Order,
        own: &Own,
        spaces: Option<&HashSet<RoomNum>>,
    ) -> bool {
        let room = place.room;
        let is = |wanted: Option<bool>, is: bool| wanted.is_none_or(|wanted| wanted == is);
        let traits = || order.traits(room);
        let has_type = |types: &Vec<Option<String>>| {
            let kind = traits().and_then(|traits| traits.kind.as_deref());
            types.iter().any(|one| one.as_deref() == kind)
        };
        is(self.is_invite, place.membership == Membership::Invite)
            && is(self.is_dm, own.direct.contains(&room))
            && spaces.is_none_or(|children| children.contains(&room))
            && self.tags.as_ref().is_none_or(|tags| own.has_tag(room, tags))
            && !self.not_tags.as_ref().is_some_and(|tags| own.has_tag(room, tags))
            && (self.is_encrypted.is_none()
                || is(self.is_encrypted, traits().is_some_and(|traits| traits.encrypted)))
            && self.room_types.as_ref().is_none_or(has_type)
            && !self.not_room_types.as_ref().is_some_and(has_type)
    }
}

impl Selector {
    /// Which rooms of a plan for `request` it selects.
    pub(super) fn selection<'a>(&'a self, request: &Request) -> Selection<'a> {
        let lists = match &self.lists {
            None => Lists::MAX,
            Some(names) => request
                .lists
                .keys()
                .enumerate()
                .filter(|(_, name)| names.contains(name))
                .fold(0, |lists, (bit, _)| lists | 1 << bit),
        };
        Selection { lists, rooms: self.rooms.as_deref() }
    }
}

impl Selection<'_> {
    /// Whether the room is in a list that is selected.
    pub(super) fn lists_have(&self, planned: &Planned) -> bool {
        planned.lists & self.lists != 0
    }

    /// Whether the room may be selected, whatever its id.
    pub(super) fn may_have(&self, planned: &Planned) -> bool {
        self.lists_have(planned) || self.subscriptions_have(planned).unwrap_or(true)
    }

    /// Whether the room is selected among those subscribed to; `None` where its id decides.
    pub(super) fn subscriptions_have(&self, planned: &Planned) -> Option<bool> {
        match self.rooms {
            _ if !planned.subscribed => Some(false),
            None => Some(true),
            Some([]) => Some(false),
            Some(_) => None,
        }
    }

    /// Whether it names the room.
    pub(super) fn names(&self, id: &RoomId) -> bool {
        self.rooms.is_some_and(|rooms| rooms.iter().any(|room| room == "*" || *room == *id))
    }
}
