//! Rooms on both engines.
mod aliases;
mod membership;
mod panic_sweep;
mod panics;
mod receiving;
mod relations;
mod state_storage;
mod timeline;
mod writing;
