//! By which way messages go to addresses.
use std::{fmt, sync::Arc};

use mail::Mailer;
use protocol::threepid::Medium;
use sms::Sms;

/// By which way messages go to addresses. Without one, there are no addresses of that kind.
#[derive(Clone, Default)]
pub struct Messengers {
    /// Mail.
    pub mail: Option<Arc<Mailer>>,
    /// Text messages.
    pub sms: Option<Arc<Sms>>,
    /// How addresses are verified.
    pub verification: Verification,
}

impl fmt::Debug for Messengers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Messengers")
            .field("mail", &self.mail.is_some())
            .field("sms", &self.sms.is_some())
            .field("verification", &self.verification)
            .finish()
    }
}

impl Messengers {
    /// Whether messages go to addresses of this kind.
    #[must_use]
    pub fn reach(&self, medium: Medium) -> bool {
        match medium {
            Medium::Email => self.mail.is_some(),
            Medium::Msisdn => self.sms.is_some(),
        }
    }
}

/// How addresses are verified.
#[derive(Clone, Debug, Default)]
pub struct Verification {
    /// Where clients reach the server, without a slash at the end: links begin with it.
    pub base_url: String,
    /// How long a link or code is valid, and a proof once it was given (ms).
    pub lifetime_ms: i64,
    /// Whether who asks for a message is told that an address is somebody's already, or nobody's.
    pub tells_in_use: bool,
    /// The hosts that people may be led on to.
    pub next_link_hosts: Vec<String>,
}
