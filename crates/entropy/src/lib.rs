//! Randomness is an argument, never an ambient call: whoever needs it takes a [`SharedEntropy`].
//!
//! Invariant: [`SystemEntropy`] is the only place in the workspace that asks the system for random bytes. Everything
//! that must be hard to guess (tokens, keys, passwords) comes from it; [`SeededEntropy`] makes a test repeatable.
mod dice;

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use parking_lot::Mutex;
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};

pub use self::dice::Dice;

/// A source of random bytes that many owners share.
pub type SharedEntropy = Arc<dyn Entropy>;

/// Gives random bytes.
pub trait Entropy: Send + Sync + 'static {
    /// Overwrites the whole of `buffer` with random bytes.
    fn fill(&self, buffer: &mut [u8]);
}

/// A generator suitable for secrets, seeded by the system.
///
/// It is a `ChaCha12` stream: asking the kernel for every token would be a system call each.
pub struct SystemEntropy(Mutex<StdRng>);

impl SystemEntropy {
    /// Seeds a generator.
    ///
    /// # Errors
    /// Fails if the system has no randomness to give.
    pub fn new() -> Result<Self, rand::rngs::SysError> {
        Ok(Self(Mutex::new(StdRng::try_from_rng(&mut rand::rngs::SysRng)?)))
    }

    /// The same, ready to hand around.
    ///
    /// # Errors
    /// Fails if the system has no randomness to give.
    pub fn shared() -> Result<SharedEntropy, rand::rngs::SysError> {
        Ok(Arc::new(Self::new()?))
    }
}

impl Entropy for SystemEntropy {
    fn fill(&self, buffer: &mut [u8]) {
        self.0.lock().fill_bytes(buffer);
    }
}

/// The same bytes for the same seed. For tests and simulations only: never for a secret.
pub struct SeededEntropy(Mutex<StdRng>);

impl SeededEntropy {
    /// A generator that replays `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(StdRng::seed_from_u64(seed)))
    }

    /// The same, ready to hand around.
    #[must_use]
    pub fn shared(seed: u64) -> SharedEntropy {
        Arc::new(Self::new(seed))
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, buffer: &mut [u8]) {
        self.0.lock().fill_bytes(buffer);
    }
}

/// A text of `bytes` random bytes in the URL-safe alphabet of base64, without padding (RFC 4648 section 5).
///
/// 16 bytes make 22 characters, 32 bytes 43.
#[must_use]
pub fn token(entropy: &dyn Entropy, bytes: usize) -> String {
    let mut buffer = vec![0; bytes];
    entropy.fill(&mut buffer);
    URL_SAFE_NO_PAD.encode(buffer)
}

/// A random number, each of all 2⁶⁴ equally likely.
#[must_use]
pub fn number(entropy: &dyn Entropy) -> u64 {
    u64::from_le_bytes(array(entropy))
}

/// An array of random bytes: a key, a seed, a nonce.
#[must_use]
pub fn array<const BYTES: usize>(entropy: &dyn Entropy) -> [u8; BYTES] {
    let mut buffer = [0; BYTES];
    entropy.fill(&mut buffer);
    buffer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_replays_and_another_differs() {
        let draw = |seed| {
            let entropy = SeededEntropy::new(seed);
            (token(&entropy, 16), number(&entropy), array::<32>(&entropy))
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
    }

    #[test]
    fn tokens_are_url_safe_and_never_repeat() {
        let entropy = SystemEntropy::shared().unwrap();
        let tokens: std::collections::BTreeSet<_> =
            (0..1_000).map(|_| token(&*entropy, 16)).collect();
        assert_eq!(tokens.len(), 1_000);
        for token in tokens {
            assert_eq!(token.len(), 22);
            assert!(token.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)));
        }
    }
}
