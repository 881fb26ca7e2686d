//! New identifiers from bytes of entropy. The same bytes give the same identifier, so a seed replays a whole run.
use ruma::{
    DeviceId, EventId, OwnedDeviceId, OwnedEventId, OwnedRoomId, ServerName,
    serde::{Base64, base64::UrlSafe},
};
use sha2::{Digest as _, Sha256};

/// `!` + 18 letters + `:server`, the form of room versions before 12 (about 102 bits).
///
/// `None` if `server` is so long that the id would pass 255 bytes.
#[must_use]
pub fn room_id(server: &ServerName, entropy: &[u8; 18]) -> Option<OwnedRoomId> {
    OwnedRoomId::try_from(format!("!{}:{server}", letters(entropy))).ok()
}

/// `$` + 43 letters and digits, the form of room versions from 4 on, of no event that there is: the same texts make the
/// same id.
///
/// `None` never happens: the form is always an id's.
#[must_use]
pub fn made_up_event_id(texts: &[&str]) -> Option<OwnedEventId> {
    let mut hash = Sha256::new();
    for text in texts {
        hash.update(text.len().to_be_bytes());
        hash.update(text.as_bytes());
    }
    let hash = Base64::<UrlSafe, _>::new(hash.finalize().to_vec());
    EventId::parse(format!("${hash}")).ok()
}

/// Ten capital letters, as clients show them to people.
#[must_use]
pub fn device_id(entropy: &[u8; 10]) -> OwnedDeviceId {
    let text: String = entropy.iter().map(|byte| char::from(b'A' + byte % 26)).collect();
    <&DeviceId>::from(text.as_str()).to_owned()
}

/// The media part of an `mxc://server/media` URI: 24 letters (about 136 bits).
#[must_use]
pub fn media_id(entropy: &[u8; 24]) -> String {
    letters(entropy)
}

/// A letter for each byte: for names that need to be unguessable in proportion to the bytes given (5.7 bits each).
#[must_use]
pub fn token(entropy: &[u8]) -> String {
    letters(entropy)
}

/// The 8-bit values are folded on 52 letters; the uneven rest costs less than 0.05 bits a letter.
fn letters(entropy: &[u8]) -> String {
    entropy
        .iter()
        .map(|byte| match byte % 52 {
            small @ 0..=25 => char::from(b'a' + small),
            capital => char::from(b'A' + (capital - 26)),
        })
        .collect()
}
