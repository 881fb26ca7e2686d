//! Replacing a room by one of another version ([spec]).
//!
//! The new room is made first, whole, and then the old one is closed: the other way round, a failure between the two would
//! leave a closed room that leads nowhere. The tombstone, the aliases and the place in the room list move in one write.
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#room-upgrades
use std::sync::{Arc, atomic::Ordering};

use protocol::{
    RoomVersion,
    canonical::{self, Object, Value},
    ids::{OwnedRoomId, OwnedUserId, RoomId, UserId},
};
use store::memberships::Membership;

use crate::{
    create_room::{CreateRoom, Preset, create_draft},
    draft::{Draft, Extra, Submission},
    error::{Error, Result},
    event::Event,
    facts::{Facts, JoinRule},
    room::Room,
    service::Rooms,
};

mod levels;

use self::levels::Levels;

/// The state that goes over, besides the power levels.
const COPIED: [&str; 9] = [
    "m.room.canonical_alias",
    "m.room.join_rules",
    "m.room.history_visibility",
    "m.room.guest_access",
    "m.room.encryption",
    "m.room.server_acl",
    "m.room.name",
    "m.room.topic",
    "m.room.avatar",
];

/// What a room is to be replaced by.
#[derive(Clone, Debug)]
pub struct UpgradeRoom {
    /// The version of the new room.
    pub new_version: String,
    /// Who stands beside its creator, where the version has such; nobody does who is not named again.
    pub additional_creators: Vec<OwnedUserId>,
}

impl Rooms {
    /// Replaces a room by one of another version, in which `user` is the creator and the only member.
    ///
    /// # Errors
    /// See [`Error`]; the old room stays as it is then.
    pub async fn upgrade_room(
        self: &Arc<Self>,
        user: &UserId,
        room_id: &RoomId,
        request: &UpgradeRoom,
    ) -> Result<OwnedRoomId> {
        let old = self.joined_room(room_id, user).await?;
        let facts = old.facts(self).await?;
        if !facts.powers().can_send_state(user, "m.room.tombstone") {
            return Err(Error::Forbidden("you may not replace this room"));
        }
        let version = self.version_for(Some(&request.new_version))?;
        if self.is_shadow_banned(user) {
            return self.pretended_room();
        }
        let drafts = self.replacement(user, &facts, version, request).await?;
        let new = self.new_room(user, version, &drafts).await?;
        let submission = Submission {
            sender: user.to_owned(),
            drafts,
            transaction_key: None,
            extras: Vec::new(),
        };
        if let Err(error) = self.submit(&new, submission).await {
            self.deactivate(&new);
            return Err(error);
        }
        if let Err(error) = self.close(user, &old, &new).await {
            // Somebody has changed the old room meanwhile. Nobody else knows of the new one.
            self.leave(user, &new.id, None).await?;
            return Err(error);
        }
        Ok(new.id.clone())
    }

    /// Every event of the new room.
    async fn replacement(
        self: &Arc<Self>,
        user: &UserId,
        old: &Facts,
        version: RoomVersion,
        request: &UpgradeRoom,
    ) -> Result<Vec<Draft>> {
        let creators: &[OwnedUserId] =
            if version.additional_creators() { &request.additional_creators } else { &[] };
        let request = CreateRoom {
            room_version: Some(version.as_str().to_owned()),
            creation_content: creation_content(old, version, creators),
            ..CreateRoom::of(Preset::PrivateChat)
        };
        let copied = copied_state(old, version);
        let is_creator = |banned: &UserId| {
            banned == user || creators.iter().any(|one| one.as_str() == banned.as_str())
        };
        let banned: Vec<(&UserId, Draft)> =
            bans(old).into_iter().filter(|(banned, _)| !is_creator(banned)).collect();
        let levels = Levels::of(user, creators, old, version, &request)?;
        let kinds = copied.iter().map(|draft| draft.kind.as_str());
        let whom = banned.iter().map(|(user, _)| *user);
        let (first, last) = levels.drafts(user, kinds, whom);
        let join = self.member_content(user, Membership::Join, None).await?;
        let mut drafts = vec![
            create_draft(user, version, &request),
            Draft::state("m.room.member", user.as_str(), join),
            first,
        ];
        drafts.extend(copied);
        drafts.extend(banned.into_iter().map(|(_, draft)| draft));
        drafts.extend(last);
        Ok(drafts)
    }

