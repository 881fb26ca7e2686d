//! Identifiers ([appendix]): the types, the stricter rules for what this server hands out, and generators.
//!
//! The types are ruma's. Parsing one checks its grammar; a `&UserId` that exists is a valid one.
//!
//! [appendix]: https://spec.matrix.org/v1.16/appendices/#identifier-grammar
pub use ruma::{
    ClientSecret, DeviceId, EventId, IdParseError, MxcUri, OwnedClientSecret, OwnedDeviceId,
    OwnedEventId, OwnedMxcUri, OwnedRoomAliasId, OwnedRoomId, OwnedRoomOrAliasId, OwnedServerName,
    OwnedTransactionId, OwnedUserId, RoomAliasId, RoomId, RoomOrAliasId, RoomVersionId, ServerName,
    TransactionId, UserId,
};

mod generate;

pub use generate::{device_id, made_up_event_id, media_id, room_id, token};

/// The longest identifier, in bytes of UTF-8, sigil and server name included.
pub const ID_BYTES_MAX: usize = 255;

/// Why a name cannot become a user of this server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LocalpartError {
    /// The localpart is empty.
    #[error("a user name cannot be empty")]
    Empty,
    /// A character outside `a-z 0-9 . _ = - / +`.
    #[error("a user name can only have the characters a-z, 0-9 and . _ = - / +")]
    Character,
    /// `@localpart:server` would be longer than [`ID_BYTES_MAX`].
    #[error("the user id would be longer than {ID_BYTES_MAX} bytes")]
    TooLong,
    /// The id names another server.
    #[error("the user id belongs to another server")]
    OtherServer,
}

/// The id of a *new* user of `server`, by the strict grammar ([spec]).
///
/// # Errors
/// See [`LocalpartError`].
///
/// [spec]: https://spec.matrix.org/v1.16/appendices/#user-identifiers
pub fn new_local_user_id(
    localpart: &str,
    server: &ServerName,
) -> Result<OwnedUserId, LocalpartError> {
    if localpart.is_empty() {
        return Err(LocalpartError::Empty);
    }
    if !localpart.bytes().all(is_localpart_byte) {
        return Err(LocalpartError::Character);
    }
    let id = format!("@{localpart}:{server}");
    if id.len() > ID_BYTES_MAX {
        return Err(LocalpartError::TooLong);
    }
    OwnedUserId::try_from(id).map_err(|_| LocalpartError::Character)
}

/// The user of `server` that somebody means who typed `name`: a localpart or a whole user id. The historical grammar is
/// accepted, for users that exist already.
///
/// # Errors
/// [`LocalpartError::OtherServer`] for an id of another server, else what is wrong with the name.
pub fn local_user_id(name: &str, server: &ServerName) -> Result<OwnedUserId, LocalpartError> {
    if name.is_empty() {
        return Err(LocalpartError::Empty);
    }
    let id = UserId::parse_with_server_name(name, server).map_err(|_| LocalpartError::Character)?;
    if id.as_str().len() > ID_BYTES_MAX {
        return Err(LocalpartError::TooLong);
    }
    if id.server_name() != server {
        return Err(LocalpartError::OtherServer);
    }
    if id.localpart().is_empty() {
        return Err(LocalpartError::Empty);
    }
    Ok(id)
}

/// Whether `user` belongs to `server`.
#[must_use]
pub fn is_local(user: &UserId, server: &ServerName) -> bool {
    user.server_name() == server
}

fn is_localpart_byte(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'=' | b'-' | b'/' | b'+')
}

#[cfg(test)]
mod tests;
