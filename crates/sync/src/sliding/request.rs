//! What a client asks for, checked.
use std::{
    collections::{BTreeMap, HashMap},
    hash::{DefaultHasher, Hash, Hasher as _},
    sync::Arc,
    time::Duration,
};

use protocol::ids::OwnedRoomId;
use rooms::token::{StreamToken, WindowToken};

use super::{
    body::{
        Body, ExtensionsBody, Filters, ListBody, ProfilesBody, RoomBody, SelectorBody,
        ToDeviceBody, Whole,
    },
    rules::Rules,
};
use crate::{
    client::Client, encryption::TO_DEVICE_MAX, profiles::ProfileFields,
    thread_subscriptions::ThreadSubscriptions,
};

/// The most lists of one request; a plan has a bit for each.
const LISTS_MAX: usize = 100;

/// The most ranges of one list.
const RANGES_MAX: usize = 100;

/// The most rooms that one request subscribes to.
const SUBSCRIPTIONS_MAX: usize = 1_000;

/// The most entries of one `required_state`, of one filter, and of the rooms and lists of one extension.
const ENTRIES_MAX: usize = 1_000;

/// The most fields of profiles that one request asks for; they are remembered for each connection.
const PROFILE_FIELDS_MAX: usize = 100;

/// The longest `conn_id`, `txn_id`, and name of a list, in bytes.
const NAME_BYTES_MAX: usize = 255;

/// How many events of a room an answer has at most. More can be asked for and is cut.
const TIMELINE_LIMIT_MAX: u64 = 500;

/// What is wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// A text is too long.
    #[error("{what} has more than {NAME_BYTES_MAX} bytes")]
    TooLong {
        /// Which.
        what: &'static str,
    },
    /// There is too much of something.
    #[error("there are more than {most} {what}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many there may be.
        most: usize,
    },
    /// A range ends before it starts.
    #[error("the range {start} to {end} of the list {list:?} ends before it starts")]
    InvertedRange {
        /// Of which list.
        list: String,
        /// Where it starts.
        start: u64,
        /// Where it ends.
        end: u64,
    },
    /// The `conn_id` can't be kept.
    #[error("conn_id has a control character")]
    ControlCharacter,
    /// The `since` of an extension was not given by this server.
    #[error("the since of an extension is no token of this server")]
    Since,
    /// The `pos` was not given by this server.
    #[error("pos is no position of this server: start without one")]
    UnknownPosition,
}

/// A request.
#[derive(Debug)]
pub struct Request {
    pub(super) client: Client,
    pub(super) conn_id: String,
    pub(super) txn_id: Option<String>,
    pub(super) pos: Option<WindowToken>,
    pub(super) timeout: Duration,
    pub(super) lists: BTreeMap<String, List>,
    pub(super) subscriptions: BTreeMap<OwnedRoomId, Arc<RoomConfig>>,
    pub(super) extensions: Extensions,
    /// Of everything that decides what is shown: another request is answered at once.
    pub(super) fingerprint: u64,
}

/// A list of rooms.
#[derive(Debug, Hash)]
pub(super) struct List {
    /// Both ends inclusive; everything if absent.
    pub(super) ranges: Option<Vec<(u64, u64)>>,
    pub(super) filters: Filters,
    pub(super) config: Arc<RoomConfig>,
}

/// What is wanted of a room.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct RoomConfig {
    pub(super) timeline_limit: u32,
    pub(super) rules: Arc<Rules>,
    pub(super) heroes: bool,
}

/// What is wanted beside the rooms.
#[derive(Debug, Default, Hash)]
pub(super) struct Extensions {
    pub(super) to_device: Option<ToDevice>,
    pub(super) e2ee: bool,
    pub(super) account_data: Option<Selector>,
    pub(super) receipts: Option<Selector>,
    pub(super) typing: Option<Selector>,
    /// Sticky events (MSC4354).
    pub(super) sticky_events: Option<ToDevice>,
    /// What people show of themselves (MSC4262).
    pub(super) profiles: Option<Profiles>,
    /// How many subscriptions to threads are wanted at most (MSC4308).
    pub(super) thread_subscriptions: Option<u32>,
}

/// Messages to the device.
#[derive(Debug)]
pub(super) struct ToDevice {
    pub(super) limit: u32,
    /// What the client has; it moves with every answer, so it does not make another request.
    pub(super) since: Option<StreamToken>,
}

