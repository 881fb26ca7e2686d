//! Hashes and signatures: the one place that makes them, and the one that believes them.
//!
//! Invariants:
//! - [`Verified`] has no public constructor: it exists only for events that this module has built
//!   ([`Signer::build`]) or checked ([`verify`]).
//!
//!   ```compile_fail
//!   use protocol::{Pdu, signing::Verified};
//!   fn forge(pdu: Pdu) -> Verified<Pdu> {
//!       Verified(pdu)
//!   }
//!   ```
//!   ```compile_fail
//!   use protocol::{Pdu, signing::Verified};
//!   fn forge(pdu: Pdu) -> Verified<Pdu> {
//!       Verified::new(pdu)
//!   }
//!   ```
//! - An event is signed only from an [`EventIntent`], which refuses senders of other servers. JSON that came from
//!   outside is never signed as an event: [`Signer::sign_object`] refuses what looks like one.
mod intent;
mod object;
mod reference_hash;
mod server_key;
mod signer;
mod verified;
mod verify;

pub use intent::{EventIntent, IntentError, Placement};
pub use object::{ObjectSignatureError, PublicKey, SignObjectError, verify_signed_object};
pub use reference_hash::event_id;
pub use server_key::{KeyFormatError, ServerKey};
pub use signer::{BuildError, Signer};
pub use verified::Verified;
pub use verify::{KeyRing, UnverifiedPdu, VerifyError, VerifyKey, verify};

#[cfg(test)]
mod tests;
