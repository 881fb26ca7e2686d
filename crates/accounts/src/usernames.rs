//! Which names a new user may have ([spec]).
//!
//! [spec]: https://spec.matrix.org/v1.16/appendices/#user-identifiers
use protocol::ids::{LocalpartError, OwnedUserId, UserId, local_user_id, new_local_user_id};
use store::users;

use crate::{Accounts, User};

/// The letters and digits of a name that the server makes up.
const MADE_UP_CHARS: usize = 12;

/// Why a name cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum NameError {
    /// It does not follow the grammar.
    #[error("{0}")]
    Invalid(LocalpartError),
    /// It has only digits: such names are kept for guests.
    #[error("A user name cannot have only digits")]
    Digits,
    /// It begins with an underscore: such names are kept for bridges.
    #[error("A user name cannot begin with an underscore")]
    Underscore,
    /// Only an application service can have it.
    #[error("This user name is reserved for an application service")]
    Claimed,
    /// It is kept for those who run the server.
    #[error("This user name is reserved")]
    Reserved,
    /// Somebody has it, or had it.
    #[error("This user name is taken")]
    InUse,
    /// The database failed.
    #[error(transparent)]
    Failed(#[from] db::Error),
}

/// Who knows which names only application services can have.
pub trait ClaimedNames: Send + Sync + 'static {
    /// Whether only an application service can have `user`.
    fn is_claimed(&self, user: &UserId) -> bool;
}

/// A server without application services.
#[derive(Clone, Copy, Debug, Default)]
pub struct NothingClaimed;

impl ClaimedNames for NothingClaimed {
    fn is_claimed(&self, _: &UserId) -> bool {
        false
    }
}

impl Accounts {
    /// The id that a new user called `name` would have. Capital letters become small ones.
    ///
    /// # Errors
    /// See [`NameError`].
    pub async fn check_available(&self, name: &str) -> Result<OwnedUserId, NameError> {
        let user_id = self.new_user_id(name)?;
        let localpart = user_id.localpart();
        if self.claimed.is_claimed(&user_id) {
            return Err(NameError::Claimed);
        }
        if localpart.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(NameError::Digits);
        }
        if localpart.starts_with('_') {
            return Err(NameError::Underscore);
        }
        if self.settings.reserved_names.iter().any(|reserved| reserved == localpart) {
            return Err(NameError::Reserved);
        }
        self.check_unused(user_id).await
    }

    /// As [`Self::check_available`], for an administrator, who may give any valid name.
    pub(crate) async fn check_for_administrator(
        &self,
        name: &str,
    ) -> Result<OwnedUserId, NameError> {
        self.check_unused(self.new_user_id(name)?).await
    }

    /// The user whom somebody means who typed `name` to log in: a localpart or a whole user id. Where a name in other
    /// letters does not exist, the same in small ones is meant.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn find_by_name(&self, name: &str) -> Result<Option<User>, db::Error> {
        let Ok(user_id) = local_user_id(name, self.server_name()) else { return Ok(None) };
        if let Some(user) = self.user(&user_id).await? {
            return Ok(Some(user));
        }
        let small = user_id.localpart().to_ascii_lowercase();
        if small == user_id.localpart() {
            return Ok(None);
        }
        match local_user_id(&small, self.server_name()) {
            Ok(user_id) => self.user(&user_id).await,
            Err(_) => Ok(None),
        }
    }

    /// A name for somebody who asks for none: letters, so that it is nobody's number.
    pub(crate) fn made_up_name(&self) -> String {
        let bytes = entropy::array::<MADE_UP_CHARS>(&*self.store.entropy);
        bytes.iter().map(|byte| char::from(b'a' + byte % 26)).collect()
    }

    fn new_user_id(&self, name: &str) -> Result<OwnedUserId, NameError> {
        new_local_user_id(&name.to_ascii_lowercase(), self.server_name())
            .map_err(NameError::Invalid)
    }

    /// As [`Self::check_available`], for the application service that the name belongs to. It spells the name as it
    /// will be.
    pub(crate) async fn check_for_appservice(&self, name: &str) -> Result<OwnedUserId, NameError> {
        let user_id = new_local_user_id(name, self.server_name()).map_err(NameError::Invalid)?;
        self.check_unused(user_id).await
    }

    async fn check_unused(&self, user_id: OwnedUserId) -> Result<OwnedUserId, NameError> {
        match users::find(&self.store.db, &user_id).await? {
            Some(_) => Err(NameError::InUse),
            None => Ok(user_id),
        }
    }
}
