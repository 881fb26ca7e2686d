//! What administrators do from their clients.
mod error;
mod get_lock;
mod get_suspension;
mod set_lock;
mod set_suspension;

use endpoint::endpoints;

use crate::App;

endpoints! { App:
    get_lock,
    set_lock,
    get_suspension,
    set_suspension,
}

#[cfg(test)]
#[cfg(feature = "testing")]
mod tests;
