//! For whom events are written out.
use accounts::Session;
use rooms::{Transaction, Viewer};

/// The caller, as the one who will read events.
pub(crate) fn viewer(session: &Session) -> Viewer<'_> {
    Viewer { user_num: session.user_num, device_id: device(session) }
}

/// The caller's device under one of its transaction ids.
pub(crate) fn transaction<'a>(session: &'a Session, transaction_id: &'a str) -> Transaction<'a> {
    Transaction { device_id: device(session), transaction_id }
}

/// A session without a device has a transaction space of its own, which no device can have: ids are not empty.
fn device(session: &Session) -> &str {
    session.device().map_or("", |device| device.as_str())
}
