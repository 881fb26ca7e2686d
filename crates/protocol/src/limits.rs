//! Sizes that every event must keep ([spec]). All are in bytes of UTF-8, or numbers of elements.
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#size-limits
use crate::{
    RoomVersion,
    canonical::{self, Object, Value},
    ids::ID_BYTES_MAX,
};

/// The largest event: its canonical JSON with hashes and signatures, without `unsigned`.
pub const EVENT_BYTES_MAX: usize = 65_536;
/// The longest `type`, `state_key`, `sender`, `room_id` or `event_id`.
pub const FIELD_BYTES_MAX: usize = ID_BYTES_MAX;
/// The most `prev_events`.
pub const PREV_EVENTS_MAX: usize = 20;
/// The most `auth_events`.
pub const AUTH_EVENTS_MAX: usize = 10;

/// Which limit an event passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LimitError {
    /// More than [`EVENT_BYTES_MAX`] (`M_TOO_LARGE`).
    #[error("the event has {bytes} bytes, more than {EVENT_BYTES_MAX}")]
    EventTooLarge {
        /// What it has.
        bytes: usize,
    },
    /// A field has more than [`FIELD_BYTES_MAX`] (`M_TOO_LARGE` or `M_INVALID_PARAM`).
    #[error("{field} has more than {FIELD_BYTES_MAX} bytes")]
    FieldTooLong {
        /// Its name.
        field: &'static str,
    },
    /// More than [`PREV_EVENTS_MAX`] or [`AUTH_EVENTS_MAX`].
    #[error("{field} has too many elements")]
    TooManyReferences {
        /// Its name.
        field: &'static str,
    },
    /// The NUL character, which PostgreSQL cannot store in text.
    #[error("{field} has a NUL character")]
    Nul {
        /// Its name.
        field: &'static str,
    },
}

/// Checks the size of a whole event, in bytes of canonical JSON.
///
/// # Errors
/// [`LimitError::EventTooLarge`].
pub fn check_event_bytes(bytes: usize) -> Result<(), LimitError> {
    if bytes > EVENT_BYTES_MAX { Err(LimitError::EventTooLarge { bytes }) } else { Ok(()) }
}

/// Checks one of the short fields: length and NUL.
///
/// # Errors
/// [`LimitError::FieldTooLong`] or [`LimitError::Nul`], with the name of the field.
pub fn check_field(field: &'static str, value: &str) -> Result<(), LimitError> {
    if value.len() > FIELD_BYTES_MAX {
        return Err(LimitError::FieldTooLong { field });
    }
    if value.as_bytes().contains(&0) {
        return Err(LimitError::Nul { field });
    }
    Ok(())
}

/// Checks the numbers of `prev_events` and `auth_events`.
///
/// # Errors
/// [`LimitError::TooManyReferences`], with the name of the field.
pub fn check_references(prev_events: usize, auth_events: usize) -> Result<(), LimitError> {
    if prev_events > PREV_EVENTS_MAX {
        return Err(LimitError::TooManyReferences { field: "prev_events" });
    }
    if auth_events > AUTH_EVENTS_MAX {
        return Err(LimitError::TooManyReferences { field: "auth_events" });
    }
    Ok(())
}

/// Checks an event that came from outside. Fields that are missing or have the wrong type are not this function's
/// business.
///
/// # Errors
/// The first limit that it passes.
pub(crate) fn check_object(
    event: &Object,
    bytes: usize,
    version: RoomVersion,
) -> Result<(), LimitError> {
    check_event_bytes(bytes)?;
    for field in ["type", "state_key", "sender", "room_id", "event_id"] {
        let unused_id = field == "event_id" && version >= RoomVersion::V3;
        if let (Some(value), false) = (canonical::string(event, field), unused_id) {
            check_field(field, value)?;
        }
    }
    let count = |field| match event.get(field) {
        Some(Value::Array(items)) => items.len(),
        _ => 0,
    };
    check_references(count("prev_events"), count("auth_events"))
}

#[cfg(test)]
mod tests;
