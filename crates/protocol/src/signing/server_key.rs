//! This server's ed25519 signing key.
use std::fmt;

use base64::{
    Engine as _,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use ruma::signatures::{Ed25519KeyPair, KeyPair as _};

/// Reads base64 with and without padding, as Matrix asks of readers; writes it without. Bits that stand over are
/// ignored: the specification's own test key has some.
pub(super) const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What stands before the 32 bytes of the seed in a PKCS#8 document of an ed25519 key (RFC 8410).
const PKCS8_PREFIX: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];

/// The seed of the specification's test vectors (appendices, "Cryptographic Test Vectors").
const PUBLISHED_SEED: &str = "YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1";

/// Why text is not a signing key. It never repeats the text: that is a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyFormatError {
    /// Not the three words `ed25519 VERSION SEED`.
    #[error("a signing key is a line of three words: ed25519 VERSION SEED")]
    Words,
    /// The version has characters other than `a-z A-Z 0-9 _`.
    #[error("the version of a signing key has only letters, digits and _")]
    Version,
    /// The seed is not 32 bytes of base64.
    #[error("the seed of a signing key is 32 bytes of base64")]
    Seed,
}

/// An ed25519 key pair with its version, as in the key id `ed25519:VERSION`.
pub struct ServerKey {
    pair: Ed25519KeyPair,
    key_id: String,
    seed: [u8; 32],
}

impl ServerKey {
    /// A key from 32 bytes of entropy. `version` is what stands after `ed25519:` in its id.
    ///
    /// # Errors
    /// [`KeyFormatError::Version`].
    pub fn from_seed(version: &str, seed: [u8; 32]) -> Result<Self, KeyFormatError> {
        let valid = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if version.is_empty() || version.len() > 100 || !version.bytes().all(valid) {
            return Err(KeyFormatError::Version);
        }
        let document = [&PKCS8_PREFIX[..], &seed].concat();
        let pair = Ed25519KeyPair::from_der(&document, version.to_owned())
            .map_err(|_| KeyFormatError::Seed)?;
        Ok(Self { pair, key_id: format!("ed25519:{version}"), seed })
    }

    /// A new key from entropy; its version is made of the last eight bytes (`a_` + eight letters): a server that makes another
    /// key later has another id for it, too.
    ///
    /// # Errors
    /// None in practice: the version is always well formed.
    pub fn generate(entropy: &[u8; 40]) -> Result<Self, KeyFormatError> {
        let (seed, version) = entropy.split_first_chunk::<32>().ok_or(KeyFormatError::Seed)?;
        Self::from_seed(&format!("a_{}", crate::ids::token(version)), *seed)
    }

    /// Reads the line `ed25519 VERSION SEED` of a key file, as Synapse writes it. Of several lines the first counts.
    ///
    /// # Errors
    /// See [`KeyFormatError`].
    pub fn from_text(text: &str) -> Result<Self, KeyFormatError> {
        let line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
        let mut words = line.split_whitespace();
        let (Some("ed25519"), Some(version), Some(seed), None) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return Err(KeyFormatError::Words);
        };
        let seed = BASE64.decode(seed).map_err(|_| KeyFormatError::Seed)?;
        Self::from_seed(version, seed.try_into().map_err(|_| KeyFormatError::Seed)?)
    }

    /// The line of a key file. It holds the secret.
    #[must_use]
    pub fn to_text(&self) -> String {
        let version = self.key_id.strip_prefix("ed25519:").unwrap_or_default();
        format!("ed25519 {version} {}\n", BASE64.encode(self.seed))
    }

    /// Whether others can have it too: its seed is one byte again and again, or the one that the specification prints.
    #[must_use]
    pub fn is_guessable(&self) -> bool {
        let [first, rest @ ..] = self.seed;
        rest.iter().all(|byte| *byte == first)
            || BASE64.decode(PUBLISHED_SEED).is_ok_and(|seed| seed == self.seed)
    }

    /// `ed25519:VERSION`.
    #[must_use]
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// The public half.
    #[must_use]
    pub fn public_key(&self) -> [u8; 32] {
        self.pair.public_key()
    }

    /// The public half in unpadded base64, as key documents have it.
    #[must_use]
    pub fn public_key_base64(&self) -> String {
        BASE64.encode(self.public_key())
    }

    /// The signature of `message` in unpadded base64. Not public: who may sign what is this module's business.
    pub(super) fn sign(&self, message: &[u8]) -> String {
        self.pair.sign(message).base64()
    }
}

impl fmt::Debug for ServerKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "ServerKey({})", self.key_id)
    }
}
