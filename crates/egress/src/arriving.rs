//! Answers whose bodies are read piece by piece.
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, StatusCode};
use reqwest::Response;
use tokio::time::Instant;

use crate::{Answer, Error};

/// An answer whose body is still on its way. Dropped, it ends the request.
#[derive(Debug)]
pub struct Arriving {
    response: Response,
    /// How many bytes are taken.
    max: usize,
    /// How many of them have come.
    taken: usize,
    deadline: Instant,
    within: Duration,
}

impl Arriving {
    pub(crate) fn new(response: Response, max: usize, deadline: Instant, within: Duration) -> Self {
        Self { response, max, taken: 0, deadline, within }
    }

    /// The status; a redirect that was not followed is one.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.response.status()
    }

    /// The headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        self.response.headers()
    }

    /// The next bytes of the body; `None` at its end.
    ///
    /// # Errors
    /// If the body is longer than the request allows, the time is up, or the connection breaks.
    pub async fn piece(&mut self) -> Result<Option<Bytes>, Error> {
        let chunk = tokio::time::timeout_at(self.deadline, self.response.chunk()).await;
        let chunk = chunk.map_err(|_| Error::Timeout(self.within))?;
        let Some(piece) = chunk.map_err(|error| Error::of(&error))? else { return Ok(None) };
        self.taken = self.taken.saturating_add(piece.len());
        if self.taken > self.max {
            return Err(Error::TooLong { max: self.max });
        }
        Ok(Some(piece))
    }

    /// The whole answer. An endless body costs at most as many bytes of memory as the request allows.
    pub(crate) async fn whole(mut self) -> Result<Answer, Error> {
        let announced = self.response.content_length().unwrap_or(0);
        if announced > u64::try_from(self.max).unwrap_or(u64::MAX) {
            return Err(Error::TooLong { max: self.max });
        }
        let mut body = BytesMut::new();
        while let Some(piece) = self.piece().await? {
            body.extend_from_slice(&piece);
        }
        let status = self.status();
        let headers = std::mem::take(self.response.headers_mut());
        Ok(Answer { status, headers, body: body.freeze() })
    }
}
