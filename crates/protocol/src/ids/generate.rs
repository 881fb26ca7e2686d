//! New identifiers from bytes of entropy. The same bytes give the same identifier, so a seed replays a whole run.
use ruma::{DeviceId, OwnedDeviceId, OwnedRoomId, ServerName};

/// `!` + 18 letters + `:server`, the form of room versions before 12 (about 102 bits).
///
/// `None` if `server` is so long that the id would pass 255 bytes.
#[must_use]
pub fn room_id(server: &ServerName, entropy: &[u8; 18]) -> Option<OwnedRoomId> {
    OwnedRoomId::try_from(format!("!{}:{server}", letters(entropy))).ok()
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
