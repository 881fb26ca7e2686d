//! Who syncs.
use protocol::ids::{OwnedDeviceId, OwnedUserId};
use rooms::Viewer;
use store::UserNum;

/// A user, with the device whose session asks.
#[derive(Clone, Debug)]
pub struct Client {
    /// Who asks.
    pub user_id: OwnedUserId,
    /// Their number.
    pub user_num: UserNum,
    /// With which device.
    pub device_id: Option<OwnedDeviceId>,
}

impl Client {
    /// The device's id; empty for a session without one.
    pub(crate) fn device(&self) -> &str {
        self.device_id.as_deref().map_or("", |device| device.as_str())
    }

    /// For whom events are rendered.
    pub(crate) fn viewer(&self) -> Viewer<'_> {
        Viewer { user_num: self.user_num, device_id: self.device() }
    }
}
