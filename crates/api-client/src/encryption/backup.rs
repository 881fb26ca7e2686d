//! Key backups ([spec]): versions, and the keys in them: all, those of a room, or one.
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#server-side-key-backups
pub(crate) mod create_version;
pub(crate) mod delete_keys;
pub(crate) mod delete_room_keys;
pub(crate) mod delete_session_key;
pub(crate) mod delete_version;
mod error;
pub(crate) mod get_current_version;
pub(crate) mod get_keys;
pub(crate) mod get_room_keys;
pub(crate) mod get_session_key;
pub(crate) mod get_version;
pub(crate) mod put_keys;
pub(crate) mod put_room_keys;
pub(crate) mod put_session_key;
mod session_key;
pub(crate) mod update_version;
mod version;
