//! What administrators do with accounts: from the command line and the administration API.
use std::fmt;

use config::Secret;
use db::{Write, WriteError};
use protocol::ids::UserId;
use store::{
    Change,
    accepted_policies::{self, PolicyVersion},
    access_tokens, account_validity, profiles, registration_tokens, users,
};

pub use store::registration_tokens::RegistrationTokenRow as RegistrationToken;

use crate::{
    Accounts, User,
    commit::Pending,
    login::{DeviceRequest, Granted, LoginError},
    passwords::{PasswordError, WeakPassword, check_new},
    profiles::{DISPLAYNAME, check_displayname},
    threepids::Proven,
    usernames::NameError,
};

/// The longest kind of user, in bytes.
const USER_TYPE_BYTES_MAX: usize = 64;

/// A user to be created.
pub struct NewUser {
    /// The localpart.
    pub name: String,
    /// The password; without one the user cannot log in with a password.
    pub password: Option<Secret>,
    /// What the user is called; their localpart without it.
    pub displayname: Option<String>,
    /// Whether they administrate the server.
    pub admin: bool,
    /// The kind of user, `None` for people.
    pub user_type: Option<String>,
}

impl fmt::Debug for NewUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewUser").field("name", &self.name).finish_non_exhaustive()
    }
}

/// What an account comes from, other than an administrator.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Origin<'a> {
    /// The registration token that is used up.
    pub(crate) token: Option<&'a str>,
    /// The addresses that its user has proven to have.
    pub(crate) proven: &'a [Proven],
    /// What its user has agreed to.
    pub(crate) agreed: &'a [PolicyVersion],
    /// Whether it is a guest's.
    pub(crate) is_guest: bool,
}

/// Why a user was not created.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// The name cannot be had.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The password is too weak.
    #[error(transparent)]
    Password(#[from] WeakPassword),
    /// The display name or the kind of user is too long, or has a character that it cannot have.
    #[error("The display name or the kind of user is not valid")]
    Invalid,
    /// The registration token is not valid any more.
    #[error("The registration token is not valid")]
    Token,
    /// The address is in an account already.
    #[error("This address is in use")]
    AddressInUse,
    /// The proof of the address was used already, or has ended.
    #[error("The address has not been confirmed")]
    NotProven,
    /// The user exists now, but could not be logged in.
    #[error(transparent)]
    Login(LoginError),
    /// Too many others log in.
    #[error("The server is busy")]
    Busy,
    /// The password could not be hashed.
    #[error("{0}")]
    Broken(String),
    /// The database failed.
    #[error(transparent)]
    Failed(#[from] db::Error),
}

impl From<PasswordError> for CreateError {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Busy => Self::Busy,
            PasswordError::Broken(why) => Self::Broken(why),
        }
    }
}

/// Why an administrator's change of an account was not made.
#[derive(Debug, thiserror::Error)]
pub enum AdministrationError {
    /// There is no such user here.
    #[error("There is no such user")]
    UnknownUser,
    /// The account was closed.
    #[error("The account has been deactivated")]
    Deactivated,
    /// The new password is too weak.
    #[error(transparent)]
    Password(#[from] WeakPassword),
    /// Too many others log in.
    #[error("The server is busy")]
    Busy,
    /// The password could not be hashed.
    #[error("{0}")]
    Broken(String),
    /// The database failed.
    #[error(transparent)]
    Failed(#[from] db::Error),
}

impl From<PasswordError> for AdministrationError {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Busy => Self::Busy,
            PasswordError::Broken(why) => Self::Broken(why),
        }
    }
}

/// Which users are listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserQuery {
    /// Only those whose user id is behind this one.
    pub after: String,
    /// Only those whose user id contains this.
    pub part: String,
    /// Whether accounts that were closed are listed too.
    pub deactivated: bool,
    /// At most so many.
    pub limit: i64,
}

impl Accounts {
    /// Creates a user, by any valid name.
    ///
    /// # Errors
    /// See [`CreateError`].
    pub async fn create_user(&self, user: NewUser) -> Result<User, CreateError> {
        let name = self.check_for_administrator(&user.name).await?;
        self.insert_user(name, user, Origin::default()).await
    }

    /// Creates a user and opens a session for them.
    pub(crate) async fn create_user_and_log_in(
        &self,
        user: NewUser,
        device: DeviceRequest,
    ) -> Result<Granted, CreateError> {
        let user = self.create_user(user).await?;
        self.open_session(&user, device).await.map_err(CreateError::Login)
    }

