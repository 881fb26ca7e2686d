//! Events of other servers: form → limits → hash → signatures ([spec]).
//!
//! [spec]: https://spec.matrix.org/v1.16/server-server-api/#checks-performed-on-receipt-of-a-pdu
use std::collections::BTreeSet;

use base64::Engine as _;

use super::{
    PublicKey, Verified,
    object::signature,
    reference_hash::{self, sha256, signed_json},
    server_key::BASE64,
};
use crate::{
    Pdu, RoomVersion,
    canonical::{self, JsonError, Object, Value},
    ids::{EventId, OwnedEventId, OwnedServerName, ServerName, UserId},
    limits::{self, LimitError},
    pdu::PduError,
    redaction,
};

/// A server's public key, and until when it may be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerifyKey {
    /// The key.
    pub key: PublicKey,
    /// Unix milliseconds. From room version 5 on, an event with a later `origin_server_ts` is refused.
    pub valid_until_ms: i64,
}

/// Where the public keys of servers are found. Fetching them is somebody else's work, done before.
pub trait KeyRing {
    /// The key `key_id` (`ed25519:…`) of `server`.
    fn verify_key(&self, server: &ServerName, key_id: &str) -> Option<VerifyKey>;
}

/// Why an event of another server is refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// Not canonical JSON.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// It passes a limit.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// Not an event.
    #[error(transparent)]
    Form(#[from] PduError),
    /// No signature of that server by a known key that was valid then.
    #[error("no signature of {0} by a known key")]
    Unsigned(OwnedServerName),
    /// Signatures of that server by known keys, all of them wrong.
    #[error("the signature of {0} does not match")]
    Signature(OwnedServerName),
}

/// An event of another server whose form and limits have been checked, but not yet who made it.
#[derive(Clone, Debug)]
pub struct UnverifiedPdu {
    object: Object,
    version: RoomVersion,
    event_id: OwnedEventId,
    servers: BTreeSet<OwnedServerName>,
}

/// Checks an event of another server whole; see [`UnverifiedPdu`] for the steps.
///
/// # Errors
/// See [`VerifyError`].
pub fn verify(
    bytes: &[u8],
    version: RoomVersion,
    keys: &impl KeyRing,
) -> Result<Verified<Pdu>, VerifyError> {
    UnverifiedPdu::parse(bytes, version)?.verify(keys)
}

impl UnverifiedPdu {
    /// Checks form and limits. `unsigned` is dropped: it is the sending server's opinion.
    ///
    /// # Errors
    /// [`VerifyError::Json`], [`VerifyError::Limit`] or [`VerifyError::Form`].
    pub fn parse(bytes: &[u8], version: RoomVersion) -> Result<Self, VerifyError> {
        Self::from_object(canonical::parse_object(bytes)?, version)
    }

    /// As [`Self::parse`], for an event that is a part of a larger document.
    ///
    /// # Errors
    /// [`VerifyError::Limit`] or [`VerifyError::Form`].
    pub fn from_object(mut object: Object, version: RoomVersion) -> Result<Self, VerifyError> {
        object.remove("unsigned");
        let json = canonical::to_string(&object);
        limits::check_object(&object, json.len(), version)?;
        check_form(&object)?;
        let event_id =
            reference_hash::event_id(&object, version).ok_or(PduError::Field("event_id"))?;
        // The same reader as for stored events: what passes here can always be read back.
        Pdu::from_stored(event_id.clone(), version, json)?;
        let servers = signing_servers(&object, version)?;
        Ok(Self { object, version, event_id, servers })
    }

    /// The event's id.
    #[must_use]
    pub fn event_id(&self) -> &EventId {
        &self.event_id
    }

    /// Whose keys are needed: each server, with the ids of the keys that it has signed with.
    pub fn keys_needed(&self) -> impl Iterator<Item = (&ServerName, Vec<&str>)> {
        self.servers.iter().map(|server| (&**server, key_ids(&self.object, server)))
    }

    /// Checks signatures and hash. An event whose content hash does not match is redacted, as the specification asks.
    ///
    /// # Errors
    /// [`VerifyError::Unsigned`] or [`VerifyError::Signature`].
    pub fn verify(mut self, keys: &impl KeyRing) -> Result<Verified<Pdu>, VerifyError> {
        let signed = signed_json(&self.object, self.version);
        let sent_at_ms = canonical::integer(&self.object, "origin_server_ts").unwrap_or(i64::MAX);
        for server in &self.servers {
            self.check_server(server, signed.as_bytes(), sent_at_ms, keys)?;
        }
        if !content_hash_matches(&self.object) {
            redaction::redact_event(&mut self.object, self.version);
        }
        let json = canonical::to_string(&self.object);
        Ok(Verified::new(Pdu::from_stored(self.event_id, self.version, json)?))
    }

