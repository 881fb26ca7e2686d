//! `[well_known]`
use crate::{section::section, sections::server::is_http_url};

section! {
    /// What `/.well-known/matrix/` tells clients, servers and people.
    pub struct WellKnown in "well_known" {
        /// The homeserver URL for clients. Without it: `server.public_url`.
        pub client: Option<String> = None,
        /// `HOST:PORT` for other servers. Without it: the host of `server.public_url` and its port,
        /// and nothing is served if that is the server name itself.
        pub server: Option<String> = None,
        /// The e-mail address of the administrator, for `/.well-known/matrix/support`.
        pub support_email: Option<String> = None,
        /// The Matrix id of the administrator.
        pub support_matrix_id: Option<String> = None,
        /// A page with help for users.
        pub support_page: Option<String> = None,
        /// The public Ed25519 key of the policy server that has this server's name, in unpadded base64, for
        /// `/.well-known/matrix/policy_server`. Longhouse is none: the program that is one tells its key.
        pub policy_server_key: Option<String> = None,
    }
    check(this, complaints) {
        for (key, url) in [("client", &this.client), ("support_page", &this.support_page)] {
            if url.as_deref().is_some_and(|url| !is_http_url(url)) {
                complaints.push((key, "expected a URL that starts with https://".to_owned()));
            }
        }
        if this.server.as_deref().is_some_and(|server| server.contains('/')) {
            complaints.push(("server", "expected HOST:PORT without https://".to_owned()));
        }
        if this.policy_server_key.as_deref().is_some_and(|key| !is_ed25519_key(key)) {
            complaints.push(("policy_server_key", "expected the 43 characters of an Ed25519 key in unpadded base64".to_owned()));
        }
        if this.support_matrix_id.as_deref().is_some_and(|id| !id.starts_with('@')) {
            complaints.push(("support_matrix_id", "expected an id such as @admin:example.org".to_owned()));
        }
    }
}

/// Whether the text is 32 bytes in unpadded base64, the last of whose characters has four bits.
fn is_ed25519_key(text: &str) -> bool {
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let last = text.bytes().last().unwrap_or_default();
    text.len() == 43 && text.bytes().all(is_base64) && b"AEIMQUYcgkosw048".contains(&last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_32_bytes_in_base64() {
        let zero = "A".repeat(43);
        assert!(is_ed25519_key(&zero));
        for wrong in [
            "",
            &zero[1..],
            &format!("{zero}="),
            &"_".repeat(43),
            "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB",
        ] {
            assert!(!is_ed25519_key(wrong), "{wrong}");
        }
    }
}
