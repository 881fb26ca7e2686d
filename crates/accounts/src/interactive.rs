//! User-interactive authentication ([spec]): what must be proved before a sensitive action.
//!
//! Invariant: a [`Confirmation`] is for one action of one user and one request. What a session of it is bound to is
//! fixed when it begins; proofs made for one request are worth nothing for another.
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#user-interactive-authentication-api
use std::{fmt, sync::Arc};

use config::Secret;
use parking_lot::Mutex;
use quick_cache::sync::Cache;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use store::{UserNum, registration_tokens};

use crate::{
    Accounts, Session,
    login::{LoginError, LoginName},
    threepids::{Proven, Purpose},
};

mod flows;
mod stages;

pub use stages::{Attempt, Proof, Stage};

/// How long a session of it lives.
const LIFETIME_MS: i64 = 15 * 60_000;

/// How many sessions of it are kept; the least used give way.
const SESSIONS_MAX: usize = 10_000;

/// How many wrong proofs end a session of it.
const FAILURES_MAX: u32 = 5;

/// What has to be confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Making an account.
    Register,
    /// Removing devices.
    DeleteDevices,
    /// Changing the password.
    ChangePassword,
    /// Closing the account.
    Deactivate,
    /// Replacing the keys by which the user vouches for their devices.
    ReplaceCrossSigningKeys,
    /// Letting another client log in.
    LetInClient,
    /// Adding an address to the account.
    AddThreepid,
    /// Setting a new password without a session.
    ResetPassword,
}

impl Action {
    /// The actions that a user with a session must confirm each time, however young the session is.
    pub const SENSITIVE: [Self; 6] = [
        Self::DeleteDevices,
        Self::ChangePassword,
        Self::Deactivate,
        Self::ReplaceCrossSigningKeys,
        Self::LetInClient,
        Self::AddThreepid,
    ];

    /// What a proof of an address is for that is one of the stages of this action; `None` if it never is.
    fn purpose(self) -> Option<Purpose> {
        match self {
            Self::Register => Some(Purpose::Register),
            Self::ResetPassword => Some(Purpose::ResetPassword),
            Self::DeleteDevices
            | Self::ChangePassword
            | Self::Deactivate
            | Self::ReplaceCrossSigningKeys
            | Self::LetInClient
            | Self::AddThreepid => None,
        }
    }
}

/// The proof that an action was confirmed. It is used up by the action.
#[derive(Debug)]
pub struct Confirmation {
    action: Action,
    user: Option<UserNum>,
    token: Option<Secret>,
    proven: Vec<Proven>,
}

impl Confirmation {
    /// A confirmation of what needs no proof.
    fn without_proof(action: Action, user: UserNum) -> Self {
        Self { action, user: Some(user), token: None, proven: Vec::new() }
    }

    /// Whether `action` of `user` was confirmed.
    #[must_use]
    pub fn allows(&self, action: Action, user: UserNum) -> bool {
        self.action == action && self.user == Some(user)
    }

    /// Whether `action` was confirmed by somebody who has no session.
    pub(crate) fn allows_anybody(&self, action: Action) -> bool {
        self.action == action && self.user.is_none()
    }

    /// The registration token that was given, and the addresses that were proven.
    pub(crate) fn into_parts(self) -> (Option<Secret>, Vec<Proven>) {
        (self.token, self.proven)
    }
}

/// What is still to be proved. The client answers with a further [`Attempt`].
#[derive(Debug)]
pub struct Challenge {
    /// Names the session of the authentication.
    pub session: String,
    /// Each is a way to confirm the action: all its stages are to be completed.
    pub flows: Vec<Vec<Stage>>,
    /// What the client has to know for some of the stages, by their names.
    pub params: Map<String, Value>,
    /// What has been completed.
    pub completed: Vec<Stage>,
    /// Why the last attempt did not succeed, if there was one.
    pub refused: Option<Refused>,
}

