//! How accounts are set up.
use config::{Demand, Lifetime, Secret};
use protocol::ids::OwnedServerName;

use crate::{passwords::PasswordCost, terms::Terms, threepids::AddressPattern, validity::Validity};

pub use config::RegistrationMode;

/// Names that nobody can register who is not an administrator: mail to them reaches those who run a domain
/// (RFC 2142), so others trust them.
const RESERVED_NAMES: [&str; 8] =
    ["abuse", "hostmaster", "longhouse", "noc", "postmaster", "root", "security", "webmaster"];

/// How accounts are set up.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The server whose accounts these are.
    pub server_name: OwnedServerName,
    /// Who may make an account.
    pub registration: RegistrationMode,
    /// Whether there are guests.
    pub guests: bool,
    /// Tokens from the configuration that let anybody make an account in [`RegistrationMode::Token`]. Those in the
    /// database come on top.
    pub registration_tokens: Vec<Secret>,
    /// The secret of programs that make accounts ([`crate::shared_secret`]).
    pub shared_secret: Option<Secret>,
    /// Names that cannot be registered, in lower case.
    pub reserved_names: Vec<String>,
    /// What a password hash costs.
    pub password_cost: PasswordCost,
    /// How many passwords are hashed at the same time.
    pub password_concurrency: usize,
    /// The shortest password, in characters.
    pub password_length_min: usize,
    /// What Synapse appended to every password before it hashed it; for imported hashes.
    pub bcrypt_pepper: Option<Secret>,
    /// Whether people prove an e-mail address when they make an account, where mail can be sent.
    pub email: Demand,
    /// The same for phone numbers, where text messages can be sent.
    pub phone: Demand,
    /// Which e-mail addresses accounts may have; none: any.
    pub allowed_addresses: Vec<AddressPattern>,
    /// What people agree to.
    pub terms: Terms,
    /// For how long accounts are valid; `None`: for ever.
    pub validity: Option<Validity>,
    /// Whether users can add addresses to their accounts and remove them.
    pub threepid_changes: bool,
    /// Whether a client can let in another one of its user by a token.
    pub login_tokens: bool,
    /// How long an access token is valid that can be refreshed, in milliseconds.
    pub access_token_lifetime_ms: i64,
    /// How long a refresh token is valid that nobody uses, in milliseconds; `None`: until logout.
    pub refresh_token_lifetime_ms: Option<i64>,
}

impl Settings {
    /// The settings of a server.
    #[must_use]
    pub fn new(
        server_name: OwnedServerName,
        accounts: &config::Accounts,
        registration: &config::Registration,
    ) -> Self {
        Self {
            server_name,
            registration: registration.mode,
            guests: registration.guests,
            registration_tokens: registration.tokens.clone(),
            shared_secret: registration.shared_secret.clone(),
            reserved_names: RESERVED_NAMES.map(str::to_owned).to_vec(),
            password_cost: PasswordCost {
                memory_kib: u32::try_from(accounts.argon2_memory.0 / 1024).unwrap_or(u32::MAX),
                iterations: accounts.argon2_iterations,
                parallelism: accounts.argon2_parallelism,
            },
            password_concurrency: concurrency(accounts.argon2_concurrency),
            password_length_min: usize::try_from(accounts.password_length_min)
                .unwrap_or(usize::MAX),
            bcrypt_pepper: None,
            email: registration.email,
            phone: registration.phone,
            allowed_addresses: registration
                .allowed_addresses
                .iter()
                .map(|pattern| AddressPattern::new(pattern))
                .collect(),
            terms: Terms::default(),
            validity: None,
            threepid_changes: accounts.threepid_changes,
            login_tokens: accounts.login_tokens,
            access_token_lifetime_ms: accounts.access_token_lifetime.as_ms_i64(),
            refresh_token_lifetime_ms: accounts.refresh_token_lifetime.map(Lifetime::as_ms_i64),
        }
    }
}

impl Settings {
    /// The same, on a server where people agree to something.
    #[must_use]
    pub fn with_terms(self, terms: &config::Terms) -> Self {
        Self { terms: Terms::new(terms), ..self }
    }

    /// The same, on a server where accounts end.
    #[must_use]
    pub fn with_validity(self, validity: &config::AccountValidity) -> Self {
        Self { validity: Validity::new(validity), ..self }
    }
}

fn concurrency(configured: u32) -> usize {
    match usize::try_from(configured) {
        Ok(0) | Err(_) => std::thread::available_parallelism()
            .map_or(1, |processors| processors.get().div_ceil(2)),
        Ok(configured) => configured,
    }
}
