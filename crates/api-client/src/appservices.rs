//! What only application services ask for.
mod ping;
mod set_network_room_visibility;

use endpoint::endpoints;

use crate::App;

endpoints! { App: ping, set_network_room_visibility }

#[cfg(test)]
#[cfg(feature = "testing")]
mod tests;