/// Why an attempt did not succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The password or the user is wrong.
    #[error("Wrong password")]
    WrongPassword,
    /// The registration token is not valid.
    #[error("The registration token is not valid")]
    WrongToken,
    /// The address is not proven, or not yet.
    #[error("The address has not been confirmed")]
    NotProven,
    /// The stage is not one of this authentication.
    #[error("This type of authentication is not offered here")]
    UnknownStage,
    /// The session has ended or never was. A new one has begun.
    #[error("This authentication session is unknown or has expired")]
    UnknownSession,
}

/// Why an action is not confirmed.
#[derive(Debug, thiserror::Error)]
pub enum ConfirmError {
    /// Something is still to be proved.
    #[error("Additional authentication is needed")]
    Challenge(Box<Challenge>),
    /// The session of the authentication was begun for another request.
    #[error("The request has changed during its authentication")]
    RequestChanged,
    /// Too many others log in.
    #[error("The server is busy")]
    Busy,
    /// The password could not be checked.
    #[error("{0}")]
    Broken(String),
    /// The database failed.
    #[error(transparent)]
    Failed(#[from] db::Error),
}

/// What a session of the authentication is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Binding {
    action: Action,
    user: Option<UserNum>,
    /// The hash of the request. Registering clients may begin without naming the user, so it is not looked at there:
    /// nobody's account is at stake.
    request: Option<[u8; 32]>,
}

struct Progress {
    binding: Binding,
    began_ms: i64,
    completed: Vec<Stage>,
    token: Option<Secret>,
    proven: Vec<Proven>,
    failures: u32,
}

/// The sessions under way.
pub(crate) struct Interactive(Cache<String, Arc<Mutex<Progress>>>);

impl Default for Interactive {
    fn default() -> Self {
        Self(Cache::new(SESSIONS_MAX))
    }
}

impl fmt::Debug for Interactive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Interactive").field("sessions", &self.0.len()).finish()
    }
}

impl Accounts {
    /// Confirms a sensitive action of a user. `request` is the body without `auth`, `resource` what else the action is
    /// about (the path of the request).
    ///
    /// # Errors
    /// [`ConfirmError::Challenge`] until everything is proved.
    pub async fn confirm(
        &self,
        session: &Session,
        action: Action,
        resource: &str,
        request: &Value,
        attempt: Option<Attempt>,
    ) -> Result<Confirmation, ConfirmError> {
        if session.appservice.is_some() {
            // Its users have no passwords, and it has proved to own them (MSC4190).
            return Ok(Confirmation::without_proof(action, session.user_num));
        }
        let binding = Binding {
            action,
            user: Some(session.user_num),
            request: Some(digest(resource, request)),
        };
        self.advance(binding, Some(session), &[vec![Stage::Password]], attempt).await
    }

    /// Confirms that somebody may make an account.
    ///
    /// # Errors
    /// [`ConfirmError::Challenge`] until everything is proved.
    pub(crate) async fn confirm_registration(
        &self,
        attempt: Option<Attempt>,
    ) -> Result<Confirmation, ConfirmError> {
        let binding = Binding { action: Action::Register, user: None, request: None };
        self.advance(binding, None, &self.registration_flows(), attempt).await
    }

    /// Confirms that somebody without a session may set a new password of the account whose address they prove to have.
    /// `request` is the body without `auth`.
    ///
    /// # Errors
    /// [`ConfirmError::Challenge`] until everything is proved.
    pub async fn confirm_reset(
        &self,
        request: &Value,
        attempt: Option<Attempt>,
    ) -> Result<Confirmation, ConfirmError> {
        let request = Some(digest("", request));
        let binding = Binding { action: Action::ResetPassword, user: None, request };
        self.advance(binding, None, &self.reset_flows(), attempt).await
    }

