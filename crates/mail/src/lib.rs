//! Sending mail over SMTP: the one way by which the server writes to addresses.
//!
//! A [`Letter`] is one of a few kinds ([`Kind`]). Its words come from templates that an administrator can replace, checked when the
//! node starts; what users have typed is only ever a value in them, so that it cannot become a header or markup.
//!
//! Invariants:
//! - The certificate of the SMTP server is always checked; `starttls` never falls back to plain text.
//! - A mail has one recipient, whose address was parsed, and no header line that somebody else than the administrator
//!   has written.
mod digest;
mod letter;
mod outbox;
mod refusal;
mod send;
mod setup;
mod templates;
#[cfg(feature = "testing")]
pub mod testing;

pub use self::{
    digest::{Digest, DigestMessage, DigestRoom},
    letter::{Kind, Letter, in_words},
    outbox::Full,
    send::{Fault, Mailer, SendError},
    setup::{SetupError, check},
};