impl Hash for ToDevice {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.limit.hash(state);
    }
}

/// For which rooms an extension is wanted.
#[derive(Debug, Hash)]
pub(super) struct Selector {
    /// Those of these lists; of all if absent.
    pub(super) lists: Option<Vec<String>>,
    /// These of the rooms subscribed to; all of them if absent, or if one of these is `*`.
    pub(super) rooms: Option<Vec<String>>,
}

/// Of whom profiles are wanted when a room introduces them, and which fields.
#[derive(Debug, Hash)]
pub(super) struct Profiles {
    pub(super) selector: Selector,
    pub(super) fields: ProfileFields,
}

impl Request {
    /// Checks a request; `pos` and `timeout` are those of the URL.
    ///
    /// # Errors
    /// See [`RequestError`].
    pub fn new(
        client: Client,
        pos: Option<&str>,
        timeout: Duration,
        body: Body,
    ) -> Result<Self, RequestError> {
        let Body { conn_id, txn_id, lists, room_subscriptions, extensions } = body;
        let conn_id = conn_id.unwrap_or_default();
        check_length("conn_id", &conn_id)?;
        if conn_id.contains(char::is_control) {
            return Err(RequestError::ControlCharacter);
        }
        check_length("txn_id", txn_id.as_deref().unwrap_or_default())?;
        let pos = pos.map(str::parse).transpose().map_err(|_| RequestError::UnknownPosition)?;
        let mut configs = Configs::default();
        let lists = configs.lists(lists.unwrap_or_default())?;
        let subscriptions = configs.subscriptions(room_subscriptions.unwrap_or_default())?;
        let extensions = Extensions::new(extensions.unwrap_or_default())?;
        let mut hasher = DefaultHasher::new();
        (&lists, &subscriptions, &extensions).hash(&mut hasher);
        let fingerprint = hasher.finish();
        Ok(Self {
            client,
            conn_id,
            txn_id,
            pos,
            timeout,
            lists,
            subscriptions,
            extensions,
            fingerprint,
        })
    }

    /// Whether the request is about rooms at all.
    pub(super) fn has_rooms(&self) -> bool {
        !self.lists.is_empty() || !self.subscriptions.is_empty()
    }
}

/// Equal rules are made once.
#[derive(Default)]
struct Configs {
    known: HashMap<Vec<(String, String)>, Arc<Rules>>,
}

impl Configs {
    fn lists(
        &mut self,
        bodies: BTreeMap<String, Whole<ListBody>>,
    ) -> Result<BTreeMap<String, List>, RequestError> {
        check_count("lists", bodies.len(), LISTS_MAX)?;
        let mut lists = BTreeMap::new();
        for (name, Whole(body)) in bodies {
            check_length("the name of a list", &name)?;
            if let Some(ranges) = &body.ranges {
                check_count("ranges in a list", ranges.len(), RANGES_MAX)?;
                if let Some((start, end)) = ranges.iter().find(|(start, end)| start > end) {
                    return Err(RequestError::InvertedRange {
                        list: name,
                        start: *start,
                        end: *end,
                    });
                }
            }
            let filters = body.filters.unwrap_or_default();
            check_filters(&filters)?;
            let config = self.config(body.room)?;
            lists.insert(name, List { ranges: body.ranges, filters, config });
        }
        Ok(lists)
    }

    fn subscriptions(
        &mut self,
        bodies: BTreeMap<OwnedRoomId, Whole<RoomBody>>,
    ) -> Result<BTreeMap<OwnedRoomId, Arc<RoomConfig>>, RequestError> {
        check_count("room_subscriptions", bodies.len(), SUBSCRIPTIONS_MAX)?;
        bodies.into_iter().map(|(room, Whole(body))| Ok((room, self.config(body)?))).collect()
    }

    fn config(&mut self, body: RoomBody) -> Result<Arc<RoomConfig>, RequestError> {
        let RoomBody { timeline_limit, required_state, include_heroes } = body;
        let pairs = required_state.unwrap_or_default();
        check_count("entries in required_state", pairs.len(), ENTRIES_MAX)?;
        let rules = self.known.entry(pairs);
        let rules = rules.or_insert_with_key(|pairs| Arc::new(Rules::new(pairs)));
        let rules = Arc::clone(rules);
        let limit = timeline_limit.unwrap_or(0).min(TIMELINE_LIMIT_MAX);
        Ok(Arc::new(RoomConfig {
            timeline_limit: u32::try_from(limit).unwrap_or(u32::MAX),
            rules,
            heroes: include_heroes.unwrap_or(true),
        }))
    }
}

