//! Where two devices meet that log one another in by a QR code: as JSON (MSC4388), and by the headers of HTTP (MSC4108).
mod create_session;
mod delete_session;
mod error;
mod get_availability;
mod headers;
mod legacy_create_session;
mod legacy_delete_session;
mod legacy_read_session;
mod legacy_write_session;
mod read_session;
mod write_session;
mod write_session_once;

use endpoint::endpoints;

use crate::App;

endpoints! { App:
    get_availability,
    create_session,
    read_session,
    write_session,
    write_session_once,
    delete_session,
    legacy_create_session,
    legacy_read_session,
    legacy_write_session,
    legacy_delete_session,
}

#[cfg(test)]
#[cfg(feature = "testing")]
mod tests;
