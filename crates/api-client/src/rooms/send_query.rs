//! What a request that sends can say beside its body.
use endpoint::{Failure, error::INVALID_PARAM};
use serde::Deserialize;

/// The parameters of a request that sends an event.
#[derive(Deserialize)]
pub(crate) struct SendQuery {
    /// Send it later: after how long (ms, MSC4140).
    #[serde(rename = "org.matrix.msc4140.delay")]
    pub(crate) delay_ms: Option<i64>,
    /// For how long (ms) every member is to be told of it (MSC4354).
    #[serde(rename = "org.matrix.msc4354.sticky_duration_ms")]
    sticky_ms: Option<i64>,
}

impl SendQuery {
    /// For how long it is sticky.
    ///
    /// # Errors
    /// 400 `M_INVALID_PARAM` for less than nothing.
    pub(crate) fn sticky_ms(&self) -> Result<Option<i64>, Failure> {
        match self.sticky_ms {
            Some(..0) => {
                Err(INVALID_PARAM.because("org.matrix.msc4354.sticky_duration_ms is negative"))
            }
            sticky_ms => Ok(sticky_ms.map(|ms| ms.min(rooms::STICKY_MS_MAX))),
        }
    }
}
