//! Who is there.
mod error;
mod get_presence;
mod set_presence;

use endpoint::endpoints;

pub(crate) use self::set_presence::Status;
use crate::App;

endpoints! { App:
    get_presence,
    set_presence,
}

#[cfg(test)]
#[cfg(feature = "testing")]
mod tests;
