//! Signatures of JSON objects that are not events: device keys, cross-signing keys, server key documents ([spec]).
//!
//! [spec]: https://spec.matrix.org/v1.16/appendices/#signing-json
use base64::Engine as _;
use ruma::{SigningKeyAlgorithm, signatures::verify_canonical_json_bytes};

use super::{Signer, server_key::BASE64};
use crate::canonical::{self, Object, Value};

/// An ed25519 public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PublicKey(pub [u8; 32]);

impl PublicKey {
    /// Reads base64, padded or not; `None` if it is not 32 bytes.
    #[must_use]
    pub fn from_base64(text: &str) -> Option<Self> {
        Some(Self(BASE64.decode(text).ok()?.try_into().ok()?))
    }

    /// Unpadded base64.
    #[must_use]
    pub fn to_base64(self) -> String {
        BASE64.encode(self.0)
    }

    /// Whether `signature` (base64) is this key's for `message`.
    pub(super) fn verifies(self, message: &[u8], signature: &str) -> bool {
        BASE64.decode(signature).is_ok_and(|signature| {
            let algorithm = SigningKeyAlgorithm::Ed25519;
            verify_canonical_json_bytes(&algorithm, &self.0, &signature, message).is_ok()
        })
    }
}

/// Why an object is not signed by whom it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ObjectSignatureError {
    /// No signature of that entity and key id.
    #[error("there is no signature of that key")]
    Missing,
    /// There is one, and it is wrong.
    #[error("the signature does not match")]
    Mismatch,
}

/// Checks that `object` carries `entity`'s signature by the key `key_id` (`ed25519:…`), whose public half is
/// `public_key`. `entity` is a user id or a server name.
///
/// # Errors
/// See [`ObjectSignatureError`].
pub fn verify_signed_object(
    object: &Object,
    entity: &str,
    key_id: &str,
    public_key: PublicKey,
) -> Result<(), ObjectSignatureError> {
    let signature = signature(object, entity, key_id).ok_or(ObjectSignatureError::Missing)?;
    if public_key.verifies(unsigned_json(object).as_bytes(), signature) {
        Ok(())
    } else {
        Err(ObjectSignatureError::Mismatch)
    }
}

/// The signature in `object.signatures[entity][key_id]`.
pub(super) fn signature<'a>(object: &'a Object, entity: &str, key_id: &str) -> Option<&'a str> {
    let Value::Object(signatures) = object.get("signatures")? else { return None };
    let Value::Object(of_entity) = signatures.get(entity)? else { return None };
    canonical::string(of_entity, key_id)
}

fn unsigned_json(object: &Object) -> String {
    let mut object = object.clone();
    object.remove("signatures");
    object.remove("unsigned");
    canonical::to_string(&object)
}

/// Why the server does not sign an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignObjectError {
    /// It looks like an event: events are signed from an intent only.
    #[error("an event is not signed as a plain object")]
    LooksLikeEvent,
    /// Its `signatures` are not an object of objects.
    #[error("the signatures of the object are not an object")]
    Signatures,
}

/// Keys that events have and key documents do not. One of them is enough to refuse.
const EVENT_KEYS: [&str; 9] = [
    "auth_events",
    "content",
    "depth",
    "event_id",
    "hashes",
    "origin_server_ts",
    "prev_events",
    "room_id",
    "type",
];

impl Signer {
    /// Adds this server's signature to a key document, or to an object that the federation protocol has a server sign.
    ///
    /// # Errors
    /// [`SignObjectError::LooksLikeEvent`] for anything with a key that events have.
    pub fn sign_object(&self, object: &mut Object) -> Result<(), SignObjectError> {
        if EVENT_KEYS.iter().any(|key| object.contains_key(*key)) {
            return Err(SignObjectError::LooksLikeEvent);
        }
        let signature = self.key().sign(unsigned_json(object).as_bytes());
        let empty = || Value::Object(Object::new());
        let signatures = object.entry("signatures".to_owned()).or_insert_with(empty);
        let Value::Object(signatures) = signatures else { return Err(SignObjectError::Signatures) };
        let ours = signatures.entry(self.server_name().to_string()).or_insert_with(empty);
        let Value::Object(ours) = ours else { return Err(SignObjectError::Signatures) };
        ours.insert(self.key().key_id().to_owned(), Value::String(signature));
        Ok(())
    }
}
