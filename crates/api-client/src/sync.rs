//! Sync: what has changed since a client last asked.
mod sync_v3;

use endpoint::endpoints;

use crate::App;

endpoints! { App:
    sync_v3,
}
