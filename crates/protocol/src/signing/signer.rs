//! Intents to signed events. The JSON is written once, part by part in the order of the keys.
use super::{
    EventIntent, Placement, ServerKey, Verified,
    reference_hash::{event_id_of_hash, sha256},
    server_key::BASE64,
};
use crate::{
    Pdu,
    canonical::{self, INTEGER_MAX, write_string},
    ids::{OwnedServerName, ServerName},
    limits::{self, LimitError},
    pdu::PduError,
    redaction,
};
use base64::Engine as _;

/// This server's name and key: the identity that it signs with.
#[derive(Debug)]
pub struct Signer {
    server_name: OwnedServerName,
    key: ServerKey,
}

/// Why an intent cannot become an event.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The event passes a limit (`M_TOO_LARGE`).
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// The intent was made for another server than this signer's.
    #[error("the sender is not a user of this server")]
    ForeignSender,
    /// Events of room versions 1 and 2 need the hashes of the events they refer to; this server does not write such.
    #[error("this server does not write events of room versions 1 and 2")]
    RoomVersion,
    /// A time or depth that JSON cannot express.
    #[error("{0} is out of range")]
    Range(&'static str),
    /// The event cannot be read back: a fault of this module.
    #[error(transparent)]
    Form(#[from] PduError),
}

impl Signer {
    /// The identity of `server_name` with `key`.
    #[must_use]
    pub fn new(server_name: OwnedServerName, key: ServerKey) -> Self {
        Self { server_name, key }
    }

    /// The server that this identity stands for.
    #[must_use]
    pub fn server_name(&self) -> &ServerName {
        &self.server_name
    }

    /// The key, for its id and public half.
    #[must_use]
    pub fn key(&self) -> &ServerKey {
        &self.key
    }

    /// Gives `intent` its place, hashes and signs it ([spec]).
    ///
    /// # Errors
    /// See [`BuildError`]: in practice that the event is too large.
    ///
    /// [spec]: https://spec.matrix.org/v1.16/server-server-api/#signing-events
    pub fn build(
        &self,
        intent: &EventIntent,
        placement: &Placement,
    ) -> Result<Verified<Pdu>, BuildError> {
        if intent.sender.server_name() != self.server_name {
            return Err(BuildError::ForeignSender);
        }
        if !intent.version.references_are_ids() {
            return Err(BuildError::RoomVersion);
        }
        limits::check_references(placement.prev_events.len(), placement.auth_events.len())?;
        for (name, value) in
            [("depth", placement.depth), ("origin_server_ts", placement.origin_server_ts)]
        {
            if !(0..=INTEGER_MAX).contains(&value) {
                return Err(BuildError::Range(name));
            }
        }
        let content = canonical::to_string(&intent.content);
        limits::check_event_bytes(content.len())?;
        let parts = Parts::new(intent, placement);
        // The content hash covers the whole event without hashes and signatures.
        let hash = BASE64.encode(sha256(parts.write(&content, true, None, None).as_bytes()));
        // The signature and the event id cover the redacted event.
        let redacted = redacted(intent, &content);
        let signed = parts.write(&redacted, false, Some(&hash), None);
        let event_id = event_id_of_hash(&sha256(signed.as_bytes()), intent.version);
        let signature = self.key.sign(signed.as_bytes());
        let signatures =
            format!(r#"{{"{}":{{"{}":"{signature}"}}}}"#, self.server_name, self.key.key_id());
        let json = parts.write(&content, true, Some(&hash), Some(&signatures));
        limits::check_event_bytes(json.len())?;
        Ok(Verified::new(Pdu::from_stored(event_id, intent.version, json)?))
    }
}

/// The content that is left of the event when it is redacted.
fn redacted(intent: &EventIntent, content: &str) -> String {
    if redaction::keeps_no_content(&intent.kind, intent.version) {
        return "{}".to_owned();
    }
    if redaction::keeps_all_content(&intent.kind, intent.version) {
        return content.to_owned();
    }
    let mut kept = intent.content.clone();
    redaction::redact_content(&mut kept, &intent.kind, intent.version);
    canonical::to_string(&kept)
}

/// The parts of an event that stay the same in its three spellings.
struct Parts {
    auth_events: String,
    /// What makes it sticky (MSC4354); redaction removes it.
    sticky: String,
    /// From `origin_server_ts` to `prev_events`.
    middle: String,
    /// Before room version 11 a redaction's target stands here; redaction removes it.
    redacts: String,
    /// `room_id` and `sender`.
    sender: String,
    /// `state_key` and `type`.
    kind: String,
    depth: i64,
}

impl Parts {
    fn new(intent: &EventIntent, placement: &Placement) -> Self {
        let mut middle =
            format!(r#","origin_server_ts":{},"prev_events":"#, placement.origin_server_ts);
        write_ids(&mut middle, &placement.prev_events);
        let mut auth_events = String::new();
        write_ids(&mut auth_events, &placement.auth_events);
        let mut redacts = String::new();
        if let (Some(target), false) = (&intent.redacts, intent.version.redacts_in_content()) {
            redacts.push_str(r#","redacts":"#);
            write_string(&mut redacts, target.as_str());
        }
        let mut sender = String::new();
        if let Some(room_id) = &intent.room_id {
            sender.push_str(r#","room_id":"#);
            write_string(&mut sender, room_id.as_str());
        }
        sender.push_str(r#","sender":"#);
        write_string(&mut sender, intent.sender.as_str());
        let mut kind = String::new();
        if let Some(state_key) = &intent.state_key {
            kind.push_str(r#","state_key":"#);
            write_string(&mut kind, state_key);
        }
        kind.push_str(r#","type":"#);
        write_string(&mut kind, &intent.kind);
        let sticky = intent.sticky_ms.map_or_else(String::new, |duration_ms| {
            format!(r#","msc4354_sticky":{{"duration_ms":{duration_ms}}}"#)
        });
        Self { auth_events, sticky, middle, redacts, sender, kind, depth: placement.depth }
    }

    /// The event's canonical JSON with these parts. `is_whole` is whether it has what redaction removes: what a redaction
    /// redacts, and what makes an event sticky.
    fn write(
        &self,
        content: &str,
        is_whole: bool,
        hash: Option<&str>,
        signatures: Option<&str>,
    ) -> String {
        let mut out =
            String::with_capacity(content.len() + self.auth_events.len() + self.middle.len() + 768);
        out.push_str(r#"{"auth_events":"#);
        out.push_str(&self.auth_events);
        out.push_str(r#","content":"#);
        out.push_str(content);
        out.push_str(r#","depth":"#);
        out.push_str(&self.depth.to_string());
        if let Some(hash) = hash {
            out.push_str(r#","hashes":{"sha256":""#);
            out.push_str(hash);
            out.push_str(r#""}"#);
        }
        if is_whole {
            out.push_str(&self.sticky);
        }
        out.push_str(&self.middle);
        if is_whole {
            out.push_str(&self.redacts);
        }
        out.push_str(&self.sender);
        if let Some(signatures) = signatures {
            out.push_str(r#","signatures":"#);
            out.push_str(signatures);
        }
        out.push_str(&self.kind);
        out.push('}');
        out
    }
}

fn write_ids(out: &mut String, ids: &[crate::ids::OwnedEventId]) {
    out.push('[');
    for (index, id) in ids.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write_string(out, id.as_str());
    }
    out.push(']');
}
