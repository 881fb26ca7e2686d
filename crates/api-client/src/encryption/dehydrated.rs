//! The device that waits for messages while its user has no other.
pub(crate) mod delete_device;
mod error;
pub(crate) mod get_device;
pub(crate) mod put_device;
pub(crate) mod read_events;
