//! A signed JSON object of a client: its shape and size are checked when it is made.
use protocol::{
    canonical::{self, Object, Value},
    ids::UserId,
    signing::{ObjectSignatureError, PublicKey, verify_signed_object},
};

use crate::key_format::KeyError;

/// The largest signed object, in bytes of canonical JSON: it must fit into an EDU together with its envelope.
pub(crate) const OBJECT_BYTES_MAX: usize = 16_384;

/// The most signatures in one object, over all signers.
pub(crate) const SIGNATURES_MAX: usize = 64;

/// An object of bounded size whose `signatures`, if there are any, are strings by key by user.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SignedObject(Object);

impl SignedObject {
    /// Checks `object`. `unsigned` is dropped: it is the server's.
    pub(crate) fn new(mut object: Object) -> Result<Self, KeyError> {
        object.remove("unsigned");
        if canonical::to_string(&object).len() > OBJECT_BYTES_MAX {
            return Err(KeyError::TooLarge);
        }
        let this = Self(object);
        this.check_signatures()?;
        Ok(this)
    }

    /// An object that was checked before it was stored.
    pub(crate) fn from_stored(text: &str) -> Result<Self, db::Error> {
        canonical::parse_object(text.as_bytes())
            .map(Self)
            .map_err(|_| db::Error::inconsistent("a stored key that is not an object"))
    }

    pub(crate) fn object(&self) -> &Object {
        &self.0
    }

    pub(crate) fn into_object(self) -> Object {
        self.0
    }

    pub(crate) fn to_text(&self) -> String {
        canonical::to_string(&self.0)
    }

    /// The object without its signatures: what was signed.
    pub(crate) fn signed_part(&self) -> Object {
        let mut object = self.0.clone();
        object.remove("signatures");
        object.remove("unsigned");
        object
    }

    /// Checks the signature that `signer` made with the key `key_id` (`ed25519:…`).
    pub(crate) fn verify(
        &self,
        signer: &UserId,
        key_id: &str,
        public_key: PublicKey,
    ) -> Result<(), ObjectSignatureError> {
        verify_signed_object(&self.0, signer.as_str(), key_id, public_key)
    }

    /// The signatures of `signer`: key ids and signatures.
    pub(crate) fn signatures_of<'a>(
        &'a self,
        signer: &UserId,
    ) -> impl Iterator<Item = (&'a str, &'a str)> {
        let of_signer = match self.0.get("signatures") {
            Some(Value::Object(signatures)) => match signatures.get(signer.as_str()) {
                Some(Value::Object(of_signer)) => Some(of_signer),
                _ => None,
            },
            _ => None,
        };
        of_signer.into_iter().flatten().filter_map(|(key_id, signature)| match signature {
            Value::String(signature) => Some((key_id.as_str(), signature.as_str())),
            _ => None,
        })
    }

    /// Adds a signature that was stored apart.
    pub(crate) fn add_signature(&mut self, signer: &UserId, key_id: &str, signature: &str) {
        let empty = || Value::Object(Object::new());
        let signatures = self.0.entry("signatures".to_owned()).or_insert_with(empty);
        let Value::Object(signatures) = signatures else { return };
        let of_signer = signatures.entry(signer.to_string()).or_insert_with(empty);
        let Value::Object(of_signer) = of_signer else { return };
        of_signer.insert(key_id.to_owned(), Value::String(signature.to_owned()));
    }

    fn check_signatures(&self) -> Result<(), KeyError> {
        let Some(signatures) = self.0.get("signatures") else { return Ok(()) };
        let Value::Object(signatures) = signatures else { return Err(KeyError::Signatures) };
        let mut count = 0;
        for of_signer in signatures.values() {
            let Value::Object(of_signer) = of_signer else { return Err(KeyError::Signatures) };
            if !of_signer.values().all(|signature| matches!(signature, Value::String(_))) {
                return Err(KeyError::Signatures);
            }
            count += of_signer.len();
        }
        if count > SIGNATURES_MAX { Err(KeyError::Signatures) } else { Ok(()) }
    }
}
