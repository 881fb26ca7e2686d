//! To-device messages, device lists and key counts.
use std::sync::Arc;

use ::encryption::KeyCounts;
use rooms::token::StreamToken;
use serde_json::value::RawValue;

use super::{DeviceLists, Events, Request, answer::Window};
use crate::{error::Result, service::Sync};

/// How many messages to a device one answer has at most.
const TO_DEVICE_MAX: u32 = 100;

impl Sync {
    /// The messages to the device, and where the answer has to end so that none is passed over.
    pub(super) async fn to_device(
        &self,
        request: &Request,
        since: Option<StreamToken>,
        now: StreamToken,
    ) -> Result<(Events, StreamToken)> {
        let Some(device_id) = &request.device_id else { return Ok((Events::default(), now)) };
        let after = since.map_or(0, |since| since.position);
        let (user, until) = (request.user_num, now.position);
        let inbox = self
            .encryption
            .to_device_messages(user, device_id, after, until, TO_DEVICE_MAX)
            .await?;
        let raw =
            |message: store::to_device::ToDeviceMessage| RawValue::from_string(message.message);
        let events = inbox.messages.into_iter().map(raw).collect::<serde_json::Result<Vec<_>>>()?;
        Ok((Events { events }, StreamToken { position: inbox.position.min(now.position), ..now }))
    }

    pub(super) async fn device_lists(
        &self,
        request: &Request,
        window: Window,
    ) -> Result<DeviceLists> {
        let Some(since) = window.since else { return Ok(DeviceLists::default()) };
        let (user, until) = (request.user_num, window.now.position);
        let changes = self.encryption.device_list_changes(user, since.position, until).await?;
        Ok(DeviceLists { changed: changes.changed, left: changes.left })
    }

    pub(super) async fn key_counts(&self, request: &Request) -> Result<Arc<KeyCounts>> {
        match &request.device_id {
            Some(device_id) => Ok(self.encryption.key_counts(request.user_num, device_id).await?),
            None => Ok(Arc::new(KeyCounts::default())),
        }
    }
}
