//! Creating a room ([spec]): every event of it in one write, or none.
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#creation
use std::{
    collections::BTreeSet,
    sync::{Arc, atomic::Ordering},
};

use protocol::{
    RoomVersion,
    canonical::{Object, Value, string},
    ids::{self, OwnedRoomAliasId, OwnedRoomId, OwnedUserId, UserId},
};
use store::memberships::Membership;

use crate::{
    aliases::named_aliases,
    draft::{Draft, Extra, Submission},
    error::{Error, Result},
    facts::Facts,
    membership::VOUCHER,
    retention,
    room::Room,
    service::Rooms,
    shadow_bans::without_others,
    writer,
};

pub(crate) mod power_levels;

/// A named set of rules for a new room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// Joined by invite; members see the history from their invite or before.
    PrivateChat,
    /// As private, and everybody invited has the creator's power.
    TrustedPrivateChat,
    /// Joined by anybody.
    PublicChat,
}

impl Preset {
    fn join_rule(self) -> &'static str {
        match self {
            Self::PublicChat => "public",
            Self::PrivateChat | Self::TrustedPrivateChat => "invite",
        }
    }

    fn guest_access(self) -> &'static str {
        match self {
            Self::PublicChat => "forbidden",
            Self::PrivateChat | Self::TrustedPrivateChat => "can_join",
        }
    }
}

/// What a new room is to be.
#[derive(Clone, Debug)]
pub struct CreateRoom {
    /// Its version, or this server's default.
    pub room_version: Option<String>,
    /// Which rules it starts with.
    pub preset: Preset,
    /// Whether the public room list shows it.
    pub published: bool,
    /// An alias of this server that leads to it.
    pub alias: Option<OwnedRoomAliasId>,
    /// Its name.
    pub name: Option<String>,
    /// Its topic.
    pub topic: Option<String>,
    /// Who is asked in.
    pub invite: Vec<OwnedUserId>,
    /// Whether those asked in are told that it is a direct chat.
    pub is_direct: bool,
    /// More of `m.room.create`.
    pub creation_content: Object,
    /// State set after the preset's: (type, state key, content).
    pub initial_state: Vec<(String, String, Object)>,
    /// Replaces keys of the power levels.
    pub power_level_content_override: Object,
}

impl CreateRoom {
    /// A room of this preset with nothing else of its own.
    #[must_use]
    pub fn of(preset: Preset) -> Self {
        Self {
            room_version: None,
            preset,
            published: false,
            alias: None,
            name: None,
            topic: None,
            invite: Vec::new(),
            is_direct: false,
            creation_content: Object::new(),
            initial_state: Vec::new(),
            power_level_content_override: Object::new(),
        }
    }
}

/// Whom a request asks in, in its list or by its state.
fn invited(request: &CreateRoom) -> Vec<OwnedUserId> {
    let by_state = request.initial_state.iter().filter_map(|(kind, state_key, content)| {
        let invites = kind == "m.room.member" && string(content, "membership") == Some("invite");
        UserId::parse(state_key).ok().filter(|_| invites)
    });
    request.invite.iter().cloned().chain(by_state).collect()
}

impl Rooms {
    /// Creates a room.
    ///
    /// # Errors
    /// See [`Error`]; nothing is stored then.
    pub async fn create_room(
        self: &Arc<Self>,
        creator: &UserId,
        request: CreateRoom,
    ) -> Result<OwnedRoomId> {
        let version = self.version_for(request.room_version.as_deref())?;
        self.check_request(&request).await?;
        let request =
            if self.is_shadow_banned(creator) { without_others(request) } else { request };
        for user in invited(&request) {
            self.check_invite(creator, &user).await?;
        }
        let drafts = self.drafts(creator, version, &request).await?;
        let mut extras = Vec::new();
        extras.extend(request.alias.clone().map(Extra::Alias));
        extras.extend(request.published.then_some(Extra::Published(true)));
        let room = self.new_room(creator, version, &drafts).await?;
        let submission =
            Submission { sender: creator.to_owned(), drafts, transaction_key: None, extras };
        let submitted = self.submit(&room, submission).await;
        if submitted.is_err() {
            self.deactivate(&room);
        }
        submitted?;
        Ok(room.id.clone())
    }

    pub(crate) fn version_for(&self, name: Option<&str>) -> Result<RoomVersion> {
        let Some(name) = name else { return Ok(self.settings.default_version) };
        RoomVersion::parse(name)
            .filter(|version| version.can_create())
            .ok_or_else(|| Error::UnsupportedRoomVersion(name.to_owned()))
    }

    async fn check_request(&self, request: &CreateRoom) -> Result<()> {
        if let Some(alias) = &request.alias {
            if alias.server_name() != self.server_name() {
                return Err(Error::NotLocal(alias.to_string()));
            }
            if store::aliases::find(&self.store.db, alias).await?.is_some() {
                return Err(Error::AliasTaken);
            }
        }
        for user in &request.invite {
            if user.server_name() != self.server_name() {
                return Err(Error::NotLocal(user.to_string()));
            }
        }
        for (kind, state_key, content) in &request.initial_state {
            self.check_initial_state(request, kind, state_key, content)?;
        }
        Ok(())
    }

