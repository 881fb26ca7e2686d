//! Profiles ([spec]).
//!
//! That the member events of the user's rooms follow is up to the caller.
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#profiles
use db::WriteError;
use protocol::ids::{MxcUri, UserId};
use serde_json::{Map, Value};
use store::profiles;

use crate::{Accounts, Session, commit::Pending};

/// The field with the name that others see.
pub const DISPLAYNAME: &str = "displayname";

/// The field with the picture that others see.
pub const AVATAR_URL: &str = "avatar_url";

/// The longest name of a field, in bytes.
const FIELD_BYTES_MAX: usize = 255;

/// The most that names and values of a profile may come to, in bytes of JSON.
const PROFILE_BYTES_MAX: i64 = 64 * 1024;

/// The longest display name, in characters; the avatar's URL may have four times as many.
const DISPLAYNAME_CHARS_MAX: usize = 256;

/// Why a profile was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// It is somebody else's.
    #[error("You can only change your own profile")]
    NotYours,
    /// No field can be called so.
    #[error("This is not the name of a profile field")]
    Field,
    /// The name of the field is too long.
    #[error("The name of a profile field has at most {FIELD_BYTES_MAX} bytes")]
    FieldTooLong,
    /// The field cannot have this value.
    #[error("The field cannot have this value")]
    Value,
    /// The profile would be too large.
    #[error("A profile has at most {PROFILE_BYTES_MAX} bytes")]
    TooLarge,
    /// The database failed.
    #[error(transparent)]
    Failed(#[from] db::Error),
}

impl Accounts {
    /// The profile of a user of this server; `None` if there is no such user.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn profile(&self, user_id: &UserId) -> Result<Option<Map<String, Value>>, db::Error> {
        let Some(user) = self.user(user_id).await? else { return Ok(None) };
        let fields = profiles::of_user(&self.store.db, user.user_num).await?;
        let mut profile = Map::new();
        for field in fields {
            let value = serde_json::from_str(&field.value)
                .map_err(|_| db::Error::inconsistent("profile_fields.value"))?;
            profile.insert(field.field, value);
        }
        Ok(Some(profile))
    }

    /// Sets a field of the user's own profile. `null` removes the name or the avatar.
    ///
    /// # Errors
    /// See [`ProfileError`].
    pub async fn set_profile_field(
        &self,
        session: &Session,
        user_id: &UserId,
        field: &str,
        value: &Value,
    ) -> Result<(), ProfileError> {
        check_field(field)?;
        let value = check_value(field, value)?;
        self.store_field(session, user_id, field, value.map(Value::to_string).as_deref()).await
    }

    /// Removes a field of the user's own profile.
    ///
    /// # Errors
    /// See [`ProfileError`].
    pub async fn delete_profile_field(
        &self,
        session: &Session,
        user_id: &UserId,
        field: &str,
    ) -> Result<(), ProfileError> {
        check_field(field)?;
        self.store_field(session, user_id, field, None).await
    }

    async fn store_field(
        &self,
        session: &Session,
        user_id: &UserId,
        field: &str,
        value: Option<&str>,
    ) -> Result<(), ProfileError> {
        if session.user_id != user_id {
            return Err(ProfileError::NotYours);
        }
        let user = session.user_num;
        let mut pending = Pending::default();
        let position = self.profile_change(&mut pending, user).await?;
        profiles::set(&mut pending.write, user, field, value, &position);
        profiles::expect_at_most(&mut pending.write, user, PROFILE_BYTES_MAX);
        match self.commit(pending).await {
            Ok(()) => Ok(()),
            Err(WriteError::Conflict { .. }) => Err(ProfileError::TooLarge),
            Err(error) => Err(db::Error::from(error).into()),
        }
    }
}

/// Whether a display name is one.
pub(crate) fn check_displayname(name: &str) -> Result<(), ProfileError> {
    let fits = name.chars().count() <= DISPLAYNAME_CHARS_MAX;
    if fits { Ok(()) } else { Err(ProfileError::Value) }
}

/// The names of fields follow the grammar of namespaced identifiers, but for the three that the specification has.
fn check_field(field: &str) -> Result<(), ProfileError> {
    if field.len() > FIELD_BYTES_MAX {
        return Err(ProfileError::FieldTooLong);
    }
    if field == DISPLAYNAME || field == AVATAR_URL {
        return Ok(());
    }
    let is_part = |part: &str| {
        let rest =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte);
        part.bytes().next().is_some_and(|first| first.is_ascii_lowercase())
            && part.bytes().all(rest)
    };
    let is_namespaced = field.contains('.') && field.split('.').all(is_part);
    if is_namespaced { Ok(()) } else { Err(ProfileError::Field) }
}

/// The value to store; `None` removes the field.
fn check_value<'v>(field: &str, value: &'v Value) -> Result<Option<&'v Value>, ProfileError> {
    match (field, value) {
        (DISPLAYNAME | AVATAR_URL, Value::Null) => Ok(None),
        (DISPLAYNAME, Value::String(name)) => check_displayname(name).map(|()| Some(value)),
        // Clients remove the avatar so.
        (AVATAR_URL, Value::String(url)) if url.is_empty() => Ok(None),
        (AVATAR_URL, Value::String(url)) => {
            let uri: &MxcUri = url.as_str().into();
            let fits = url.chars().count() <= 4 * DISPLAYNAME_CHARS_MAX && uri.is_valid();
            if fits { Ok(Some(value)) } else { Err(ProfileError::Value) }
        }
        ("m.tz", Value::String(_)) => Ok(Some(value)),
        (DISPLAYNAME | AVATAR_URL | "m.tz", _) => Err(ProfileError::Value),
        _ => Ok(Some(value)),
    }
}

#[cfg(test)]
mod tests;
