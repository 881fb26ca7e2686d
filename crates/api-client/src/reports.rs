//! Reporting to those who run the server.
mod error;
mod report_event;
mod report_room;
mod report_user;

use endpoint::endpoints;

use crate::App;

endpoints! { App:
    report_event,
    report_room,
    report_user,
}

#[cfg(test)]
#[cfg(feature = "testing")]
mod tests;
