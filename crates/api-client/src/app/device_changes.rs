//! What follows for encryption when a user's devices change. The accounts stand below encryption and know nothing of it.
use std::sync::Arc;

use accounts::{DeviceChange, DeviceObserver, ObserverFuture};
use db::Write;
use encryption::Encryption;
use protocol::ids::UserId;
use store::UserNum;

/// Tells encryption.
pub(super) struct TellEncryption(pub(super) Arc<Encryption>);

impl DeviceObserver for TellEncryption {
    fn devices_changed<'a>(
        &'a self,
        write: &'a mut Write,
        user: UserNum,
        _: &'a UserId,
        change: DeviceChange<'a>,
    ) -> ObserverFuture<'a> {
        Box::pin(async move {
            match change {
                DeviceChange::Renamed(device_id) => {
                    self.0.device_renamed(write, user, device_id).await
                }
                DeviceChange::Deleted(device_ids) => {
                    self.0.devices_deleted(write, user, device_ids).await
                }
            }
        })
    }
}
