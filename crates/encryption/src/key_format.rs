//! The form of keys ([spec]): what may be stored, and therefore be passed on to other servers.
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#key-algorithms
use protocol::{
    canonical::{self, Object, Value},
    ids::UserId,
    limits::FIELD_BYTES_MAX,
    signing::PublicKey,
};
use store::one_time_keys::Key;

use crate::{Device, signed_object::SignedObject};

/// The most encryption algorithms a device may name, and the most identity keys it may have.
const DEVICE_ENTRIES_MAX: usize = 32;

/// The largest one-time key, in bytes of canonical JSON.
const ONE_TIME_KEY_BYTES_MAX: usize = 4_096;

/// What is wrong with a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// It names another user than the one who uploads it.
    #[error("user_id is not that of the user who uploads the key")]
    OtherUser,
    /// It names another device than the one that uploads it.
    #[error("device_id is not that of the device that uploads the key")]
    OtherDevice,
    /// A part is missing or has the wrong type or size.
    #[error("{0} is missing or not well formed")]
    Form(&'static str),
    /// A key's name is not `algorithm:id`.
    #[error("the name of a key must be of the form algorithm:id")]
    Name,
    /// The whole object is too large.
    #[error("the key is too large")]
    TooLarge,
    /// `signatures` is not an object of objects of strings, or has too many.
    #[error("signatures must be an object of objects of strings, and not too many")]
    Signatures,
    /// The signature that must be there is missing or wrong.
    #[error("the signature of {0} is missing or does not match")]
    BadSignature(String),
}

/// Checks the identity keys that `device` uploads, their own signature included.
pub(crate) fn device_keys(keys: Object, device: Device<'_>) -> Result<SignedObject, KeyError> {
    if canonical::string(&keys, "user_id") != Some(device.user_id.as_str()) {
        return Err(KeyError::OtherUser);
    }
    if canonical::string(&keys, "device_id") != Some(device.device_id.as_str()) {
        return Err(KeyError::OtherDevice);
    }
    check_algorithms(&keys)?;
    check_identity_keys(&keys)?;
    let name = format!("ed25519:{}", device.device_id);
    let public_key = identity_key(&keys, &name).ok_or(KeyError::Form("the ed25519 key"))?;
    let keys = SignedObject::new(keys)?;
    keys.verify(device.user_id, &name, public_key).map_err(|_| KeyError::BadSignature(name))?;
    Ok(keys)
}

/// The ed25519 key called `name` in `keys` of an object.
pub(crate) fn identity_key(object: &Object, name: &str) -> Option<PublicKey> {
    let Some(Value::Object(keys)) = object.get("keys") else { return None };
    PublicKey::from_base64(canonical::string(keys, name)?)
}

fn check_algorithms(keys: &Object) -> Result<(), KeyError> {
    let Some(Value::Array(algorithms)) = keys.get("algorithms") else {
        return Err(KeyError::Form("algorithms"));
    };
    let well_formed =
        |algorithm: &Value| matches!(algorithm, Value::String(name) if is_short_text(name));
    if algorithms.len() <= DEVICE_ENTRIES_MAX && algorithms.iter().all(well_formed) {
        Ok(())
    } else {
        Err(KeyError::Form("algorithms"))
    }
}

fn check_identity_keys(object: &Object) -> Result<(), KeyError> {
    let Some(Value::Object(keys)) = object.get("keys") else { return Err(KeyError::Form("keys")) };
    if keys.len() > DEVICE_ENTRIES_MAX {
        return Err(KeyError::Form("keys"));
    }
    for (name, key) in keys {
        let (algorithm, _) = split_name(name)?;
        let Value::String(key) = key else { return Err(KeyError::Form("keys")) };
        // Both kinds of key are 32 bytes; what other algorithms have is not known here.
        let has_length = matches!(algorithm, "ed25519" | "curve25519");
        if has_length && PublicKey::from_base64(key).is_none() {
            return Err(KeyError::Form("keys"));
        }
    }
    Ok(())
}

/// Checks a one-time or fallback key. A key of an algorithm that is not known here may be any string or object.
pub(crate) fn one_time_key(name: &str, value: &Value) -> Result<Key, KeyError> {
    let (algorithm, key_id) = split_name(name)?;
    match value {
        Value::String(key) if algorithm == "curve25519" => {
            PublicKey::from_base64(key).ok_or(KeyError::Form("key"))?;
        }
        Value::Object(object) if algorithm == "signed_curve25519" => {
            let key = canonical::string(object, "key").and_then(PublicKey::from_base64);
            key.ok_or(KeyError::Form("key"))?;
            if !object.contains_key("signatures") {
                return Err(KeyError::Signatures);
            }
            SignedObject::new(object.clone())?;
        }
        Value::String(_) | Value::Object(_)
            if !matches!(algorithm, "curve25519" | "signed_curve25519") => {}
        _ => return Err(KeyError::Form("key")),
    }
    let content = value_text(value);
    if content.len() > ONE_TIME_KEY_BYTES_MAX {
        return Err(KeyError::TooLarge);
    }
    Ok(Key { algorithm: algorithm.to_owned(), key_id: key_id.to_owned(), content })
}

/// The public key of a cross-signing key: checks the form for `user_id` and `usage`.
pub(crate) fn cross_signing_key(
    object: &Object,
    user_id: &UserId,
    usage: &str,
) -> Result<String, KeyError> {
    if canonical::string(object, "user_id") != Some(user_id.as_str()) {
        return Err(KeyError::OtherUser);
    }
    let Some(Value::Array(usages)) = object.get("usage") else {
        return Err(KeyError::Form("usage"));
    };
    let names_usage =
        usages.iter().any(|name| matches!(name, Value::String(name) if name == usage));
    if !names_usage || usages.len() > 3 {
        return Err(KeyError::Form("usage"));
    }
    let Some(Value::Object(keys)) = object.get("keys") else { return Err(KeyError::Form("keys")) };
    let mut keys = keys.iter();
    let (Some((name, Value::String(key))), None) = (keys.next(), keys.next()) else {
        return Err(KeyError::Form("keys"));
    };
    let is_key = PublicKey::from_base64(key).is_some();
    if !is_key || split_name(name)? != ("ed25519", key.as_str()) {
        return Err(KeyError::Form("keys"));
    }
    Ok(key.clone())
}

fn split_name(name: &str) -> Result<(&str, &str), KeyError> {
    match name.split_once(':') {
        Some((algorithm, id)) if is_algorithm(algorithm) && is_short_text(id) => {
            Ok((algorithm, id))
        }
        _ => Err(KeyError::Name),
    }
}

fn is_algorithm(text: &str) -> bool {
    let valid = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    is_short_text(text) && text.bytes().all(valid)
}

/// Not empty, at most 255 bytes, no control characters.
pub(crate) fn is_short_text(text: &str) -> bool {
    !text.is_empty() && text.len() <= FIELD_BYTES_MAX && !text.chars().any(char::is_control)
}

fn value_text(value: &Value) -> String {
    // A canonical value always serializes.
    serde_json::to_string(value).unwrap_or_default()
}