    async fn advance(
        &self,
        binding: Binding,
        session: Option<&Session>,
        flows: &[Vec<Stage>],
        attempt: Option<Attempt>,
    ) -> Result<Confirmation, ConfirmError> {
        let named = attempt.as_ref().and_then(|attempt| attempt.session.clone());
        let found = named.and_then(|id| Some((self.progress(&id)?, id)));
        let Some((progress, id)) = found else {
            let is_lost = attempt.as_ref().is_some_and(|attempt| attempt.session.is_some());
            let (progress, id) = self.begin(binding);
            if is_lost {
                let refused = Some(Refused::UnknownSession);
                return Err(self.challenge(id, flows, &progress, refused));
            }
            return self.attempt(session, flows, progress, id, attempt).await;
        };
        if progress.lock().binding != binding {
            return Err(ConfirmError::RequestChanged);
        }
        self.attempt(session, flows, progress, id, attempt).await
    }

    async fn attempt(
        &self,
        session: Option<&Session>,
        flows: &[Vec<Stage>],
        progress: Arc<Mutex<Progress>>,
        id: String,
        attempt: Option<Attempt>,
    ) -> Result<Confirmation, ConfirmError> {
        if let Some(proof) = attempt.and_then(|attempt| attempt.proof) {
            let stage = proof.stage().filter(|stage| flows.iter().any(|flow| flow.contains(stage)));
            let Some(stage) = stage else {
                return Err(self.challenge(id, flows, &progress, Some(Refused::UnknownStage)));
            };
            let action = progress.lock().binding.action;
            let proven = match self.check(session, action, &proof).await? {
                Ok(proven) => proven,
                // Clients ask again and again whether the link was followed: that is no failure.
                Err(Refused::NotProven) => {
                    return Err(self.challenge(id, flows, &progress, Some(Refused::NotProven)));
                }
                Err(refused) => return Err(self.fail(id, flows, &progress, refused)),
            };
            let mut progress = progress.lock();
            if !progress.completed.contains(&stage) {
                progress.completed.push(stage);
            }
            if let Some(proven) = proven {
                let medium = proven.threepid.medium();
                progress.proven.retain(|other| other.threepid.medium() != medium);
                progress.proven.push(proven);
            }
            if let Proof::RegistrationToken(token) = proof {
                progress.token = Some(token);
            }
        }
        let is_done = {
            let progress = progress.lock();
            let has = |stage: &Stage| progress.completed.contains(stage);
            flows.iter().any(|flow| flow.iter().all(has))
        };
        // Removed by one request only, however many come at once with the same proof.
        if is_done && self.interactive.0.remove(&id).is_some() {
            let progress = progress.lock();
            let Binding { action, user, .. } = progress.binding;
            let (token, proven) = (progress.token.clone(), progress.proven.clone());
            return Ok(Confirmation { action, user, token, proven });
        }
        Err(self.challenge(id, flows, &progress, None))
    }

    /// Whether a proof holds; and the address that it proves.
    async fn check(
        &self,
        session: Option<&Session>,
        action: Action,
        proof: &Proof,
    ) -> Result<Result<Option<Proven>, Refused>, ConfirmError> {
        match (proof, session) {
            (Proof::Dummy | Proof::Terms, None) => Ok(Ok(None)),
            (Proof::Threepid(medium, credentials), None) => {
                let Some(purpose) = action.purpose() else { return Ok(Err(Refused::UnknownStage)) };
                let proven = self.proven(credentials, purpose).await?;
                let proven = proven.filter(|proven| proven.threepid.medium() == *medium);
                Ok(proven.map(Some).ok_or(Refused::NotProven))
            }
            (Proof::RegistrationToken(token), None) => {
                let is_valid = self.is_registration_token_valid(token.expose()).await?;
                Ok(if is_valid { Ok(None) } else { Err(Refused::WrongToken) })
            }
            (Proof::Password { user, password }, Some(session)) => {
                let own = || LoginName::User(session.user_id.to_string());
                let name = user.clone().unwrap_or_else(own);
                let owner = self
                    .find_by_login_name(&name)
                    .await?
                    .filter(|owner| owner.user_num == session.user_num && !owner.deactivated);
                match self.check_password(owner.as_ref(), password.expose()).await {
                    Ok(()) => Ok(Ok(None)),
                    Err(LoginError::Busy) => Err(ConfirmError::Busy),
                    Err(LoginError::Broken(why)) => Err(ConfirmError::Broken(why)),
                    Err(LoginError::Failed(error)) => Err(error.into()),
                    Err(
                        LoginError::Wrong
                        | LoginError::Token
                        | LoginError::Deactivated
                        | LoginError::Locked
                        | LoginError::Device(_),
                    ) => Ok(Err(Refused::WrongPassword)),
                }
            }
            _ => Ok(Err(Refused::UnknownStage)),
        }
    }

