//! `/v3/sync` ([spec]).
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3sync
use std::{collections::BTreeMap, time::Duration};

use protocol::{
    filter::Filter,
    ids::{OwnedEventId, OwnedRoomId, OwnedUserId},
};
use rooms::token::StreamToken;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::{client::Client, error::Result, service::Sync};

mod account_data;
mod answer;
mod form;
mod joined;
mod left;
mod presence;
mod profiles;
mod state;

pub use self::profiles::{UserNews, Users};

/// What a client asks for.
#[derive(Clone, Debug)]
pub struct Request {
    /// Who asks.
    pub client: Client,
    /// What they have seen; nothing if absent.
    pub since: Option<StreamToken>,
    /// What they want to see.
    pub filter: Filter,
    /// Whether to answer with the whole state of every joined room, though it has not changed.
    pub full_state: bool,
    /// How long to wait for something new.
    pub timeout: Duration,
    /// Whether to answer with the state after the timeline instead of before it (MSC4222).
    pub state_after: StateAfter,
}

/// Whether a client wants the state after the timeline (MSC4222), and under which name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StateAfter {
    /// It wants the state before.
    #[default]
    No,
    /// `use_state_after`.
    Stable,
    /// `org.matrix.msc4222.use_state_after`.
    Unstable,
}

impl StateAfter {
    fn is_wanted(self) -> bool {
        self != Self::No
    }
}

/// The answer.
#[derive(Debug, Serialize)]
pub struct Response {
    /// What to ask with the next time.
    pub next_batch: String,
    /// Data of the user's own.
    #[serde(skip_serializing_if = "Events::is_empty")]
    pub account_data: Events,
    /// Who has come and gone.
    #[serde(skip_serializing_if = "Events::is_empty")]
    pub presence: Events,
    /// What happened in rooms.
    #[serde(skip_serializing_if = "RoomLists::is_empty")]
    pub rooms: RoomLists,
    /// What people show of themselves (MSC4429).
    #[serde(skip_serializing_if = "Users::is_empty")]
    pub users: Users,
    /// The same under its unstable name.
    #[serde(rename = "org.matrix.msc4429.users", skip_serializing_if = "Users::is_empty")]
    pub unstable_users: Users,
    /// Messages to this device.
    #[serde(skip_serializing_if = "Events::is_empty")]
    pub to_device: Events,
    /// Whose keys have changed.
    #[serde(skip_serializing_if = "DeviceLists::is_empty")]
    pub device_lists: DeviceLists,
    /// How many one-time keys the device has left, by algorithm.
    pub device_one_time_keys_count: BTreeMap<String, i64>,
    /// Algorithms with a fallback key that nobody has got yet.
    pub device_unused_fallback_key_types: Vec<String>,
    /// The same under its unstable name (MSC2732).
    #[serde(rename = "org.matrix.msc2732.device_unused_fallback_key_types")]
    pub unstable_unused_fallback_key_types: Vec<String>,
}

/// A list of events, as objects of their own.
#[derive(Debug, Default, Serialize)]
pub struct Events {
    /// The events.
    pub events: Vec<Box<RawValue>>,
}

impl Events {
    pub(crate) fn is_empty(&self) -> bool {
        self.events.is_empty()
    }
}

/// Whose keys have changed, and who is met no more.
#[derive(Debug, Default, Serialize)]
pub struct DeviceLists {
    /// Whose keys have changed, or who shares a room since.
    pub changed: Vec<OwnedUserId>,
    /// Who shares no room any more.
    pub left: Vec<OwnedUserId>,
}

impl DeviceLists {
    fn is_empty(&self) -> bool {
        self.changed.is_empty() && self.left.is_empty()
    }
}

/// The rooms, by what the user is in them.
#[derive(Debug, Default, Serialize)]
pub struct RoomLists {
    /// In the room.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub join: BTreeMap<OwnedRoomId, JoinedRoom>,
    /// Asked in.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub invite: BTreeMap<OwnedRoomId, InvitedRoom>,
    /// Asking to be let in.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub knock: BTreeMap<OwnedRoomId, KnockedRoom>,
    /// Gone.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub leave: BTreeMap<OwnedRoomId, LeftRoom>,
}

impl RoomLists {
    fn is_empty(&self) -> bool {
        self.join.is_empty()
            && self.invite.is_empty()
            && self.knock.is_empty()
            && self.leave.is_empty()
    }
}

