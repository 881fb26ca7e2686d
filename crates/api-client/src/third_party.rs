//! Other networks that are bridged to this server.
mod found;
mod get_location;
mod get_locations;
mod get_protocol;
mod get_protocols;
mod get_user;
mod get_users;

use endpoint::endpoints;

use crate::App;

endpoints! { App:
    get_protocols,
    get_protocol,
    get_locations,
    get_location,
    get_users,
    get_user,
}

#[cfg(test)]
#[cfg(feature = "testing")]
mod tests;
