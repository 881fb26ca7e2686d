//! Rooms on both engines.
mod membership;
mod state_storage;
mod timeline;
mod writing;
