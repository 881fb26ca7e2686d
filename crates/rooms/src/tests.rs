//! Rooms on both engines.
mod aliases;
mod membership;
mod receiving;
mod state_storage;
mod timeline;
mod writing;
