//! The project's own chores: what continuous integration checks, runnable at home in the same words.

pub mod ci;
pub mod docs;
pub mod tidy;