    /// Whether an account can be made with this token now.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn is_registration_token_valid(&self, token: &str) -> Result<bool, db::Error> {
        let configured = self.settings.registration_tokens.iter();
        let known = configured.fold(false, |known, other| known | same(other.expose(), token));
        if known {
            return Ok(true);
        }
        if token.is_empty()
            || token.len() > 64
            || !token.bytes().all(|byte| byte.is_ascii_graphic())
        {
            return Ok(false);
        }
        let found = registration_tokens::find_valid(&self.store.db, token, self.now_ms()).await?;
        Ok(found.is_some())
    }

    fn begin(&self, binding: Binding) -> (Arc<Mutex<Progress>>, String) {
        let progress = Arc::new(Mutex::new(Progress {
            binding,
            began_ms: self.now_ms(),
            completed: Vec::new(),
            token: None,
            proven: Vec::new(),
            failures: 0,
        }));
        let id = entropy::token(&*self.store.entropy, 18);
        self.interactive.0.insert(id.clone(), Arc::clone(&progress));
        (progress, id)
    }

    fn progress(&self, id: &str) -> Option<Arc<Mutex<Progress>>> {
        let progress = self.interactive.0.get(id)?;
        let age_ms = self.now_ms().saturating_sub(progress.lock().began_ms);
        if age_ms > LIFETIME_MS {
            self.interactive.0.remove(id);
            return None;
        }
        Some(progress)
    }

    fn fail(
        &self,
        id: String,
        flows: &[Vec<Stage>],
        progress: &Mutex<Progress>,
        refused: Refused,
    ) -> ConfirmError {
        let failures = {
            let mut progress = progress.lock();
            progress.failures += 1;
            progress.failures
        };
        if failures >= FAILURES_MAX {
            self.interactive.0.remove(&id);
        }
        self.challenge(id, flows, progress, Some(refused))
    }
}

/// Compares in a time that does not depend on where the texts differ.
pub(crate) fn same(left: &str, right: &str) -> bool {
    use subtle::ConstantTimeEq as _;
    left.as_bytes().ct_eq(right.as_bytes()).into()
}

/// A hash of a request that does not depend on the order of its keys.
fn digest(resource: &str, request: &Value) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(resource);
    hasher.update([0]);
    absorb(&mut hasher, request);
    hasher.finalize().into()
}

fn absorb(hasher: &mut Sha256, value: &Value) {
    match value {
        Value::Object(object) => {
            let mut entries: Vec<_> = object.iter().collect();
            entries.sort_unstable_by_key(|(key, _)| *key);
            hasher.update(b"{");
            for (key, value) in entries {
                absorb(hasher, &Value::from(key.as_str()));
                absorb(hasher, value);
            }
            hasher.update(b"}");
        }
        Value::Array(items) => {
            hasher.update(b"[");
            for item in items {
                absorb(hasher, item);
            }
            hasher.update(b"]");
        }
        other => {
            hasher.update(other.to_string());
            hasher.update(b",");
        }
    }
}

#[cfg(test)]
mod tests;
