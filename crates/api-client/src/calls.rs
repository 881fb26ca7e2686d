//! Calls: relays and media servers.
mod get_rtc_transports;
mod get_turn_server;

use endpoint::endpoints;

pub(crate) use self::get_rtc_transports::transports;
use crate::App;

endpoints! { App:
    get_turn_server,
    get_rtc_transports,
}

#[cfg(test)]
#[cfg(feature = "testing")]
mod tests;
