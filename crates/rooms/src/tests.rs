//! Rooms on both engines.
mod aliases;
mod deletion;
mod membership;
mod panic_sweep;
mod panics;
mod purging;
mod receiving;
mod relations;
mod state_storage;
mod timeline;
mod writing;