    /// Says in the old room where the new one is, and takes from it what leads people there, as far as `user` may.
    async fn close(self: &Arc<Self>, user: &UserId, old: &Arc<Room>, new: &Room) -> Result<()> {
        let facts = old.facts(self).await?;
        let mut drafts = vec![tombstone(&new.id)];
        let may = |kind| facts.powers().can_send_state(user, kind);
        let names = facts.state.get("m.room.canonical_alias", "");
        if names.is_some_and(|names| names.pdu.content() != "{}") && may("m.room.canonical_alias") {
            drafts.push(Draft::state("m.room.canonical_alias", "", Object::new()));
        }
        if may("m.room.power_levels") {
            drafts.extend(levels::restricted(&facts, user));
        }
        let row = store::rooms::find(&self.store.db, old.num).await?;
        let published = row.is_some_and(|row| row.published);
        let submission = Submission {
            sender: user.to_owned(),
            drafts,
            transaction_key: None,
            extras: vec![Extra::ReplacedBy { room: new.num, published }],
        };
        self.submit(old, submission).await?;
        self.alias_changes.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    /// The room that this one has replaced, if it is known here.
    ///
    /// # Errors
    /// [`Error::UnknownRoom`] if the server has no such room.
    pub async fn predecessor(&self, room_id: &RoomId) -> Result<Option<Arc<Room>>> {
        let facts = self.room(room_id).await?.facts(self).await?;
        match facts.predecessor() {
            Some(old) => self.find(&old).await,
            None => Ok(None),
        }
    }
}

/// What `m.room.create` says: what kind of room it is, as before, and which one it replaces.
fn creation_content(old: &Facts, version: RoomVersion, creators: &[OwnedUserId]) -> Object {
    let before = old.state.get("m.room.create", "").map(|event| content(event)).unwrap_or_default();
    let mut now = Object::new();
    for field in ["type", "m.federate"] {
        if let Some(value) = before.get(field) {
            now.insert(field.to_owned(), value.clone());
        }
    }
    let mut predecessor = Object::new();
    predecessor.insert("room_id".into(), Value::String(old.room_id.as_str().to_owned()));
    // Where clients find the way by the tombstone, the event is no longer named (MSC4291).
    if let (false, Some((_, last))) = (version.create_event_is_room_id(), old.extremity_ids.last())
    {
        predecessor.insert("event_id".into(), Value::String(last.as_str().to_owned()));
    }
    now.insert("predecessor".into(), Value::Object(predecessor));
    if !creators.is_empty() {
        let ids = creators.iter().map(|user| Value::String(user.as_str().to_owned()));
        now.insert("additional_creators".into(), Value::Array(ids.collect()));
    }
    now
}

fn copied_state(old: &Facts, version: RoomVersion) -> Vec<Draft> {
    let single = COPIED.iter().filter_map(|kind| old.state.get(kind, ""));
    let is_space = old.room_type().as_deref() == Some("m.space");
    let children = old.state.of_type("m.space.child").map(|(_, event)| event);
    let children = children.filter(|event| is_space && event.pdu.content() != "{}");
    let draft = |event: &Arc<Event>| {
        let state_key = event.pdu.state_key().unwrap_or_default();
        let mut draft = Draft::state(event.pdu.kind(), state_key, content(event));
        if event.pdu.kind() == "m.room.join_rules" {
            fit_join_rule(&mut draft.content, old.join_rule(), version);
        }
        draft
    };
    single.chain(children).map(draft).collect()
}

/// A rule that the version does not have becomes one that lets in nobody more.
fn fit_join_rule(content: &mut Object, rule: JoinRule, version: RoomVersion) {
    let fitting = match rule {
        JoinRule::Knock if !version.knock() => "invite",
        JoinRule::Restricted | JoinRule::KnockRestricted if !version.restricted() => "invite",
        JoinRule::KnockRestricted if !version.knock_restricted() => "restricted",
        _ => return,
    };
    content.insert("join_rule".into(), Value::String(fitting.to_owned()));
}

fn bans(old: &Facts) -> Vec<(&UserId, Draft)> {
    let members = old.state.of_type("m.room.member");
    let banned = members.filter(|(_, event)| event.membership() == Some(Membership::Ban));
    let banned = banned.filter_map(|(_, event)| {
        let user = <&UserId>::try_from(event.pdu.state_key()?).ok()?;
        let mut content = content(event);
        content.retain(|field, _| matches!(field.as_str(), "membership" | "reason"));
        Some((user, Draft::state("m.room.member", user.as_str(), content)))
    });
    banned.collect()
}

fn tombstone(new: &RoomId) -> Draft {
    let mut content = Object::new();
    content.insert("body".into(), Value::String("This room has been replaced".to_owned()));
    content.insert("replacement_room".into(), Value::String(new.as_str().to_owned()));
    Draft::state("m.room.tombstone", "", content)
}

fn content(event: &Event) -> Object {
    canonical::parse_object(event.pdu.content().as_bytes()).unwrap_or_default()
}