    /// Creates a user whose name has been checked.
    pub(crate) async fn insert_user(
        &self,
        name: protocol::ids::OwnedUserId,
        user: NewUser,
        origin: Origin<'_>,
    ) -> Result<User, CreateError> {
        let password_hash = self.hash_new(user.password.as_ref()).await?;
        let displayname = user.displayname.unwrap_or_else(|| name.localpart().to_owned());
        check_displayname(&displayname).map_err(|_| CreateError::Invalid)?;
        let is_type = |kind: &String| kind.len() <= USER_TYPE_BYTES_MAX && !kind.contains('\0');
        if !user.user_type.iter().all(is_type) {
            return Err(CreateError::Invalid);
        }
        let displayname = serde_json::Value::from(displayname).to_string();

        let mut write = Write::new();
        let counted = origin
            .token
            .map(|token| registration_tokens::complete(&mut write, token, self.now_ms()));
        let user_num = self.store.interner.user(&mut write, &name).await?;
        let row = User {
            name,
            user_num,
            user_type: user.user_type,
            password_hash,
            creation_ts: self.now_ms().div_euclid(1_000),
            admin: user.admin,
            is_guest: origin.is_guest,
            deactivated: false,
            erased: false,
            locked: false,
            suspended: false,
            shadow_banned: false,
        };
        let inserted = users::insert(&mut write, &row);
        let position = write.position();
        profiles::set(&mut write, user_num, DISPLAYNAME, Some(&displayname), &position);
        self.begin_in(&mut write, &row, origin.agreed);
        let added: Vec<_> = origin
            .proven
            .iter()
            .map(|proven| self.add_proven_in(&mut write, &row.name, proven))
            .collect();
        match self.store.db.write(write).await {
            Ok(committed) => {
                let change =
                    Change::User { position: committed.position(&position), user: user_num };
                self.store.changes.publish(committed.publication, &[change]);
                Ok(row)
            }
            Err(WriteError::Conflict { operation, .. }) if operation == inserted => {
                Err(NameError::InUse.into())
            }
            Err(WriteError::Conflict { operation, .. }) if Some(operation) == counted => {
                Err(CreateError::Token)
            }
            Err(WriteError::Conflict { operation, .. }) if added.contains(&operation) => {
                Err(CreateError::AddressInUse)
            }
            // What is left are the proofs.
            Err(WriteError::Conflict { .. }) if !added.is_empty() => Err(CreateError::NotProven),
            Err(error) => {
                self.store.interner.forget_unconfirmed();
                Err(db::Error::from(error).into())
            }
        }
    }

    /// The hash of the password of a new account, if it has one.
    async fn hash_new(&self, password: Option<&Secret>) -> Result<Option<String>, CreateError> {
        let Some(password) = password else { return Ok(None) };
        check_new(password.expose(), self.settings.password_length_min)?;
        Ok(Some(self.passwords.hash(password.expose()).await?))
    }

    /// Adds when a new account ends, and what its user has agreed to.
    fn begin_in(&self, write: &mut Write, user: &User, agreed: &[PolicyVersion]) {
        if let Some(expires_ts) = self.first_expiry(user) {
            account_validity::begin(write, user.user_num, expires_ts);
        }
        for policy in agreed {
            accepted_policies::insert(write, user.user_num, policy, self.now_ms());
        }
    }

