//! The contents that the rules read, and only what they read of them.
use std::borrow::Cow;

use protocol::{
    Pdu, RoomVersion,
    ids::{OwnedUserId, UserId},
};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::value::RawValue;

use crate::Malformed;

/// A user's relation to a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the specification's names")]
pub enum Membership {
    Join,
    Invite,
    Leave,
    Ban,
    Knock,
}

impl Membership {
    /// The membership of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Join, Self::Invite, Self::Leave, Self::Ban, Self::Knock]
            .into_iter()
            .find(|membership| membership.as_str() == name)
    }

    /// The name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Join => "join",
            Self::Invite => "invite",
            Self::Leave => "leave",
            Self::Ban => "ban",
            Self::Knock => "knock",
        }
    }
}

/// Who may join a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the specification's names")]
pub enum JoinRule {
    Public,
    Invite,
    Knock,
    Restricted,
    KnockRestricted,
    /// Any other, also `private`: nobody may join by it.
    Other,
}

impl JoinRule {
    /// The join rule of that name.
    #[must_use]
    pub fn parse(name: &str) -> Self {
        match name {
            "public" => Self::Public,
            "invite" => Self::Invite,
            "knock" => Self::Knock,
            "restricted" => Self::Restricted,
            "knock_restricted" => Self::KnockRestricted,
            _ => Self::Other,
        }
    }
}

#[derive(Deserialize)]
struct MembershipContent<'a> {
    #[serde(borrow)]
    membership: Cow<'a, str>,
}

/// The membership that a stored `m.room.member` gives; leave if there is none. `None` for one that does not exist.
#[must_use]
pub fn membership_of(event: Option<&Pdu>) -> Option<Membership> {
    let Some(event) = event else { return Some(Membership::Leave) };
    let content = event.borrow_content::<MembershipContent<'_>>().ok()?;
    Membership::parse(&content.membership)
}

#[derive(Deserialize)]
struct JoinRulesContent<'a> {
    #[serde(borrow, default)]
    join_rule: Option<&'a RawValue>,
}

/// The join rule that an `m.room.join_rules` gives; invite if there is no such event or it names none, as every server
/// has it although the specification does not say so.
#[must_use]
pub fn join_rule_of(event: Option<&Pdu>) -> JoinRule {
    let Some(event) = event else { return JoinRule::Invite };
    let Ok(content) = event.borrow_content::<JoinRulesContent<'_>>() else {
        return JoinRule::Other;
    };
    let Some(rule) = content.join_rule else { return JoinRule::Invite };
    let rule = serde_json::from_str::<String>(rule.get());
    rule.map_or(JoinRule::Other, |rule| JoinRule::parse(&rule))
}

/// What the rules read of an `m.room.member` that is judged.
#[derive(Deserialize)]
pub(crate) struct MemberContent<'a> {
    #[serde(borrow)]
    membership: Cow<'a, str>,
    #[serde(borrow, default)]
    join_authorised_via_users_server: Option<&'a RawValue>,
    #[serde(borrow, default)]
    third_party_invite: Option<&'a RawValue>,
}

impl<'a> MemberContent<'a> {
    pub(crate) fn parse(content: &'a str) -> Result<Self, Malformed> {
        serde_json::from_str(content).map_err(|_| malformed_member("membership"))
    }

    pub(crate) fn membership(&self) -> Option<Membership> {
        Membership::parse(&self.membership)
    }

    /// Who vouches for a join. Only joins into restricted rooms ask, so only there it must be a user id.
    pub(crate) fn voucher(&self) -> Result<Option<OwnedUserId>, Malformed> {
        let Some(voucher) = self.join_authorised_via_users_server else { return Ok(None) };
        let voucher = serde_json::from_str(voucher.get());
        voucher.map(Some).map_err(|_| malformed_member("join_authorised_via_users_server"))
    }

    /// The signed part of a third-party invitation.
    pub(crate) fn third_party_signed(&self) -> Result<Option<Signed>, Malformed> {
        let Some(invite) = self.third_party_invite else { return Ok(None) };
        // serde would also read the fields from an array.
        if !invite.get().starts_with('{') {
            return Err(malformed_member("third_party_invite"));
        }
        let invite: ThirdPartyInvite = serde_json::from_str(invite.get())
            .map_err(|_| malformed_member("third_party_invite"))?;
        Ok(Some(invite.signed))
    }
}

fn malformed_member(field: &'static str) -> Malformed {
    Malformed { kind: "m.room.member", field }
}

#[derive(Deserialize)]
struct ThirdPartyInvite {
    signed: Signed,
}

#[derive(Deserialize)]
pub(crate) struct Signed {
    pub(crate) mxid: String,
    pub(crate) token: String,
    #[serde(flatten)]
    pub(crate) rest: serde_json::Map<String, serde_json::Value>,
}

/// What the rules read of `m.room.create`.
#[derive(Clone, Debug)]
pub struct CreateContent {
    /// Whether users of other servers may take part.
    pub federates: bool,
    /// The creator: the sender, or before room version 11 whom the content names. `None` there if it names nobody.
    pub creator: Option<OwnedUserId>,
    /// The other creators (room version 12 and later).
    pub additional_creators: Vec<OwnedUserId>,
    /// The room version that it names.
    pub(crate) room_version: Option<String>,
    /// Whether there is any `creator` field.
    pub(crate) has_creator: bool,
}

#[derive(Deserialize)]
struct CreateFields {
    #[serde(default, rename = "m.federate")]
    federate: Option<bool>,
    #[serde(default)]
    room_version: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Creator {
    creator: OwnedUserId,
}

#[derive(Deserialize)]
struct AnyCreator {
    #[serde(default)]
    creator: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct AdditionalCreators {
    #[serde(default)]
    additional_creators: Vec<OwnedUserId>,
}

impl CreateContent {
    /// Reads the create event `event`.
    ///
    /// # Errors
    /// Fails on fields of the wrong type.
    pub fn parse(event: &Pdu) -> Result<Self, Malformed> {
        let version = event.room_version();
        let malformed = |field| Malformed { kind: "m.room.create", field };
        let fields: CreateFields = event.content_as().map_err(|_| malformed("m.federate"))?;
        let additional_creators = if version.additional_creators() {
            let content: AdditionalCreators =
                event.content_as().map_err(|_| malformed("additional_creators"))?;
            content.additional_creators
        } else {
            Vec::new()
        };
        let (creator, has_creator) = if version.creator_is_sender() {
            (Some(event.sender().to_owned()), true)
        } else {
            let any: AnyCreator = event.content_as().map_err(|_| malformed("creator"))?;
            let creator = event.content_as::<Creator>().ok().map(|content| content.creator);
            (creator, any.creator.is_some())
        };
        let room_version = match fields.room_version {
            None => None,
            Some(serde_json::Value::String(name)) => Some(name),
            Some(_) => return Err(malformed("room_version")),
        };
        let federates = fields.federate.unwrap_or(true);
        Ok(Self { federates, creator, additional_creators, room_version, has_creator })
    }

    /// Whether `user` is the creator or one of the additional creators.
    #[must_use]
    pub fn is_creator(&self, user: &UserId) -> bool {
        self.creator.as_deref() == Some(user)
            || self.additional_creators.iter().any(|creator| creator == user)
    }

    /// Whether the content names `version` as that of the room. A create event that names none is of version 1.
    pub(crate) fn is_of_version(&self, version: RoomVersion) -> bool {
        match &self.room_version {
            Some(name) => name == version.as_str(),
            None => version == RoomVersion::V1,
        }
    }
}