    /// One valid signature of the server is enough: it may sign with several keys, some of them unknown to us.
    fn check_server(
        &self,
        server: &ServerName,
        signed: &[u8],
        sent_at_ms: i64,
        keys: &impl KeyRing,
    ) -> Result<(), VerifyError> {
        let mut tried = false;
        for key_id in key_ids(&self.object, server) {
            let Some(known) = keys.verify_key(server, key_id) else { continue };
            if self.version.enforces_key_validity() && sent_at_ms > known.valid_until_ms {
                continue;
            }
            tried = true;
            let given = signature(&self.object, server.as_str(), key_id);
            if given.is_some_and(|given| known.key.verifies(signed, given)) {
                return Ok(());
            }
        }
        let server = server.to_owned();
        Err(if tried { VerifyError::Signature(server) } else { VerifyError::Unsigned(server) })
    }
}

fn key_ids<'a>(object: &'a Object, server: &ServerName) -> Vec<&'a str> {
    let Some(Value::Object(signatures)) = object.get("signatures") else { return Vec::new() };
    let Some(Value::Object(ours)) = signatures.get(server.as_str()) else { return Vec::new() };
    ours.keys().map(String::as_str).filter(|id| id.starts_with("ed25519:")).collect()
}

/// What the reader of stored events does not look at.
fn check_form(object: &Object) -> Result<(), PduError> {
    match object.get("hashes") {
        Some(Value::Object(hashes)) if canonical::string(hashes, "sha256").is_some() => {}
        _ => return Err(PduError::Field("hashes")),
    }
    if !matches!(object.get("signatures"), Some(Value::Object(_))) {
        return Err(PduError::Field("signatures"));
    }
    if !(0..=canonical::INTEGER_MAX).contains(&canonical::integer(object, "depth").unwrap_or(-1)) {
        return Err(PduError::Field("depth"));
    }
    Ok(())
}

/// The servers that must have signed ([spec]): the sender's, except for invites by a third party's hand; the event id's
/// in room versions 1 and 2; and that of the user who let a member into a restricted room (8+).
///
/// [spec]: https://spec.matrix.org/v1.16/server-server-api/#validating-hashes-and-signatures-on-received-events
fn signing_servers(
    object: &Object,
    version: RoomVersion,
) -> Result<BTreeSet<OwnedServerName>, PduError> {
    let mut servers = BTreeSet::new();
    let is_member = canonical::string(object, "type") == Some("m.room.member");
    let content = match object.get("content") {
        Some(Value::Object(content)) if is_member => Some(content),
        _ => None,
    };
    let third_party = content.is_some_and(|content| {
        canonical::string(content, "membership") == Some("invite")
            && matches!(content.get("third_party_invite"), Some(Value::Object(_)))
    });
    if !third_party {
        let sender = canonical::string(object, "sender").unwrap_or_default();
        let sender = <&UserId>::try_from(sender).map_err(|_| PduError::Field("sender"))?;
        servers.insert(sender.server_name().to_owned());
    }
    if version <= RoomVersion::V2 {
        let id = canonical::string(object, "event_id").unwrap_or_default();
        let id = <&EventId>::try_from(id).map_err(|_| PduError::Field("event_id"))?;
        servers.insert(id.server_name().ok_or(PduError::Field("event_id"))?.to_owned());
    }
    if let (Some(content), true) = (content, version.restricted()) {
        match content.get("join_authorised_via_users_server") {
            None => {}
            Some(Value::String(user)) => {
                let user = <&UserId>::try_from(user.as_str());
                let user = user.map_err(|_| PduError::Field("join_authorised_via_users_server"))?;
                servers.insert(user.server_name().to_owned());
            }
            Some(_) => return Err(PduError::Field("join_authorised_via_users_server")),
        }
    }
    Ok(servers)
}

/// Whether `hashes.sha256` is the hash of the event without `hashes` and `signatures` (`unsigned` is gone already).
fn content_hash_matches(object: &Object) -> bool {
    let Some(Value::Object(hashes)) = object.get("hashes") else { return false };
    let Some(claimed) = canonical::string(hashes, "sha256") else { return false };
    let mut bare = object.clone();
    bare.remove("hashes");
    bare.remove("signatures");
    let actual = sha256(canonical::to_string(&bare).as_bytes());
    BASE64.decode(claimed).is_ok_and(|claimed| claimed == actual)
}