    /// What [`Rooms::set_state`] would refuse is not taken here either.
    fn check_initial_state(
        &self,
        request: &CreateRoom,
        kind: &str,
        state_key: &str,
        content: &Object,
    ) -> Result<()> {
        let refused = |why: &str| Err(Error::InvalidRoomState(format!("initial_state: {why}")));
        match (kind, state_key) {
            ("m.room.canonical_alias", "") => {
                let names = named_aliases(content)?;
                if names.iter().any(|alias| Some(alias) != request.alias.as_ref()) {
                    return refused("the canonical alias does not lead to this room");
                }
            }
            ("m.room.member", user) => {
                let is_local =
                    UserId::parse(user).is_ok_and(|user| user.server_name() == self.server_name());
                if !is_local {
                    return refused("a member belongs to another server");
                }
                if content.contains_key(VOUCHER) {
                    return refused("nobody vouches for a member");
                }
            }
            _ => retention::check_content(kind, state_key, content)?,
        }
        Ok(())
    }

    /// Every event of the new room, in the order that the specification gives.
    async fn drafts(
        &self,
        creator: &UserId,
        version: RoomVersion,
        request: &CreateRoom,
    ) -> Result<Vec<Draft>> {
        let mut drafts = vec![create_draft(creator, version, request)];
        let join = self.member_content(creator, Membership::Join, None).await?;
        drafts.push(Draft::state("m.room.member", creator.as_str(), join));
        drafts.push(power_levels::draft(creator, version, request)?);
        if let Some(alias) = &request.alias {
            drafts.push(text_state("m.room.canonical_alias", "alias", alias.as_str()));
        }
        let preset = request.preset;
        drafts.push(text_state("m.room.join_rules", "join_rule", preset.join_rule()));
        drafts.push(text_state("m.room.history_visibility", "history_visibility", "shared"));
        drafts.push(text_state("m.room.guest_access", "guest_access", preset.guest_access()));
        for (kind, state_key, content) in &request.initial_state {
            replace_or_push(&mut drafts, Draft::state(kind, state_key, content.clone()));
        }
        if let Some(name) = &request.name {
            replace_or_push(&mut drafts, text_state("m.room.name", "name", name));
        }
        if let Some(topic) = &request.topic {
            replace_or_push(&mut drafts, topic_draft(topic));
        }
        let invited: BTreeSet<&OwnedUserId> =
            request.invite.iter().filter(|user| *user != creator).collect();
        for user in invited {
            let is_direct = request.is_direct.then_some(true);
            drafts.push(self.invite_draft(user, None, is_direct).await?);
        }
        Ok(drafts)
    }

    /// A room in memory that has no event yet. Its numbers' rows are written with its first event.
    pub(crate) async fn new_room(
        self: &Arc<Self>,
        creator: &UserId,
        version: RoomVersion,
        drafts: &[Draft],
    ) -> Result<Arc<Room>> {
        let mut facts = self.empty_facts(version)?;
        loop {
            facts.created_ts = self.creation_ts();
            if let Some(create) = drafts.first().filter(|_| version.create_event_is_room_id()) {
                facts.room_id = writer::room_id(self, &facts, creator, create)?;
            }
            if self.store.interner.find_room(&facts.room_id).await?.is_none() {
                break;
            }
        }
        facts.room_num = self.store.interner.next_room().await?;
        let room = self.activate(Room::new(facts.room_id.clone(), facts.room_num, version));
        room.set(Arc::new(facts));
        Ok(room)
    }

    fn empty_facts(&self, version: RoomVersion) -> Result<Facts> {
        let mut random = [0; 18];
        self.store.entropy.fill(&mut random);
        let room_id = ids::room_id(self.server_name(), &random)
            .ok_or_else(|| Error::Build("the server's name is too long".into()))?;
        Ok(Facts::empty(room_id, version, 0))
    }

    /// Now, but never the same twice: the id of a room of version 12 is the hash of an event in which nothing else
    /// tells two rooms apart that one user creates in one millisecond.
    fn creation_ts(&self) -> i64 {
        let now = self.now_ms();
        let next = |last: i64| Some(now.max(last.saturating_add(1)));
        let last = self.last_created.fetch_update(Ordering::SeqCst, Ordering::SeqCst, next);
        last.map_or(now, |last| now.max(last.saturating_add(1)))
    }
}

pub(crate) fn create_draft(creator: &UserId, version: RoomVersion, request: &CreateRoom) -> Draft {
    let mut content = request.creation_content.clone();
    content.insert("room_version".into(), Value::String(version.as_str().to_owned()));
    if version.creator_is_sender() {
        content.remove("creator");
    } else {
        content.insert("creator".into(), Value::String(creator.as_str().to_owned()));
    }
    if version.additional_creators() && request.preset == Preset::TrustedPrivateChat {
        power_levels::add_creators(&mut content, &request.invite);
    }
    Draft::state("m.room.create", "", content)
}

fn text_state(kind: &str, field: &str, text: &str) -> Draft {
    let mut content = Object::new();
    content.insert(field.into(), Value::String(text.to_owned()));
    Draft::state(kind, "", content)
}

/// The topic, also in its rich form ([spec](https://spec.matrix.org/v1.16/client-server-api/#mroomtopic)).
fn topic_draft(topic: &str) -> Draft {
    let mut draft = text_state("m.room.topic", "topic", topic);
    let mut plain = Object::new();
    plain.insert("body".into(), Value::String(topic.to_owned()));
    let mut rich = Object::new();
    rich.insert("m.text".into(), Value::Array(vec![Value::Object(plain)]));
    draft.content.insert("m.topic".into(), Value::Object(rich));
    draft
}

/// A key that is given twice has the later content, at the place of the earlier.
fn replace_or_push(drafts: &mut Vec<Draft>, draft: Draft) {
    let same = |old: &&mut Draft| old.kind == draft.kind && old.state_key == draft.state_key;
    match drafts.iter_mut().find(same) {
        Some(old) if old.kind != "m.room.create" && old.kind != "m.room.member" => *old = draft,
        Some(_) => {}
        None => drafts.push(draft),
    }
}
