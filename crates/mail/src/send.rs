//! Handing a mail to the SMTP server.
use std::{
    error::Error as StdError,
    fmt,
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};

use clock::SharedClock;
use config::Email;
use entropy::SharedEntropy;
use lettre::{
    Address, AsyncTransport as _, Message,
    message::{
        Mailbox, MultiPart,
        header::{HeaderName, HeaderValue},
    },
};
use tokio::sync::{Mutex, Semaphore};

use crate::{
    Letter, SetupError, refusal,
    setup::{Connecting, Transport, sender},
    templates::{TemplateError, Templates, Words},
};

/// How many connections to the SMTP server there are at the same time.
pub(crate) const CONNECTIONS_MAX: u32 = 4;

/// What says that no human being has written a mail (RFC 3834).
const AUTOMATIC: HeaderName = HeaderName::new_from_ascii_str("Auto-Submitted");

/// Where programs that read mail find how to get no more of it (RFC 2369), and that a `POST` is enough (RFC 8058).
const UNSUBSCRIBE: HeaderName = HeaderName::new_from_ascii_str("List-Unsubscribe");
const UNSUBSCRIBE_POST: HeaderName = HeaderName::new_from_ascii_str("List-Unsubscribe-Post");

/// Why a mail was not sent.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The recipient is none.
    #[error("{0:?} is not an e-mail address")]
    Address(String),
    /// A template failed with these values.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The mail could not be put together.
    #[error("the mail could not be written: {0}")]
    Form(String),
    /// The SMTP server has not answered in time.
    #[error("the SMTP server {host} has not answered within {} seconds", .within.as_secs())]
    Timeout {
        /// The server.
        host: String,
        /// How long we waited.
        within: Duration,
    },
    /// The SMTP server cannot be reached, or does not take the mail.
    #[error("the SMTP server {host} did not take it: {why}")]
    Refused {
        /// The server.
        host: String,
        /// What it said, or what happened to the connection.
        why: String,
        /// What is to be made of it.
        fault: Fault,
    },
}

/// What a mail that was not sent says of other tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The SMTP server cannot be reached, has not answered, or does not let us log in. No other mail fares better now.
    Server,
    /// The SMTP server does not take this mail now (4xx).
    Passing,
    /// The address does not exist, or takes no mail any more (5xx).
    Address,
    /// The SMTP server never takes it (5xx), and does not say for sure whether that is because of the address.
    Unclear,
    /// The mail cannot be sent like this, whatever the address.
    Mail,
}

impl SendError {
    /// Whether another try may go better soon.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        matches!(self.fault(), Fault::Server | Fault::Passing)
    }

    /// What it says of other tries.
    #[must_use]
    pub const fn fault(&self) -> Fault {
        match self {
            Self::Timeout { .. } => Fault::Server,
            Self::Refused { fault, .. } => *fault,
            Self::Address(_) => Fault::Address,
            Self::Template(_) | Self::Form(_) => Fault::Mail,
        }
    }
}

/// Sends mail.
pub struct Mailer {
    pub(crate) connecting: Connecting,
    transport: Mutex<Transport>,
    templates: Templates,
    pub(crate) from: Mailbox,
    host: String,
    pub(crate) within: Duration,
    app_name: String,
    server_name: String,
    clock: SharedClock,
    entropy: SharedEntropy,
    pub(crate) turns: Semaphore,
    pub(crate) waiting: Arc<Semaphore>,
}

impl fmt::Debug for Mailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mailer")
            .field("host", &self.host)
            .field("from", &self.from)
            .finish_non_exhaustive()
    }
}

