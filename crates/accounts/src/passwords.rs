//! Passwords: argon2id hashes, made and checked by a bounded number of threads.
//!
//! A password is brought into Unicode's form NFKC first, so that it does not matter which keyboard it was typed on.
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use argon2::{
    Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version,
    password_hash::phc::PasswordHash,
};
use config::Secret;
use entropy::SharedEntropy;
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization as _;

use crate::{CostError, Settings};

/// The longest password, in bytes: one that is longer is no better.
const PASSWORD_BYTES_MAX: usize = 1024;

/// How many may wait for their password to be checked. Whoever comes then is sent away at once.
const WAITING_MAX: usize = 1_000;

const SALT_BYTES: usize = 16;

/// What an argon2id hash costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordCost {
    /// Memory, in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub iterations: u32,
    /// Lanes.
    pub parallelism: u32,
}

impl Default for PasswordCost {
    /// What OWASP recommends (Password Storage Cheat Sheet): 19 MiB, 2 passes, 1 lane.
    fn default() -> Self {
        Self { memory_kib: 19 * 1024, iterations: 2, parallelism: 1 }
    }
}

/// Why a password was neither hashed nor checked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PasswordError {
    /// Too many others wait.
    #[error("too many passwords are being checked")]
    Busy,
    /// The hash function failed.
    #[error("a password could not be hashed: {0}")]
    Broken(String),
}

/// What a check found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is not the password.
    Wrong,
    /// It is.
    Right,
    /// It is, and its hash should be replaced by one at today's cost.
    RightButOutdated,
}

/// Hashes and checks.
pub(crate) struct Passwords {
    argon2: Argon2<'static>,
    pepper: Option<Secret>,
    permits: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
    entropy: SharedEntropy,
    /// Checked in the place of the hash that a user does not have, so that the time says nothing.
    decoy: String,
}

impl Passwords {
    pub(crate) fn new(settings: &Settings, entropy: SharedEntropy) -> Result<Self, CostError> {
        let PasswordCost { memory_kib, iterations, parallelism } = settings.password_cost;
        let params = Params::new(memory_kib, iterations, parallelism, None)
            .map_err(|error| CostError(error.to_string()))?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let decoy = hash(&argon2, b"", &entropy::array::<SALT_BYTES>(&*entropy))
            .map_err(|error| CostError(error.to_string()))?;
        Ok(Self {
            argon2,
            pepper: settings.bcrypt_pepper.clone(),
            permits: Arc::new(Semaphore::new(settings.password_concurrency.max(1))),
            waiting: Arc::default(),
            entropy,
            decoy,
        })
    }

    /// The hash to store for a password.
    pub(crate) async fn hash(&self, password: &str) -> Result<String, PasswordError> {
        let password = normalize(password);
        let argon2 = self.argon2.clone();
        let salt = entropy::array::<SALT_BYTES>(&*self.entropy);
        self.in_pool(move || hash(&argon2, password.expose().as_bytes(), &salt)).await?
    }

    /// Whether `password` is the one that `stored` is the hash of. Without a hash it is wrong, but takes as long.
    pub(crate) async fn verify(
        &self,
        password: &str,
        stored: Option<&str>,
    ) -> Result<Verdict, PasswordError> {
        if password.len() > PASSWORD_BYTES_MAX {
            return Ok(Verdict::Wrong);
        }
        let password = normalize(password);
        let has_hash = stored.is_some();
        let stored = stored.unwrap_or(&self.decoy).to_owned();
        let (argon2, pepper) = (self.argon2.clone(), self.pepper.clone());
        let verdict = self
            .in_pool(move || {
                if stored.starts_with("$2") {
                    verify_bcrypt(password.expose(), pepper.as_ref(), &stored)
                } else {
                    verify_argon2(&argon2, password.expose(), &stored)
                }
            })
            .await?;
        Ok(if has_hash { verdict } else { Verdict::Wrong })
    }

    async fn in_pool<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PasswordError> {
        let place = Place::take(&self.waiting).ok_or(PasswordError::Busy)?;
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        let permit = permit.map_err(|error| PasswordError::Broken(error.to_string()))?;
        drop(place);
        // The permit travels with the work: a request that is given up does not make room before the thread is free.
        let done = tokio::task::spawn_blocking(move || {
            let result = work();
            drop(permit);
            result
        });
        done.await.map_err(|error| PasswordError::Broken(error.to_string()))
    }
}

/// A place among those who wait.
struct Place(Arc<AtomicUsize>);

impl Place {
    fn take(waiting: &Arc<AtomicUsize>) -> Option<Self> {
        let before = waiting.fetch_add(1, Ordering::SeqCst);
        let place = Self(Arc::clone(waiting));
        (before < WAITING_MAX).then_some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Why a text cannot become a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    /// It has too few characters.
    #[error("The password must have at least {0} characters")]
    Short(usize),
    /// It is longer than is sensible.
    #[error("The password is longer than {PASSWORD_BYTES_MAX} bytes")]
    Long,
}

/// Whether `password` may become one.
pub(crate) fn check_new(password: &str, length_min: usize) -> Result<(), WeakPassword> {
    if password.len() > PASSWORD_BYTES_MAX {
        return Err(WeakPassword::Long);
    }
    let length_min = length_min.max(1);
    if password.chars().count() < length_min {
        return Err(WeakPassword::Short(length_min));
    }
    Ok(())
}

fn normalize(password: &str) -> Secret {
    Secret::new(password.nfkc().collect::<String>())
}

fn hash(argon2: &Argon2<'_>, password: &[u8], salt: &[u8]) -> Result<String, PasswordError> {
    let hash = argon2.hash_password_with_salt(password, salt);
    hash.map(|hash| hash.to_string()).map_err(|error| PasswordError::Broken(error.to_string()))
}

fn verify_argon2(argon2: &Argon2<'_>, password: &str, stored: &str) -> Verdict {
    let Ok(stored) = PasswordHash::new(stored) else { return Verdict::Wrong };
    if argon2.verify_password(password.as_bytes(), &stored).is_err() {
        return Verdict::Wrong;
    }
    let today = argon2.params();
    let is_current = stored.algorithm == Algorithm::Argon2id.ident()
        && Params::try_from(&stored).is_ok_and(|params| {
            (params.m_cost(), params.t_cost(), params.p_cost())
                == (today.m_cost(), today.t_cost(), today.p_cost())
        });
    if is_current { Verdict::Right } else { Verdict::RightButOutdated }
}

/// As Synapse makes them: NFKC, then the pepper; bcrypt itself looks at the first 72 bytes only.
fn verify_bcrypt(password: &str, pepper: Option<&Secret>, stored: &str) -> Verdict {
    let peppered = Secret::new(format!("{password}{}", pepper.map_or("", Secret::expose)));
    match bcrypt::verify(peppered.expose(), stored) {
        Ok(true) => Verdict::RightButOutdated,
        Ok(false) | Err(_) => Verdict::Wrong,
    }
}

#[cfg(test)]
mod tests;
