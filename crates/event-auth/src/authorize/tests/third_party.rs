//! Invitations by e-mail address: signed by an identity server that the room knows.
use protocol::{
    canonical,
    signing::{ServerKey, Signer},
};

use super::*;
use crate::testing::theirs;

fn identity_server() -> Signer {
    Signer::new("is.org".try_into().unwrap(), ServerKey::from_seed("0", [5; 32]).unwrap())
}

fn signed(mxid: &str, token: &str) -> Value {
    let object = json!({"mxid": mxid, "token": token, "sender": "@b:s1"});
    let mut object = canonical::parse_object(object.to_string().as_bytes()).unwrap();
    identity_server().sign_object(&mut object).unwrap();
    serde_json::from_str(&canonical::to_string(&object)).unwrap()
}

fn invite(signed: &Value) -> Draft {
    let mut draft = member("@b:s1", "@c:s2", "invite");
    draft.content["third_party_invite"] = json!({"display_name": "c", "signed": signed});
    draft
}

fn state_with(key: Value) -> TestState {
    let mut state = room(NEW);
    state.set(Draft::new("tp", "@b:s1", "m.room.third_party_invite", key).state("tok").make(NEW));
    state
}

fn both(draft: &Draft, state: &TestState) -> Result<(), Denied> {
    let ours = check(NEW, draft, state);
    assert_eq!(ours.is_ok(), theirs::authorize(NEW, &draft.make(NEW), state).is_ok(), "{ours:?}");
    ours
}

#[test]
fn a_signed_invitation_is_accepted_by_any_of_the_rooms_keys() {
    let key = identity_server().key().public_key_base64();
    let good = invite(&signed("@c:s2", "tok"));
    assert_eq!(both(&good, &state_with(json!({"public_key": key}))), Ok(()));
    let other = ServerKey::from_seed("0", [6; 32]).unwrap().public_key_base64();
    let listed =
        json!({"public_key": other, "public_keys": [{"public_key": other}, {"public_key": key}]});
    assert_eq!(both(&good, &state_with(listed)), Ok(()));
    let unknown = state_with(json!({"public_key": other}));
    assert_eq!(both(&good, &unknown), Err(Denied::ThirdPartyInviteSignature));
}

#[test]
fn it_belongs_to_one_user_sender_and_token() {
    let state = state_with(json!({"public_key": identity_server().key().public_key_base64()}));
    assert_eq!(both(&invite(&signed("@d:s2", "tok")), &state), Err(Denied::ThirdPartyInvite));
    assert_eq!(both(&invite(&signed("@c:s2", "other")), &state), Err(Denied::ThirdPartyInvite));
    let mut stolen = invite(&signed("@c:s2", "tok"));
    stolen.sender = "@a:s1";
    assert_eq!(both(&stolen, &state), Err(Denied::ThirdPartyInvite));
    let mut changed = signed("@c:s2", "tok");
    changed["sender"] = "@x:s1".into();
    assert_eq!(both(&invite(&changed), &state), Err(Denied::ThirdPartyInviteSignature));
    let mut banned = state.clone();
    banned.set(member("@a:s1", "@c:s2", "ban").make(NEW));
    assert_eq!(both(&invite(&signed("@c:s2", "tok")), &banned), Err(Denied::InviteBanned));
}

#[test]
fn malformed_invitations() {
    let state = state_with(json!({"public_key": identity_server().key().public_key_base64()}));
    for bad in [
        json!({}),
        json!({"mxid": "@c:s2"}),
        json!({"mxid": 1, "token": "tok"}),
        json!([]),
        json!(null),
    ] {
        assert!(matches!(both(&invite(&bad), &state), Err(Denied::Malformed(_))), "{bad}");
    }
    let mut unsigned = signed("@c:s2", "tok");
    unsigned["signatures"] = json!({"is.org": {"ed25519:0": "AAAA"}});
    assert_eq!(both(&invite(&unsigned), &state), Err(Denied::ThirdPartyInviteSignature));
}
