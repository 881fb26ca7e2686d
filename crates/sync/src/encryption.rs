//! To-device messages, device lists and key counts.
use std::sync::Arc;

use ::encryption::{DeviceListChanges, KeyCounts};
use serde_json::value::RawValue;

use crate::{client::Client, error::Result, service::Sync, window::Window};

/// How many messages to a device one answer has at most.
pub(crate) const TO_DEVICE_MAX: u32 = 100;

/// Messages to a device.
pub(crate) struct ToDevice {
    /// The messages, the oldest first.
    pub(crate) events: Vec<Box<RawValue>>,
    /// Up to where they are all there are.
    pub(crate) position: i64,
}

impl Sync {
    /// The messages to the device with `after < position <= until`, at most `limit`.
    pub(crate) async fn to_device(
        &self,
        client: &Client,
        (after, until): (i64, i64),
        limit: u32,
    ) -> Result<ToDevice> {
        let Some(device_id) = &client.device_id else {
            return Ok(ToDevice { events: Vec::new(), position: until });
        };
        let user = client.user_num;
        let inbox =
            self.encryption.to_device_messages(user, device_id, after, until, limit).await?;
        let raw =
            |message: store::to_device::ToDeviceMessage| RawValue::from_string(message.message);
        let events = inbox.messages.into_iter().map(raw).collect::<serde_json::Result<Vec<_>>>()?;
        Ok(ToDevice { events, position: inbox.position.min(until) })
    }

    /// The client has got the messages to its device up to `position`: they are needed no more.
    pub(crate) async fn acknowledge(&self, client: &Client, position: i64) -> Result<()> {
        if let Some(device_id) = &client.device_id {
            self.encryption.acknowledge_to_device(client.user_num, device_id, position).await?;
        }
        Ok(())
    }

    pub(crate) async fn device_lists(
        &self,
        client: &Client,
        window: Window,
    ) -> Result<DeviceListChanges> {
        let Some(since) = window.since else { return Ok(DeviceListChanges::default()) };
        let (user, until) = (client.user_num, window.now.position);
        Ok(self.encryption.device_list_changes(user, since.position, until).await?)
    }

    pub(crate) async fn key_counts(&self, client: &Client) -> Result<Arc<KeyCounts>> {
        match &client.device_id {
            Some(device_id) => Ok(self.encryption.key_counts(client.user_num, device_id).await?),
            None => Ok(Arc::new(KeyCounts::default())),
        }
    }
}
