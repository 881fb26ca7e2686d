//! `[rendezvous]`
use crate::section::section;

section! {
    /// Where two devices meet that log one another in by a QR code.
    pub struct Rendezvous in "rendezvous" {
        /// Whether devices can meet here. What they exchange is small, encrypted, kept in memory, and
        /// gone after five minutes.
        pub enabled: bool = true,
        /// Whether only users can begin a meeting, where the protocol lets the server choose
        /// (MSC4388). The older one (MSC4108) lets anybody.
        pub users_only: bool = true,
        /// How many meetings there are at most. The oldest gives way.
        pub meetings_max: u32 = 1_000,
    }
    check(this, complaints) {
        if this.meetings_max == 0 {
            complaints.push(("meetings_max", "expected at least 1".to_owned()));
        }
    }
}
