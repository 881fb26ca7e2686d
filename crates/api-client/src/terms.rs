//! What users agree to.
mod agree;
mod show;

use endpoint::endpoints;

use crate::App;

endpoints! { App:
    show,
    agree,
}

#[cfg(test)]
#[cfg(feature = "testing")]
mod tests;