/// A room that the user is in.
#[derive(Debug, Serialize)]
pub struct JoinedRoom {
    /// How the room is shown if it has no name.
    #[serde(skip_serializing_if = "Summary::is_empty")]
    pub summary: Summary,
    /// What has been sent.
    pub timeline: Timeline,
    /// The state.
    #[serde(flatten)]
    pub state: State,
    /// Sticky events that the timeline does not have (MSC4354).
    #[serde(rename = "msc4354_sticky", skip_serializing_if = "Events::is_empty")]
    pub sticky: Events,
    /// Typing notices and receipts.
    pub ephemeral: Events,
    /// The user's data about the room.
    pub account_data: Events,
    /// How much is unread.
    pub unread_notifications: push::Counts,
    /// How much is unread in each thread.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub unread_thread_notifications: BTreeMap<OwnedEventId, push::Counts>,
    /// Whom it introduces: their profiles are told with it, if the client wants any.
    #[serde(skip)]
    pub introduced: Vec<OwnedUserId>,
}

/// The state before the timeline, or after it.
#[derive(Debug, Serialize)]
pub enum State {
    /// Before the timeline.
    #[serde(rename = "state")]
    Before(Events),
    /// After it (MSC4222).
    #[serde(rename = "state_after")]
    After(Events),
    /// After it, under its unstable name.
    #[serde(rename = "org.matrix.msc4222.state_after")]
    UnstableAfter(Events),
}

/// What a client shows of a room that has no name.
#[derive(Debug, Default, Serialize)]
pub struct Summary {
    /// Some of the other members.
    #[serde(rename = "m.heroes", skip_serializing_if = "Option::is_none")]
    pub heroes: Option<Vec<String>>,
    /// How many are in the room.
    #[serde(rename = "m.joined_member_count", skip_serializing_if = "Option::is_none")]
    pub joined: Option<u64>,
    /// How many are asked in.
    #[serde(rename = "m.invited_member_count", skip_serializing_if = "Option::is_none")]
    pub invited: Option<u64>,
}

impl Summary {
    fn is_empty(&self) -> bool {
        self.heroes.is_none() && self.joined.is_none() && self.invited.is_none()
    }
}

/// A piece of a timeline.
#[derive(Debug, Default, Serialize)]
pub struct Timeline {
    /// The events, oldest first.
    pub events: Vec<Box<RawValue>>,
    /// Whether there is more between what the client has and these.
    pub limited: bool,
    /// From where to page back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prev_batch: Option<String>,
}

/// A room that the user is asked into.
#[derive(Debug, Serialize)]
pub struct InvitedRoom {
    /// What the user may know of it.
    pub invite_state: Events,
}

/// A room that the user asks to be let into.
#[derive(Debug, Serialize)]
pub struct KnockedRoom {
    /// What the user may know of it.
    pub knock_state: Events,
}

/// A room that the user is gone from.
#[derive(Debug, Serialize)]
pub struct LeftRoom {
    /// What was sent until then.
    pub timeline: Timeline,
    /// The state.
    #[serde(flatten)]
    pub state: State,
    /// The user's data about the room.
    pub account_data: Events,
}

impl Sync {
    /// Answers with what has changed since the request's token, waiting for something if nothing has.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn sync(&self, request: &Request) -> Result<Response> {
        let since = self.trusted(request.since);
        if let Some(since) = since {
            // What the client asks from, it has got.
            self.acknowledge(&request.client, since.position).await?;
        }
        if since.is_none() || request.full_state {
            return Box::pin(self.answer(request, since, self.now())).await;
        }
        let mut waiting = self.begin_waiting(request.client.user_num, request.timeout).await?;
        // Up to where there was nothing to tell.
        let mut checked = since;
        loop {
            let (now, must) = (self.now(), waiting.must_answer());
            if must || self.may_have_news(request, checked, now).await? {
                // In a box: whoever only waits must not hold the room that an answer needs.
                let response = Box::pin(self.answer(request, since, now)).await?;
                if must || !response.is_empty() {
                    return Ok(response);
                }
                checked = Some(now);
            }
            waiting.changed().await;
        }
    }

    /// Whether anything can have changed for the user: asked of memory alone.
    async fn may_have_news(
        &self,
        request: &Request,
        since: Option<StreamToken>,
        now: StreamToken,
    ) -> Result<bool> {
        let Some(since) = since else { return Ok(true) };
        let (user, hub) = (request.client.user_num, &self.store.changes);
        if hub.user_changed_since(user, since.position)
            || hub.device_lists_changed_since(since.position)
            || (self.presence.is_enabled() && hub.presence_changed_since(since.position))
            || (request.wants_profiles() && hub.profiles_changed_since(since.position))
        {
            return Ok(true);
        }
        if now.position == since.position && now.ephemeral == since.ephemeral {
            return Ok(false);
        }
        let rooms = self.rooms.rooms_of(user).await?;
        Ok(self.has_changed_joined(&rooms, since.position)
            || self.has_ephemeral(&rooms, since.ephemeral))
    }
}

impl Response {
    fn is_empty(&self) -> bool {
        self.account_data.is_empty()
            && self.presence.is_empty()
            && self.rooms.is_empty()
            && self.users.is_empty()
            && self.unstable_users.is_empty()
            && self.to_device.is_empty()
            && self.device_lists.is_empty()
    }
}
