//! Uploads of a device's identity, one-time and fallback keys ([spec]).
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3keysupload
use std::{collections::BTreeMap, sync::Arc};

use db::{Value as DbValue, Write, WriteError};
use protocol::canonical::{Object, Value};
use store::{
    Change, device_keys, fallback_keys, key_signatures,
    one_time_keys::{self, Key},
};

pub use crate::key_format::KeyError;
use crate::{Device, Encryption, KeyCounts, key_format};

/// How long it is remembered which one-time keys were issued, so that a repeated upload does not bring them back.
const ISSUED_REMEMBERED_MS: i64 = 30 * 24 * 60 * 60 * 1_000;

/// The most one-time keys of a device, issued ones not counted, and the most in one upload.
const ONE_TIME_KEYS_MAX: usize = 1_000;

/// The most fallback keys in one upload: one an algorithm.
const FALLBACK_KEYS_MAX: usize = 16;

/// What a device uploads; each part may be missing.
#[derive(Clone, Debug, Default)]
pub struct KeysUpload {
    /// Its identity keys.
    pub device_keys: Option<Object>,
    /// One-time keys by name (`algorithm:id`).
    pub one_time_keys: BTreeMap<String, Value>,
    /// Fallback keys by name.
    pub fallback_keys: BTreeMap<String, Value>,
}

/// Why keys are not stored.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// A key is not well formed, not this device's, or not signed by it.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A one-time key of this name exists with another content.
    #[error("there is another one-time key {algorithm}:{key_id}")]
    KeyTaken {
        /// Its algorithm.
        algorithm: String,
        /// Its id.
        key_id: String,
    },
    /// More one-time keys than a device may have.
    #[error("a device can have at most {ONE_TIME_KEYS_MAX} one-time keys")]
    TooManyKeys,
    /// More than one fallback key of an algorithm, or too many.
    #[error("there can be one fallback key of each algorithm")]
    FallbackKeys,
    /// The device is gone: it was deleted while it uploaded.
    #[error("the device does not exist any more")]
    UnknownDevice,
    /// The database failed.
    #[error(transparent)]
    Database(#[from] db::Error),
}

/// An upload whose every key was checked.
pub(crate) struct Checked {
    pub(crate) identity: Option<String>,
    one_time: Vec<Key>,
    fallback: Vec<Key>,
}

impl Encryption {
    /// Stores the keys, all or none of them, and counts what the device then has to give.
    ///
    /// A key that is there already with the same content is left as it is.
    ///
    /// # Errors
    /// See [`UploadError`].
    pub async fn upload_keys(
        &self,
        device: Device<'_>,
        upload: KeysUpload,
    ) -> Result<Arc<KeyCounts>, UploadError> {
        let mut upload = check(upload, device)?;
        self.drop_known(device, &mut upload).await?;
        self.check_count(device, &upload).await?;
        if let Some(keys) = upload.identity.take() {
            self.store_device_keys(device, &keys).await?;
        }
        if !upload.one_time.is_empty() || !upload.fallback.is_empty() {
            self.store_keys(device, &upload).await?;
        }
        Ok(self.key_counts(device.user, device.device_id).await?)
    }

    /// Identity keys that are stored already are no change of the device list.
    async fn drop_known(&self, device: Device<'_>, upload: &mut Checked) -> Result<(), db::Error> {
        if upload.identity.is_some() {
            let id = device.device_id.as_str();
            let known = device_keys::find(&self.store.db, device.user, id).await?;
            upload.identity = upload.identity.take().filter(|keys| Some(keys) != known.as_ref());
        }
        Ok(())
    }

    async fn check_count(&self, device: Device<'_>, upload: &Checked) -> Result<(), UploadError> {
        if upload.one_time.is_empty() {
            return Ok(());
        }
        let counts = self.key_counts(device.user, device.device_id).await?;
        let held: i64 = counts.one_time_keys.values().sum();
        let held = usize::try_from(held).unwrap_or(usize::MAX);
        // A repeated upload of keys that are held is counted twice here: far from the limit that is no matter.
        if held.saturating_add(upload.one_time.len()) > ONE_TIME_KEYS_MAX {
            return Err(UploadError::TooManyKeys);
        }
        Ok(())
    }

