//! `[accounts]`
use crate::{
    section::section,
    value::{Bytes, Lifetime},
};

section! {
    /// Passwords and sessions.
    pub struct Accounts in "accounts" {
        /// Memory that one password hash takes (argon2id).
        pub argon2_memory: Bytes = Bytes::mebibytes(19),
        /// Passes that one password hash makes over its memory.
        pub argon2_iterations: u32 = 2,
        /// Lanes of one password hash.
        pub argon2_parallelism: u32 = 1,
        /// How many passwords are hashed at the same time; others wait. 0: half of the processors,
        /// at least one, so that a flood of logins leaves the rest to everybody else.
        pub argon2_concurrency: u32 = 0,
        /// How long an access token of a client that can refresh it is valid.
        pub access_token_lifetime: Lifetime = Lifetime::seconds(300),
        /// How long a refresh token is valid while nobody uses it. Without it: until logout.
        pub refresh_token_lifetime: Option<Lifetime> = None,
        /// Whether a client that is logged in can let in another one of the same user by a token, once
        /// the user has confirmed it with their password.
        pub login_tokens: bool = true,
        /// Whether users can add e-mail addresses and phone numbers to their accounts, and remove them.
        pub threepid_changes: bool = true,
        /// The shortest password that is accepted, in characters.
        pub password_length_min: u32 = 8,
    }
    check(this, complaints) {
        let lanes = u64::from(this.argon2_parallelism.max(1));
        if this.argon2_memory.0 < lanes * 8 * 1024 || this.argon2_memory > Bytes::mebibytes(4096) {
            complaints.push(("argon2_memory", "expected 8 KiB a lane to 4 GiB".to_owned()));
        }
        if !(1..=100).contains(&this.argon2_iterations) {
            complaints.push(("argon2_iterations", "expected 1 to 100".to_owned()));
        }
        if !(1..=64).contains(&this.argon2_parallelism) {
            complaints.push(("argon2_parallelism", "expected 1 to 64".to_owned()));
        }
        if this.access_token_lifetime < Lifetime::seconds(10) {
            complaints.push(("access_token_lifetime", "expected at least 10s".to_owned()));
        }
        if !(1..=128).contains(&this.password_length_min) {
            complaints.push(("password_length_min", "expected 1 to 128".to_owned()));
        }
    }
}
