//! Timestamp massaging: application services say when something was sent elsewhere ([spec]).
//!
//! [spec]: https://spec.matrix.org/v1.16/application-service-api/#timestamp-massaging
use accounts::Session;
use endpoint::{Failure, error::INVALID_PARAM};
use protocol::canonical::INTEGER_MAX;
use serde::Deserialize;

/// The query of a request that sends an event.
#[derive(Deserialize)]
pub(crate) struct Massage {
    ts: Option<String>,
}

impl Massage {
    /// When the event is said to have been sent (Unix ms). From anybody but an application service it is not heard.
    ///
    /// # Errors
    /// 400 `M_INVALID_PARAM` for a time that no event can have.
    pub(crate) fn sent_ts(&self, session: &Session) -> Result<Option<i64>, Failure> {
        let Some(ts) = self.ts.as_ref().filter(|_| session.appservice.is_some()) else {
            return Ok(None);
        };
        let ts = ts.parse().ok().filter(|ts| (0..=INTEGER_MAX).contains(ts));
        let ts = ts.ok_or_else(|| INVALID_PARAM.because("ts is no time that an event can have"));
        ts.map(Some)
    }
}
