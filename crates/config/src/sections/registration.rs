//! `[registration]`
use crate::{
    section::section,
    value::{Demand, RegistrationMode, Secret},
};

section! {
    /// Who may make an account.
    pub struct Registration in "registration" {
        /// `open` (anybody), `token` (whoever has one of `tokens`), or `closed` (accounts are made
        /// with `longhouse user create`).
        pub mode: RegistrationMode = RegistrationMode::Closed,
        /// Whether people can look around as guests, without an account of their own: in rooms that let
        /// guests join, and in those that anybody can read.
        pub guests: bool = false,
        /// Lets programs that know it make accounts and administrators at
        /// `/_synapse/admin/v1/register`, as Synapse's `registration_shared_secret` does.
        pub shared_secret: Option<Secret> = None,
        /// The tokens that are accepted in mode `token`, each for any number of accounts.
        pub tokens: Vec<Secret> = Vec::new(),
        /// Whether people prove an e-mail address when they make an account: `off`, `optional` or `required`.
        /// Needs `[email]`; without it nobody is asked for one.
        pub email: Demand = Demand::Optional,
        /// The same for phone numbers. Needs `[sms]`.
        pub phone: Demand = Demand::Optional,
        /// Which e-mail addresses may be given, when an account is made or later: `*@example.org`,
        /// `*@*.example.org`. Empty: any.
        pub allowed_addresses: Vec<String> = Vec::new(),
    }
    check(this, complaints) {
        let secret = this.shared_secret.as_ref().map(Secret::expose);
        if secret.is_some_and(|secret| secret.len() < 8) {
            complaints.push(("shared_secret", "is shorter than 8 characters".to_owned()));
        } else if secret.is_some_and(is_well_known) {
            complaints.push(("shared_secret", "is one that others try first".to_owned()));
        }
        if this.shared_secret.as_ref().is_some_and(Secret::is_guessable) {
            let what = "is one that strangers would try first: take a random one".to_owned();
            complaints.push(("shared_secret", what));
        }
        let fits = |token: &&Secret| {
            let token = token.expose();
            token.len() <= 64
                && token.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b))
        };
        // The grammar of the client-server API, "Token-authenticated registration".
        if this.tokens.iter().filter(fits).count() < this.tokens.len() {
            complaints.push((
                "tokens",
                "a token is 1 to 64 characters of A-Z a-z 0-9 - . _ ~".to_owned(),
            ));
        }
    }
}

/// What stands in examples and is left there, or is typed when something has to be typed.
fn is_well_known(secret: &str) -> bool {
    const WELL_KNOWN: [&str; 12] = [
        "changeme",
        "change_me",
        "change-me",
        "password",
        "secret",
        "sharedsecret",
        "shared_secret",
        "registration_shared_secret",
        "12345678",
        "qwertyui",
        "example",
        "letmein",
    ];
    let small = secret.to_ascii_lowercase();
    let plain = small.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    let letters: std::collections::BTreeSet<char> = small.chars().collect();
    letters.len() < 4 || WELL_KNOWN.iter().any(|known| plain == *known || small == known.repeat(2))
}