    /// Users in order of their ids.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn list_users(&self, query: &UserQuery) -> Result<Vec<User>, db::Error> {
        let UserQuery { after, part, deactivated, limit } = query;
        users::list(&self.store.db, after, part, *deactivated, (*limit).clamp(1, 10_000)).await
    }

    /// How many accounts there are that have not been closed.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn count_active_users(&self) -> Result<i64, db::Error> {
        users::count_active(&self.store.db).await
    }

    /// Sets a user's password, and ends their sessions if `logout_devices`.
    ///
    /// # Errors
    /// See [`AdministrationError`].
    pub async fn set_password(
        &self,
        user_id: &UserId,
        password: &Secret,
        logout_devices: bool,
    ) -> Result<(), AdministrationError> {
        let user = self.active_user(user_id).await?;
        check_new(password.expose(), self.settings.password_length_min)?;
        let hash = self.passwords.hash(password.expose()).await?;
        let mut pending = Pending::default();
        users::set_password_hash(&mut pending.write, user.user_num, Some(&hash));
        if logout_devices {
            self.delete_all_in(&mut pending, &user, None).await?;
        }
        self.commit_administration(pending).await
    }

    /// Makes a user an administrator, or no longer.
    ///
    /// # Errors
    /// See [`AdministrationError`].
    pub async fn set_admin(
        &self,
        user_id: &UserId,
        admin: bool,
    ) -> Result<(), AdministrationError> {
        let user = self.active_user(user_id).await?;
        let mut pending = Pending::default();
        users::set_admin(&mut pending.write, user.user_num, admin);
        if admin {
            // Who is one no more begins anew.
            account_validity::delete(&mut pending.write, user.user_num);
        }
        self.commit_standing(&user, pending).await
    }

    /// Locks an account, or unlocks it ([spec]): its user can do nothing but end sessions, and gets all back as it was.
    ///
    /// [spec]: https://spec.matrix.org/v1.16/client-server-api/#account-locking
    ///
    /// # Errors
    /// See [`AdministrationError`].
    pub async fn set_locked(
        &self,
        user_id: &UserId,
        locked: bool,
    ) -> Result<(), AdministrationError> {
        let user = self.active_user(user_id).await?;
        let mut pending = Pending::default();
        users::set_locked(&mut pending.write, user.user_num, locked);
        self.commit_standing(&user, pending).await
    }

    /// Suspends an account, or ends that ([spec]): its user can read, leave, and take back what they said, but not act.
    ///
    /// [spec]: https://spec.matrix.org/v1.16/client-server-api/#account-suspension
    ///
    /// # Errors
    /// See [`AdministrationError`].
    pub async fn set_suspended(
        &self,
        user_id: &UserId,
        suspended: bool,
    ) -> Result<(), AdministrationError> {
        let user = self.active_user(user_id).await?;
        let mut pending = Pending::default();
        users::set_suspended(&mut pending.write, user.user_num, suspended);
        self.commit_standing(&user, pending).await
    }

    /// Shadow-bans a user, or ends that: what they do is answered as ever, and reaches nobody.
    ///
    /// # Errors
    /// See [`AdministrationError`].
    pub async fn set_shadow_banned(
        &self,
        user_id: &UserId,
        banned: bool,
    ) -> Result<(), AdministrationError> {
        let user = self.active_user(user_id).await?;
        let mut pending = Pending::default();
        users::set_shadow_banned(&mut pending.write, user.user_num, banned);
        self.commit_administration(pending).await?;
        self.store.shadow_bans.set(&user.name, banned);
        Ok(())
    }

    /// Commits what sessions know of their user. Read again, they know of the change; they themselves go on.
    async fn commit_standing(
        &self,
        user: &User,
        pending: Pending,
    ) -> Result<(), AdministrationError> {
        self.commit_administration(pending).await?;
        let tokens = access_tokens::of_user(&self.store.db, user.user_num).await;
        self.sessions.reload(tokens.as_deref().ok());
        tokens?;
        Ok(())
    }

    /// Closes an account, as [`Self::deactivate`] does for its user.
    ///
    /// # Errors
    /// See [`AdministrationError`].
    pub async fn deactivate_user(
        &self,
        user_id: &UserId,
        erase: bool,
    ) -> Result<(), AdministrationError> {
        let user = self.user(user_id).await?.ok_or(AdministrationError::UnknownUser)?;
        Ok(self.close_account(&user, erase).await?)
    }

    /// Adds a registration token; whether there was none of that name.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn create_registration_token(
        &self,
        token: &RegistrationToken,
    ) -> Result<bool, db::Error> {
        let mut write = Write::new();
        registration_tokens::insert(&mut write, token, self.now_ms());
        match self.store.db.write(write).await {
            Ok(_) => Ok(true),
            Err(WriteError::Conflict { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// The registration tokens of the database.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn registration_tokens(&self) -> Result<Vec<RegistrationToken>, db::Error> {
        registration_tokens::list(&self.store.db).await
    }

    /// Removes a registration token; whether there was one.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn delete_registration_token(&self, token: &str) -> Result<bool, db::Error> {
        let mut write = Write::new();
        let deleted = registration_tokens::delete(&mut write, token);
        Ok(self.store.db.write(write).await?.affected(deleted) > 0)
    }

    pub(crate) async fn active_user(&self, user_id: &UserId) -> Result<User, AdministrationError> {
        let user = self.user(user_id).await?.ok_or(AdministrationError::UnknownUser)?;
        if user.deactivated { Err(AdministrationError::Deactivated) } else { Ok(user) }
    }

    async fn commit_administration(&self, pending: Pending) -> Result<(), AdministrationError> {
        match self.commit(pending).await {
            Ok(()) => Ok(()),
            // The only expectation of these writes is that the user is active.
            Err(WriteError::Conflict { .. }) => Err(AdministrationError::Deactivated),
            Err(error) => Err(db::Error::from(error).into()),
        }
    }
}

#[cfg(test)]
mod tests;
