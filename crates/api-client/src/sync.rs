//! Sync: what has changed since a client last asked.
mod sliding_sync;
mod sync_v3;

use ::sync::Client;
use endpoint::endpoints;

use crate::{App, Caller};

endpoints! { App:
    sliding_sync,
    sync_v3,
}

/// Who syncs.
fn client(caller: &Caller) -> Client {
    Client {
        user_id: caller.user_id.clone(),
        user_num: caller.user_num,
        device_id: caller.device_id.clone(),
    }
}

#[cfg(test)]
mod tests;
