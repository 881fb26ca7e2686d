//! Uploads of cross-signing keys ([spec]).
//!
//! Invariant: a stored self-signing or user-signing key is signed by the stored master key.
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#cross-signing
use db::{Write, WriteError};
use protocol::{canonical::Object, ids::UserId, signing::PublicKey};
use store::{
    UserNum,
    cross_signing::{self, CrossSigningKey},
    device_keys, devices as store_devices, key_signatures,
};

pub use crate::key_format::KeyError;
use crate::{
    Encryption,
    key_format::{self, identity_key},
    signed_object::SignedObject,
};

pub(crate) const MASTER: &str = "master";
pub(crate) const SELF_SIGNING: &str = "self_signing";
pub(crate) const USER_SIGNING: &str = "user_signing";

/// What a client uploads; each part may be missing.
#[derive(Clone, Debug, Default)]
pub struct CrossSigningUpload {
    /// The master key.
    pub master_key: Option<Object>,
    /// The key that signs the user's own devices.
    pub self_signing_key: Option<Object>,
    /// The key that signs other users' master keys.
    pub user_signing_key: Option<Object>,
}

/// Whether the user has just proved who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authenticated {
    /// By user-interactive authentication.
    Yes,
    /// Only the access token is known.
    No,
}

/// Why cross-signing keys are not stored.
#[derive(Debug, thiserror::Error)]
pub enum CrossSigningError {
    /// The keys would replace others, or add to them: the user must authenticate first ([MSC3967]).
    ///
    /// [MSC3967]: https://github.com/matrix-org/matrix-spec-proposals/pull/3967
    #[error("changing cross-signing keys needs authentication")]
    AuthenticationRequired,
    /// There is no master key, neither in the upload nor stored.
    #[error("there is no master key")]
    NoMasterKey,
    /// A key is not well formed or not signed as it must be.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A public key is also the id of one of the user's devices, or two keys are the same.
    #[error("the key id is in use")]
    KeyIdInUse,
    /// The database failed.
    #[error(transparent)]
    Database(#[from] db::Error),
}

impl Encryption {
    /// Stores the keys, all or none of them. Keys that are stored already are left alone.
    ///
    /// # Errors
    /// See [`CrossSigningError`]. An upload that needs no authentication is one of a user who has no master key, or
    /// one without any new key.
    pub async fn upload_cross_signing_keys(
        &self,
        user: UserNum,
        user_id: &UserId,
        upload: CrossSigningUpload,
        authenticated: Authenticated,
    ) -> Result<(), CrossSigningError> {
        let keys = check_forms(user, user_id, upload)?;
        let stored = cross_signing::of_users(&self.store.db, &[user]).await?;
        let new: Vec<&CrossSigningKey> =
            keys.iter().filter(|key| !is_stored(key, &stored)).collect();
        if new.is_empty() {
            return if keys.is_empty() { Err(CrossSigningError::NoMasterKey) } else { Ok(()) };
        }
        self.check_signatures(user, user_id, &keys, &stored).await?;
        let first = !stored.iter().any(|key| key.usage == MASTER);
        if !first && authenticated == Authenticated::No {
            return Err(CrossSigningError::AuthenticationRequired);
        }
        self.replace(user, &new, &stored).await
    }

    async fn check_signatures(
        &self,
        user: UserNum,
        user_id: &UserId,
        keys: &[CrossSigningKey],
        stored: &[CrossSigningKey],
    ) -> Result<(), CrossSigningError> {
        let master = keys.iter().chain(stored).find(|key| key.usage == MASTER);
        let master = master.ok_or(CrossSigningError::NoMasterKey)?;
        let devices = device_keys::of_users(&self.store.db, &[user]).await?;
        for key in keys {
            // Also a device that has no keys yet: it may upload some.
            if store_devices::find(&self.store.db, user, &key.public_key).await?.is_some() {
                return Err(CrossSigningError::KeyIdInUse);
            }
            let object = SignedObject::from_stored(&key.content)?;
            if key.usage == MASTER {
                check_device_signatures(&object, user_id, &devices)?;
            } else {
                check_master_signature(&object, user_id, &master.public_key)?;
            }
        }
        Ok(())
    }

    /// Replaces what is stored, provided that it still is what was read.
    async fn replace(
        &self,
        user: UserNum,
        new: &[&CrossSigningKey],
        stored: &[CrossSigningKey],
    ) -> Result<(), CrossSigningError> {
        let now_ms = self.store.clock.now_ms();
        let mut write = Write::new();
        let announcement = self.announce(&mut write, user).await?;
        let new_master = new.iter().any(|key| key.usage == MASTER);
        for old in stored {
            // A new master key makes the keys that the old one signed worthless.
            if new_master || new.iter().any(|key| key.usage == old.usage) {
                cross_signing::delete(&mut write, old);
                key_signatures::delete(&mut write, user, &old.public_key);
            }
        }
        for key in new {
            cross_signing::insert(&mut write, key, now_ms);
        }
        match self.store.write(write).await {
            Ok(committed) => {
                let changes = announcement.changes(user, &committed);
                self.store.changes.publish(committed.publication, &changes);
                Ok(())
            }
            // Another upload was faster; the client has to look at what is there now.
            Err(WriteError::Conflict { .. }) => Err(CrossSigningError::AuthenticationRequired),
            Err(error) => Err(db::Error::from(error).into()),
        }
    }
}

fn check_forms(
    user: UserNum,
    user_id: &UserId,
    upload: CrossSigningUpload,
) -> Result<Vec<CrossSigningKey>, CrossSigningError> {
    let parts = [
        (MASTER, upload.master_key),
        (SELF_SIGNING, upload.self_signing_key),
        (USER_SIGNING, upload.user_signing_key),
    ];
    let mut keys: Vec<CrossSigningKey> = Vec::new();
    for (usage, object) in parts {
        let Some(object) = object else { continue };
        let public_key = key_format::cross_signing_key(&object, user_id, usage)?;
        if keys.iter().any(|other| other.public_key == public_key) {
            return Err(CrossSigningError::KeyIdInUse);
        }
        let content = SignedObject::new(object)?.to_text();
        keys.push(CrossSigningKey { user, usage: usage.to_owned(), public_key, content });
    }
    Ok(keys)
}

/// A key is the same if its public part is: its signatures may be fewer or more than those stored.
fn is_stored(key: &CrossSigningKey, stored: &[CrossSigningKey]) -> bool {
    stored.iter().any(|old| old.usage == key.usage && old.public_key == key.public_key)
}

fn check_master_signature(
    object: &SignedObject,
    user_id: &UserId,
    master: &str,
) -> Result<(), KeyError> {
    let name = format!("ed25519:{master}");
    let public_key = PublicKey::from_base64(master).ok_or(KeyError::Form("the master key"))?;
    object.verify(user_id, &name, public_key).map_err(|_| KeyError::BadSignature(name))
}

/// The master key may be signed by devices. A signature of a device that is known must be right.
fn check_device_signatures(
    object: &SignedObject,
    user_id: &UserId,
    devices: &[device_keys::DeviceKeys],
) -> Result<(), CrossSigningError> {
    for (name, _) in object.signatures_of(user_id) {
        let signer =
            devices.iter().find(|device| name.strip_prefix("ed25519:") == Some(&device.device_id));
        let Some(signer) = signer else { continue };
        let keys = SignedObject::from_stored(&signer.keys)?;
        let bad = || KeyError::BadSignature(name.to_owned());
        let public_key = identity_key(keys.object(), name).ok_or_else(bad)?;
        object.verify(user_id, name, public_key).map_err(|_| bad())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
