//! What follows for encryption and rooms when accounts change. The accounts stand below them and know nothing of them.
use std::sync::Arc;

use accounts::{AccountObserver, ClosedFuture, DeviceChange, ObserverFuture};
use db::Write;
use encryption::Encryption;
use protocol::ids::UserId;
use rooms::Rooms;
use store::UserNum;

/// Tells encryption and rooms.
pub(super) struct TellOthers {
    pub(super) encryption: Arc<Encryption>,
    pub(super) rooms: Arc<Rooms>,
}

impl AccountObserver for TellOthers {
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
                    self.encryption.device_renamed(write, user, device_id).await
                }
                DeviceChange::Deleted(device_ids) => {
                    for device_id in device_ids {
                        store::sliding_connections::delete_of_device(write, user, device_id);
                    }
                    self.encryption.devices_deleted(write, user, device_ids).await
                }
            }
        })
    }

    fn account_closed<'a>(&'a self, user_id: &'a UserId) -> ClosedFuture<'a> {
        Box::pin(async move {
            // First, as long as they share rooms with those who are to know.
            if let Err(error) = self.encryption.account_closed(user_id).await {
                tracing::error!(user.id = %user_id, %error, "keys of a closed account could not be removed");
            }
            if let Err(error) = self.rooms.leave_all(user_id).await {
                tracing::error!(user.id = %user_id, %error, "a closed account could not leave its rooms");
            }
        })
    }
}
