//! Redaction ([spec]): what is left of an event when somebody takes it back, for each room version.
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#redactions
use crate::{
    Pdu, RoomVersion,
    canonical::{self, JsonError, Object},
    pdu::PduError,
};

mod keep;

pub(crate) use keep::{keeps_all_content, keeps_no_content};

/// Why an event cannot be redacted: its stored JSON is damaged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RedactError {
    /// It is not canonical JSON.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// It is not an event.
    #[error(transparent)]
    Pdu(#[from] PduError),
}

/// The event as it is after redaction. Its id, hashes and signatures stay.
///
/// # Errors
/// Fails only if the stored event is damaged.
pub fn redact(pdu: &Pdu) -> Result<Pdu, RedactError> {
    let mut event = canonical::parse_object(pdu.json().as_bytes())?;
    redact_event(&mut event, pdu.room_version());
    let json = canonical::to_string(&event);
    Ok(Pdu::from_stored(pdu.event_id().to_owned(), pdu.room_version(), json)?)
}

/// Removes from a whole event what its room version does not keep.
pub fn redact_event(event: &mut Object, version: RoomVersion) {
    let kind = canonical::string(event, "type").unwrap_or_default().to_owned();
    event.retain(|key, _| keep::top_level(key, version));
    if let Some(canonical::Value::Object(content)) = event.get_mut("content") {
        redact_content(content, &kind, version);
    }
}

/// Removes from the content of an event of type `kind` what its room version does not keep.
pub fn redact_content(content: &mut Object, kind: &str, version: RoomVersion) {
    match keep::content(kind, version) {
        keep::Content::All => {}
        keep::Content::Keys(keys) => {
            content.retain(|key, _| keys.contains(&key.as_str()));
            keep::prune_third_party_invite(content, kind);
        }
    }
}

#[cfg(test)]
mod tests;
