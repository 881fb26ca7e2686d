//! Matrix's formats, as pure functions: identifiers, canonical JSON, events (PDUs), their limits, hashes, signatures
//! and redaction, push rules and filters.
//!
//! Invariants:
//! - No I/O, no async, no clock, no randomness: bytes, times and entropy are arguments.
//! - This is the only crate that imports `ruma`.
//! - Only [`signing`] makes a [`signing::Verified`] value, and it signs an event only from a typed
//!   [`signing::EventIntent`] of a local user, never from JSON that came from outside.
pub mod canonical;
pub mod filter;
pub mod ids;
pub mod limits;
pub mod object;
pub mod pdu;
pub mod push;
pub mod redaction;
pub mod room_version;
pub mod signing;
pub mod threepid;

pub use pdu::Pdu;
pub use room_version::RoomVersion;
pub use threepid::Threepid;

/// How many cases a property test runs: `default`, or what `LONGHOUSE_TEST_CASES` says.
#[cfg(test)]
fn test_cases(default: u32) -> u32 {
    std::env::var("LONGHOUSE_TEST_CASES")
        .ok()
        .and_then(|count| count.parse().ok())
        .unwrap_or(default)
}
