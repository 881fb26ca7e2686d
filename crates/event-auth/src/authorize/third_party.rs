//! Invitations that an identity server has passed on (rule 5.4.1).
use std::collections::BTreeMap;

use protocol::{
    Pdu,
    canonical::{self, Object, Value},
    ids::UserId,
    signing::{PublicKey, verify_signed_object},
};
use serde::Deserialize;

use super::{Room, allowed_if};
use crate::{Denied, Malformed, Membership, State, content::Signed};

#[derive(Deserialize)]
struct InviteContent {
    #[serde(default)]
    public_key: Option<String>,
    /// Objects with a `public_key`.
    #[serde(default)]
    public_keys: Vec<BTreeMap<String, serde_json::Value>>,
}

pub(super) fn check<S: State>(
    event: &Pdu,
    target: &UserId,
    signed: Signed,
    room: &Room<'_, S>,
) -> Result<(), Denied> {
    if room.membership(target) == Some(Membership::Ban) {
        return Err(Denied::InviteBanned);
    }
    if signed.mxid != *target.as_str() {
        return Err(Denied::ThirdPartyInvite);
    }
    let invite = room.state.get("m.room.third_party_invite", &signed.token);
    let invite = invite.ok_or(Denied::ThirdPartyInvite)?;
    if invite.sender() != event.sender() {
        return Err(Denied::ThirdPartyInvite);
    }
    let malformed = Malformed { kind: "m.room.third_party_invite", field: "public_keys" };
    let invite: InviteContent = invite.content_as().map_err(|_| malformed)?;
    let listed = invite.public_keys.iter().filter_map(|listed| listed.get("public_key")?.as_str());
    let keys = invite.public_key.as_deref().into_iter().chain(listed);
    let keys: Vec<PublicKey> = keys.filter_map(PublicKey::from_base64).collect();
    let object = object_of(signed)?;
    allowed_if(is_signed_by_one(&object, &keys), Denied::ThirdPartyInviteSignature)
}

fn object_of(signed: Signed) -> Result<Object, Denied> {
    let mut object = signed.rest;
    object.insert("mxid".to_owned(), signed.mxid.into());
    object.insert("token".to_owned(), signed.token.into());
    let malformed = Malformed { kind: "m.room.member", field: "third_party_invite" };
    canonical::object_from(&object).map_err(|_| malformed.into())
}

/// The keys are few and the signatures are bounded by the size of the event; ed25519 checks are cheap enough for both.
fn is_signed_by_one(object: &Object, keys: &[PublicKey]) -> bool {
    let Some(Value::Object(signatures)) = object.get("signatures") else { return false };
    signatures.iter().any(|(entity, by_key)| {
        let Value::Object(by_key) = by_key else { return false };
        by_key.keys().filter(|key_id| key_id.starts_with("ed25519:")).take(KEYS_TRIED_MAX).any(
            |key_id| {
                keys.iter()
                    .take(KEYS_TRIED_MAX)
                    .any(|key| verify_signed_object(object, entity, key_id, *key).is_ok())
            },
        )
    })
}

/// How many signatures of an entity, and how many keys of the room, are tried.
const KEYS_TRIED_MAX: usize = 16;
