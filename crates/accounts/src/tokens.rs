//! Access and refresh tokens: random texts with a prefix that scanners for leaked secrets can look for.
use config::Secret;
use entropy::Entropy;
use sha2::{Digest as _, Sha256};
use store::sessions::TokenHash;

/// Begins every access token.
const ACCESS_PREFIX: &str = "lha_";

/// Begins every refresh token.
const REFRESH_PREFIX: &str = "lhr_";

/// Begins every token for other services.
const OPENID_PREFIX: &str = "lho_";

/// Begins every token that logs in once.
const LOGIN_PREFIX: &str = "lhl_";

/// 18 bytes in base64: what all refresh tokens of a session share.
const FAMILY_CHARS: usize = 24;

/// The longest text that is looked up as a token, in bytes.
const TOKEN_BYTES_MAX: usize = 1024;

/// The hash by which a token is stored and found; `None` for what cannot be one.
pub(crate) fn hash(token: &str) -> Option<TokenHash> {
    let fits = !token.is_empty() && token.len() <= TOKEN_BYTES_MAX;
    (fits && token.bytes().all(|byte| byte.is_ascii_graphic()))
        .then(|| Sha256::digest(token).into())
}

/// A new access token with 256 bits of entropy.
pub(crate) fn access_token(entropy: &dyn Entropy) -> Secret {
    Secret::new(format!("{ACCESS_PREFIX}{}", entropy::token(entropy, 32)))
}

/// A new token for another service.
pub(crate) fn openid_token(entropy: &dyn Entropy) -> Secret {
    Secret::new(format!("{OPENID_PREFIX}{}", entropy::token(entropy, 32)))
}

/// A new token that logs in once.
pub(crate) fn login_token(entropy: &dyn Entropy) -> Secret {
    Secret::new(format!("{LOGIN_PREFIX}{}", entropy::token(entropy, 32)))
}

/// A refresh token in its two parts.
pub(crate) struct RefreshToken {
    /// The whole text.
    pub(crate) text: Secret,
    /// The hash of what it shares with the other refresh tokens of its session.
    pub(crate) family: TokenHash,
    /// Its own hash.
    pub(crate) hash: TokenHash,
}

impl RefreshToken {
    /// The first refresh token of a session.
    pub(crate) fn first(entropy: &dyn Entropy) -> Option<Self> {
        let family = entropy::token(entropy, 18);
        Self::parse(&format!("{REFRESH_PREFIX}{family}{}", entropy::token(entropy, 24)))
    }

    /// Another refresh token of the same session.
    pub(crate) fn next(&self, entropy: &dyn Entropy) -> Option<Self> {
        let family = self.text.expose().get(..REFRESH_PREFIX.len() + FAMILY_CHARS)?;
        Self::parse(&format!("{family}{}", entropy::token(entropy, 24)))
    }

    /// Reads a refresh token; `None` for what cannot be one.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let family = text.strip_prefix(REFRESH_PREFIX)?.get(..FAMILY_CHARS)?;
        Some(Self { text: Secret::new(text), family: hash(family)?, hash: hash(text)? })
    }
}

/// A random number for a session or a token: positive, and exact in JSON.
pub(crate) fn id(entropy: &dyn Entropy) -> i64 {
    i64::try_from(entropy::number(entropy) >> 11).unwrap_or_default().max(1)
}

#[cfg(test)]
mod tests {
    use entropy::SeededEntropy;

    use super::*;

    #[test]
    fn what_cannot_be_a_token_has_no_hash() {
        for not_a_token in ["", " ", "a b", "\u{e9}", "a\n", "\0", &"x".repeat(1_025)] {
            assert_eq!(hash(not_a_token), None, "{not_a_token:?}");
        }
        assert!(hash("syt_foreign").is_some());
    }

    #[test]
    fn refresh_tokens_of_a_session_share_their_family_only() {
        let entropy = SeededEntropy::new(1);
        let first = RefreshToken::first(&entropy).unwrap();
        let next = first.next(&entropy).unwrap();
        let stranger = RefreshToken::first(&entropy).unwrap();
        assert_eq!(first.family, next.family);
        assert_ne!(first.hash, next.hash);
        assert_ne!(first.family, stranger.family);
        assert_eq!(first.text.expose().len(), next.text.expose().len());
        assert!(RefreshToken::parse("lhr_short").is_none());
        assert!(RefreshToken::parse(access_token(&entropy).expose()).is_none());
    }
}
