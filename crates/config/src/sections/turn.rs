//! `[turn]`
use crate::{
    section::section,
    value::{Lifetime, Secret},
};

section! {
    /// Relays for calls between two, such as coturn.
    pub struct Turn in "turn" {
        /// The relays: `["turn:turn.example.org?transport=udp", "turns:turn.example.org"]`.
        pub uris: Vec<String> = Vec::new(),
        /// The secret that the relay knows too (coturn's `static-auth-secret`): each user gets
        /// credentials of their own, for `user_lifetime`.
        pub shared_secret: Option<Secret> = None,
        /// The name that all users share, for relays without such a secret.
        pub username: Option<String> = None,
        /// The password that all users share.
        pub password: Option<Secret> = None,
        /// How long credentials are valid.
        pub user_lifetime: Lifetime = Lifetime::seconds(86_400),
    }
    check(this, complaints) {
        let is_turn = |uri: &String| uri.starts_with("turn:") || uri.starts_with("turns:");
        if !this.uris.iter().all(is_turn) {
            complaints.push(("uris", "expected addresses that start with turn: or turns:".to_owned()));
        }
        let has_login = this.username.is_some() && this.password.is_some();
        if !this.uris.is_empty() && this.shared_secret.is_none() && !has_login {
            let what = "needs shared_secret, or username and password".to_owned();
            complaints.push(("uris", what));
        }
        if this.shared_secret.is_some() && (this.username.is_some() || this.password.is_some()) {
            let what = "stands beside username or password: only one of them counts".to_owned();
            complaints.push(("shared_secret", what));
        }
        if this.user_lifetime < Lifetime::seconds(60) {
            complaints.push(("user_lifetime", "expected at least 60s".to_owned()));
        }
    }
}