impl Extensions {
    fn new(body: ExtensionsBody) -> Result<Self, RequestError> {
        let ExtensionsBody {
            to_device,
            e2ee,
            account_data,
            receipts,
            typing,
            sticky_events,
            profiles,
            thread_subscriptions,
        } = body;
        let thread_subscriptions =
            thread_subscriptions.filter(|wanted| wanted.enabled == Some(true)).map(|wanted| {
                let limit = wanted.limit.map_or(ThreadSubscriptions::LIMIT, |limit| {
                    u32::try_from(limit).unwrap_or(u32::MAX)
                });
                limit.clamp(1, ThreadSubscriptions::LIMIT_MAX)
            });
        Ok(Self {
            to_device: to_device.map_or(Ok(None), ToDevice::new)?,
            e2ee: e2ee.and_then(|e2ee| e2ee.enabled).unwrap_or(false),
            account_data: account_data.map_or(Ok(None), Selector::new)?,
            receipts: receipts.map_or(Ok(None), Selector::new)?,
            typing: typing.map_or(Ok(None), Selector::new)?,
            sticky_events: sticky_events.map_or(Ok(None), ToDevice::new)?,
            profiles: profiles.map_or(Ok(None), Profiles::new)?,
            thread_subscriptions,
        })
    }
}

impl ToDevice {
    fn new(body: ToDeviceBody) -> Result<Option<Self>, RequestError> {
        let ToDeviceBody { enabled, limit, since } = body;
        let since =
            since.as_deref().map(str::parse).transpose().map_err(|_| RequestError::Since)?;
        let limit = limit.unwrap_or(u64::MAX).clamp(1, u64::from(TO_DEVICE_MAX));
        let limit = u32::try_from(limit).unwrap_or(TO_DEVICE_MAX);
        Ok(enabled.unwrap_or(false).then_some(Self { limit, since }))
    }
}

impl Selector {
    fn new(body: SelectorBody) -> Result<Option<Self>, RequestError> {
        let SelectorBody { enabled, lists, rooms } = body;
        let most = |list: &Option<Vec<String>>| list.as_ref().map_or(0, Vec::len);
        check_count("lists in an extension", most(&lists), ENTRIES_MAX)?;
        check_count("rooms in an extension", most(&rooms), ENTRIES_MAX)?;
        Ok(enabled.unwrap_or(false).then_some(Self { lists, rooms }))
    }
}

impl Profiles {
    fn new(body: ProfilesBody) -> Result<Option<Self>, RequestError> {
        let ProfilesBody { selector, fields } = body;
        let names = fields.as_deref().unwrap_or_default();
        check_count("fields of profiles", names.len(), PROFILE_FIELDS_MAX)?;
        names.iter().try_for_each(|name| check_length("the name of a profile field", name))?;
        let fields = fields
            .map_or(ProfileFields::All, |names| ProfileFields::Named(names.into_iter().collect()));
        Ok(Selector::new(selector)?.map(|selector| Self { selector, fields }))
    }
}

fn check_filters(filters: &Filters) -> Result<(), RequestError> {
    let Filters { spaces, room_types, not_room_types, tags, not_tags, .. } = filters;
    let counts = [
        spaces.as_ref().map_or(0, Vec::len),
        room_types.as_ref().map_or(0, Vec::len),
        not_room_types.as_ref().map_or(0, Vec::len),
        tags.as_ref().map_or(0, Vec::len),
        not_tags.as_ref().map_or(0, Vec::len),
    ];
    let most = counts.into_iter().max().unwrap_or(0);
    check_count("entries in a filter", most, ENTRIES_MAX)
}

fn check_count(what: &'static str, count: usize, most: usize) -> Result<(), RequestError> {
    if count > most { Err(RequestError::TooMany { what, most }) } else { Ok(()) }
}

fn check_length(what: &'static str, text: &str) -> Result<(), RequestError> {
    if text.len() > NAME_BYTES_MAX { Err(RequestError::TooLong { what }) } else { Ok(()) }
}
