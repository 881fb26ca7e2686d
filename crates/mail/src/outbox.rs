//! Sending beside the requests: whoever asks for a mail is not kept waiting, and does not learn by the time it takes whether
//! one was sent.
use std::{sync::Arc, time::Duration};

use crate::{Letter, Mailer};

/// How many mails wait to be sent at most.
pub(crate) const WAITING_MAX: usize = 1_000;

/// After which times an SMTP server that has failed is asked again.
const RETRIES: [Duration; 4] = [
    Duration::from_secs(2),
    Duration::from_secs(15),
    Duration::from_mins(1),
    Duration::from_mins(5),
];

/// Too many mails wait already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too much mail is waiting to be sent")]
pub struct Full;

impl Mailer {
    /// Sends a letter soon, with a few further tries if the SMTP server fails. What is lost when the node stops has to be
    /// asked for again: it is for links that are valid for an hour.
    ///
    /// # Errors
    /// [`Full`].
    pub fn post(self: &Arc<Self>, to: String, letter: Letter) -> Result<(), Full> {
        let place = Arc::clone(&self.waiting).try_acquire_owned().map_err(|_| Full)?;
        let mailer = Arc::clone(self);
        tokio::spawn(async move {
            mailer.send_at_last(&to, &letter).await;
            drop(place);
        });
        Ok(())
    }

    async fn send_at_last(&self, to: &str, letter: &Letter) {
        let mut pauses = RETRIES.iter();
        loop {
            let Err(error) = self.send(to, letter).await else { return };
            let kind = letter.kind().name();
            let Some(pause) = pauses.next().filter(|_| error.may_pass()) else {
                tracing::warn!(kind, %error, "a mail could not be sent");
                return;
            };
            tracing::warn!(kind, %error, "a mail could not be sent; it is tried again");
            tokio::time::sleep(*pause).await;
        }
    }
}
