//! The push rules, as a client sees them.
mod rules;
mod sync;
