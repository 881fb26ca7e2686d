//! End-to-end encryption as the server sees it ([spec]): it keeps and hands out public keys, signatures, ciphertext
//! messages for single devices, and encrypted backups. It never has a private key.
//!
//! Invariants:
//! - A one-time key is given to one other device, once.
//! - A key that is stored was signed as the specification demands, and is canonical JSON of bounded size: it can be
//!   passed on to any server.
//! - A to-device message stays until the device shows, by the position it syncs from, that it has it.
//! - What a device sent under a transaction id is delivered once, also across restarts.
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#end-to-end-encryption
pub mod backup;
mod cache;
mod claim;
mod counts;
pub mod cross_signing;
pub mod dehydrated;
mod deletion;
mod device_lists;
mod key_format;
mod query;
mod shared_rooms;
pub mod signatures;
mod signed_object;
pub mod to_device;
pub mod upload;

#[cfg(test)]
mod testing;

use std::sync::Arc;

use protocol::ids::{DeviceId, OwnedServerName, UserId};
use store::{Store, UserNum, UserTurns};

pub use self::{
    claim::{Claim, Claimed},
    counts::KeyCounts,
    deletion::AfterCommit,
    device_lists::DeviceListChanges,
    query::{Query, QueryAnswer},
    shared_rooms::{SharedRooms, SharingFuture},
};
use self::{counts::CountCache, to_device::InboxCache};

/// The device that a request comes from.
#[derive(Clone, Copy, Debug)]
pub struct Device<'a> {
    /// Its user's number.
    pub user: UserNum,
    /// Its user.
    pub user_id: &'a UserId,
    /// Its id.
    pub device_id: &'a DeviceId,
}

/// The service.
pub struct Encryption {
    store: Store,
    server_name: OwnedServerName,
    rooms: Arc<dyn SharedRooms>,
    counts: Arc<CountCache>,
    inboxes: Arc<InboxCache>,
    backup_turns: UserTurns,
}

impl Encryption {
    /// The service of the users of `server_name`.
    #[must_use]
    pub fn new(store: Store, server_name: OwnedServerName, rooms: Arc<dyn SharedRooms>) -> Self {
        Self {
            store,
            server_name,
            rooms,
            counts: Arc::default(),
            inboxes: Arc::default(),
            backup_turns: UserTurns::default(),
        }
    }

    fn is_local(&self, user_id: &UserId) -> bool {
        user_id.server_name() == &*self.server_name
    }
}