impl Mailer {
    /// The mailer of a server; `None` if none is configured.
    ///
    /// # Errors
    /// See [`SetupError`].
    pub fn new(
        email: &Email,
        server_name: &str,
        clock: SharedClock,
        entropy: SharedEntropy,
    ) -> Result<Option<Arc<Self>>, SetupError> {
        let (Some(host), Some(from)) = (&email.host, &email.from) else { return Ok(None) };
        let connecting = Connecting::new(email, host)?;
        Ok(Some(Arc::new(Self {
            transport: Mutex::new(connecting.transport()),
            connecting,
            templates: Templates::load(email.templates.as_deref())?,
            from: sender(from)?,
            host: host.clone(),
            within: email.timeout.as_duration(),
            app_name: email.app_name.clone(),
            server_name: server_name.to_owned(),
            clock,
            entropy,
            turns: Semaphore::new(CONNECTIONS_MAX as usize),
            waiting: Arc::new(Semaphore::new(crate::outbox::WAITING_MAX)),
        })))
    }

    /// Sends a letter to one address, and returns when the SMTP server has taken it.
    ///
    /// # Errors
    /// See [`SendError`].
    pub async fn send(&self, to: &str, letter: &Letter) -> Result<(), SendError> {
        let sent = self.try_to_send(to, letter).await;
        let outcome = if sent.is_ok() { "sent" } else { "failed" };
        metrics::counter!("longhouse_mails_total", "kind" => letter.kind().name(), "outcome" => outcome)
            .increment(1);
        sent
    }

    async fn try_to_send(&self, to: &str, letter: &Letter) -> Result<(), SendError> {
        let address: Address = to.parse().map_err(|_| SendError::Address(to.to_owned()))?;
        let words = self.templates.render(letter, &self.app_name, &self.server_name, to)?;
        let message = self.message(address, words, letter.unsubscribe_link.as_deref())?;
        let _turn = self.turns.acquire().await;
        let transport = self.transport.lock().await.clone();
        match tokio::time::timeout(self.within, transport.send(message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(self.refused(&error)),
            Err(_) => {
                // The connection is in the middle of something: no later mail may go over it.
                let broken = std::mem::replace(
                    &mut *self.transport.lock().await,
                    self.connecting.transport(),
                );
                broken.shutdown().await;
                Err(SendError::Timeout { host: self.host.clone(), within: self.within })
            }
        }
    }

    fn message(
        &self,
        to: Address,
        words: Words,
        unsubscribe_link: Option<&str>,
    ) -> Result<Message, SendError> {
        let form = |error: lettre::error::Error| SendError::Form(error.to_string());
        let now_ms = u64::try_from(self.clock.now_ms()).unwrap_or_default();
        let id = entropy::token(&*self.entropy, 18);
        let host = self.server_name.split(':').next().unwrap_or_default();
        let mut message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(words.subject)
            .date(UNIX_EPOCH + Duration::from_millis(now_ms))
            .message_id(Some(format!("<{id}@{host}>")));
        // Nobody's out-of-office answer is to come back.
        message = message.raw_header(HeaderValue::new(AUTOMATIC, "auto-generated".to_owned()));
        if let Some(link) = unsubscribe_link {
            message = message.raw_header(HeaderValue::new(UNSUBSCRIBE, format!("<{link}>")));
            // Others are not to be asked in the clear to send what they know (RFC 8058 section 3.1).
            if link.starts_with("https://") {
                let one_click = "List-Unsubscribe=One-Click".to_owned();
                message = message.raw_header(HeaderValue::new(UNSUBSCRIBE_POST, one_click));
            }
        }
        message.multipart(MultiPart::alternative_plain_html(words.text, words.html)).map_err(form)
    }

    fn refused(&self, error: &lettre::transport::smtp::Error) -> SendError {
        let mut why = error.to_string();
        let mut source = StdError::source(error);
        while let Some(cause) = source {
            let cause_text = cause.to_string();
            if !why.contains(&cause_text) {
                why = format!("{why}: {cause_text}");
            }
            source = cause.source();
        }
        let fault = refusal::fault(error, &why);
        SendError::Refused { host: self.host.clone(), why, fault }
    }
}

#[cfg(test)]
mod tests;
