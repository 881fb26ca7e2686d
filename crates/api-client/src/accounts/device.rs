//! A device as its owner sees it.
use accounts::devices::Device;
use serde::Serialize;

/// A device ([spec]).
///
/// [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3devices
#[derive(Serialize)]
pub(crate) struct DeviceView {
    device_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    display_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_seen_ip: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_seen_ts: Option<i64>,
}

impl From<Device> for DeviceView {
    fn from(device: Device) -> Self {
        Self {
            device_id: device.device_id,
            display_name: device.display_name,
            last_seen_ip: device.last_seen_ip,
            last_seen_ts: device.last_seen_ts,
        }
    }
}
