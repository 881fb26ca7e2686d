//! Event ids from reference hashes ([spec]).
//!
//! [spec]: https://spec.matrix.org/v1.16/server-server-api/#calculating-the-reference-hash-for-an-event
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};

use super::server_key::BASE64;
use crate::{
    RoomVersion,
    canonical::{self, Object},
    ids::OwnedEventId,
    redaction,
    room_version::EventIdFormat,
};

pub(super) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// The id of `event`: its `event_id` field in room versions 1 and 2, else made from its hash. `None` if the field is not
/// there or not an event id.
#[must_use]
pub fn event_id(event: &Object, version: RoomVersion) -> Option<OwnedEventId> {
    if version.event_id_format() == EventIdFormat::Chosen {
        return OwnedEventId::try_from(canonical::string(event, "event_id")?).ok();
    }
    Some(event_id_of_hash(&sha256(signed_json(event, version).as_bytes()), version))
}

/// What signatures and the reference hash cover: the redacted event without `signatures`.
pub(super) fn signed_json(event: &Object, version: RoomVersion) -> String {
    let mut event = event.clone();
    event.remove("signatures");
    // From version 3 on an `event_id` field means nothing; it survives redaction, and so counts in the hash.
    redaction::redact_event(&mut event, version);
    canonical::to_string(&event)
}

pub(super) fn event_id_of_hash(hash: &[u8; 32], version: RoomVersion) -> OwnedEventId {
    let id = match version.event_id_format() {
        EventIdFormat::UrlSafeHash => format!("${}", URL_SAFE_NO_PAD.encode(hash)),
        EventIdFormat::Hash | EventIdFormat::Chosen => format!("${}", BASE64.encode(hash)),
    };
    // `$` and 43 characters of base64 are always an event id.
    #[expect(clippy::expect_used, reason = "the form is fixed: $ and 43 characters of base64")]
    OwnedEventId::try_from(id).expect("a hash is an event id")
}