    async fn store_device_keys(&self, device: Device<'_>, keys: &str) -> Result<(), UploadError> {
        let id = device.device_id.as_str();
        let mut write = Write::new();
        let announcement = self.announce(&mut write, device.user).await?;
        device_keys::upsert(&mut write, device.user, id, keys, self.store.clock.now_ms());
        // Signatures were made for the keys that had this name before.
        key_signatures::delete(&mut write, device.user, id);
        match self.store.write(write).await {
            Ok(committed) => {
                let changes = announcement.changes(device.user, &committed);
                self.store.changes.publish(committed.publication, &changes);
                Ok(())
            }
            Err(WriteError::Conflict { .. }) => Err(UploadError::UnknownDevice),
            Err(error) => Err(db::Error::from(error).into()),
        }
    }

    async fn store_keys(&self, device: Device<'_>, upload: &Checked) -> Result<(), UploadError> {
        let mut write = Write::new();
        let position = write.position();
        self.add_keys(&mut write, device, upload, &position);
        let id = device.device_id.as_str();
        match self.store.write(write).await {
            Ok(committed) => {
                self.counts.forget(device.user, id);
                let position = committed.position(&position);
                let change = Change::User { position, user: device.user };
                self.store.changes.publish(committed.publication, &[change]);
                Ok(())
            }
            Err(WriteError::Conflict { .. }) => Err(self.explain_conflict(device, upload).await?),
            Err(error) => Err(db::Error::from(error).into()),
        }
    }

    pub(crate) fn add_keys(
        &self,
        write: &mut Write,
        device: Device<'_>,
        upload: &Checked,
        position: &DbValue,
    ) {
        let (user, id) = (device.user, device.device_id.as_str());
        if !upload.one_time.is_empty() {
            let before_ms = self.store.clock.now_ms() - ISSUED_REMEMBERED_MS;
            one_time_keys::forget_issued(write, user, id, before_ms);
        }
        for key in &upload.one_time {
            one_time_keys::insert(write, user, id, key, position);
        }
        for key in &upload.fallback {
            fallback_keys::upsert(write, user, id, key);
        }
    }

    /// Which of the expectations of a rejected write was not met.
    async fn explain_conflict(
        &self,
        device: Device<'_>,
        upload: &Checked,
    ) -> Result<UploadError, db::Error> {
        let (user, id) = (device.user, device.device_id.as_str());
        for key in &upload.one_time {
            let reader = &self.store.db;
            let held =
                one_time_keys::find_unissued(reader, user, id, &key.algorithm, &key.key_id).await?;
            if held.is_some_and(|content| content != key.content) {
                let Key { algorithm, key_id, .. } = key.clone();
                return Ok(UploadError::KeyTaken { algorithm, key_id });
            }
        }
        Ok(UploadError::UnknownDevice)
    }
}

pub(crate) fn check(upload: KeysUpload, device: Device<'_>) -> Result<Checked, UploadError> {
    if upload.one_time_keys.len() > ONE_TIME_KEYS_MAX {
        return Err(UploadError::TooManyKeys);
    }
    if upload.fallback_keys.len() > FALLBACK_KEYS_MAX {
        return Err(UploadError::FallbackKeys);
    }
    let device_keys =
        upload.device_keys.map(|keys| key_format::device_keys(keys, device)).transpose()?;
    let fallback = check_all(&upload.fallback_keys)?;
    // Names are sorted, so keys of one algorithm stand together.
    if fallback.windows(2).any(|pair| matches!(pair, [a, b] if a.algorithm == b.algorithm)) {
        return Err(UploadError::FallbackKeys);
    }
    Ok(Checked {
        identity: device_keys.map(|keys| keys.to_text()),
        one_time: check_all(&upload.one_time_keys)?,
        fallback,
    })
}

fn check_all(keys: &BTreeMap<String, Value>) -> Result<Vec<Key>, KeyError> {
    keys.iter().map(|(name, value)| key_format::one_time_key(name, value)).collect()
}

#[cfg(test)]
mod tests;
