//! Single-use numbers that are kept for a minute.
use config::Secret;
use entropy::Entropy;
use quick_cache::sync::Cache;

/// How long a nonce is valid.
const LIFETIME_MS: i64 = 60_000;

/// How many are kept; the oldest give way.
const NONCES_MAX: usize = 1_000;

/// Nonces with the times at which they were given out.
pub(crate) struct Nonces(Cache<String, i64>);

impl Default for Nonces {
    fn default() -> Self {
        Self(Cache::new(NONCES_MAX))
    }
}

impl Nonces {
    pub(crate) fn give(&self, entropy: &dyn Entropy, now_ms: i64) -> Secret {
        let nonce = entropy::token(entropy, 32);
        self.0.insert(nonce.clone(), now_ms);
        Secret::new(nonce)
    }

    /// Whether the nonce was given out less than a minute ago and not taken since.
    pub(crate) fn take(&self, nonce: &str, now_ms: i64) -> bool {
        let given = self.0.remove(nonce).map(|(_, given)| given);
        given.is_some_and(|given| now_ms.saturating_sub(given) < LIFETIME_MS)
    }
}

#[cfg(test)]
mod tests {
    use entropy::SeededEntropy;

    use super::*;

    #[test]
    fn a_nonce_is_taken_once_and_in_time() {
        let (nonces, entropy) = (Nonces::default(), SeededEntropy::new(1));
        let nonce = nonces.give(&entropy, 0);
        assert!(nonces.take(nonce.expose(), 59_999));
        assert!(!nonces.take(nonce.expose(), 59_999), "taken before");
        let late = nonces.give(&entropy, 0);
        assert!(!nonces.take(late.expose(), 60_000));
        assert!(!nonces.take("", 0));
    }
}
