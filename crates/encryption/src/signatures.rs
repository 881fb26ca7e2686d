//! Uploads of signatures on keys that are stored already ([spec]): each signature stands or falls alone.
//!
//! Who may sign what:
//! - the user's self-signing key signs the user's own devices;
//! - the user's devices sign the user's own master key;
//! - the user's user-signing key signs the master keys of others.
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3keyssignaturesupload
use std::collections::BTreeMap;

use db::Write;
use protocol::{
    canonical::Object,
    ids::{OwnedUserId, UserId},
    signing::PublicKey,
};
use store::{
    Change, UserNum,
    cross_signing::{self, CrossSigningKey},
    device_keys::{self, DeviceKeys},
    key_signatures::{self, KeySignature},
};

use crate::{
    Encryption,
    cross_signing::{MASTER, SELF_SIGNING, USER_SIGNING},
    key_format::{KeyError, identity_key},
    signed_object::SignedObject,
};

/// Signed objects by user and by device id or public key.
pub type SignaturesUpload = BTreeMap<OwnedUserId, BTreeMap<String, Object>>;

/// The most signed objects in one upload.
const OBJECTS_MAX: usize = 500;

/// Why signatures are not stored at all.
#[derive(Debug, thiserror::Error)]
pub enum SignaturesError {
    /// Too many objects.
    #[error("at most {OBJECTS_MAX} objects can be signed at once")]
    TooMany,
    /// The database failed.
    #[error(transparent)]
    Database(#[from] db::Error),
}

/// Why one object's signatures are not stored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureFailure {
    /// The signed key is not known.
    #[error("there is no such key")]
    UnknownKey,
    /// The key that must sign it is not known.
    #[error("the key that has to sign this is not known")]
    UnknownSigner,
    /// The signed object is not the stored one.
    #[error("the signed object differs from the stored key")]
    Different,
    /// The object is not well formed.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The signature that must be there is missing or wrong.
    #[error("the signature is missing or does not match")]
    BadSignature,
}

/// Failures by user and by device id or public key.
pub type SignatureFailures = BTreeMap<OwnedUserId, BTreeMap<String, SignatureFailure>>;

/// The signing user's own keys.
struct OwnKeys<'a> {
    user: UserNum,
    user_id: &'a UserId,
    devices: Vec<DeviceKeys>,
    cross_signing: Vec<CrossSigningKey>,
}

impl Encryption {
    /// Verifies and stores the signatures that `user` made.
    ///
    /// # Errors
    /// See [`SignaturesError`]; what is wrong with single objects is in the answer.
    pub async fn upload_signatures(
        &self,
        user: UserNum,
        user_id: &UserId,
        upload: SignaturesUpload,
    ) -> Result<SignatureFailures, SignaturesError> {
        if upload.values().map(BTreeMap::len).sum::<usize>() > OBJECTS_MAX {
            return Err(SignaturesError::TooMany);
        }
        let own = OwnKeys {
            user,
            user_id,
            devices: device_keys::of_users(&self.store.db, &[user]).await?,
            cross_signing: cross_signing::of_users(&self.store.db, &[user]).await?,
        };
        let (mut signatures, mut failures) = (Vec::new(), SignatureFailures::new());
        for (signed_id, objects) in upload {
            let is_own = *signed_id == *user_id;
            let target = if is_own { None } else { Some(self.master_key_of(&signed_id).await?) };
            for (signed_key, object) in objects {
                let result = match &target {
                    None => own.sign_own(&signed_key, object),
                    Some(master) => own.sign_other(master.as_ref(), &signed_key, object),
                };
                match result {
                    Ok(made) => signatures.extend(made),
                    Err(failure) => {
                        failures.entry(signed_id.clone()).or_default().insert(signed_key, failure);
                    }
                }
            }
        }
        self.store_signatures(user, &signatures).await?;
        Ok(failures)
    }

    async fn master_key_of(&self, user_id: &UserId) -> Result<Option<CrossSigningKey>, db::Error> {
        let Some(user) = self.store.interner.find_user(user_id).await? else { return Ok(None) };
        let keys = cross_signing::of_users(&self.store.db, &[user]).await?;
        Ok(keys.into_iter().find(|key| key.usage == MASTER))
    }

    async fn store_signatures(
        &self,
        user: UserNum,
        signatures: &[KeySignature],
    ) -> Result<(), db::Error> {
        if signatures.is_empty() {
            return Ok(());
        }
        let mut write = Write::new();
        // What the user signed of their own is seen by everybody, what they signed of others by themselves only.
        let seen_by_all = signatures.iter().any(|signature| signature.signed_user == user);
        let announcement =
            if seen_by_all { Some(self.announce(&mut write, user).await?) } else { None };
        let position = write.position();
        for signature in signatures {
            key_signatures::upsert(&mut write, signature, &position);
        }
        let committed = self.store.write(write).await?;
        let position = committed.position(&position);
        let mut changes = vec![Change::User { position, user }];
        changes.extend(announcement.into_iter().flat_map(|one| one.changes(user, &committed)));
        self.store.changes.publish(committed.publication, &changes);
        Ok(())
    }
}

impl OwnKeys<'_> {
    fn sign_own(
        &self,
        signed_key: &str,
        object: Object,
    ) -> Result<Vec<KeySignature>, SignatureFailure> {
        let object = SignedObject::new(object)?;
        if let Some(device) = self.devices.iter().find(|device| device.device_id == signed_key) {
            check_same(&object, &device.keys)?;
            let signer = self.cross_signing_key(SELF_SIGNING)?;
            return Ok(vec![self.signature(self.user, signed_key, &object, signer)?]);
        }
        let master = self.cross_signing.iter().find(|key| key.public_key == signed_key);
        let master =
            master.filter(|key| key.usage == MASTER).ok_or(SignatureFailure::UnknownKey)?;
        check_same(&object, &master.content)?;
        self.device_signatures(signed_key, &object)
    }

    fn sign_other(
        &self,
        master: Option<&CrossSigningKey>,
        signed_key: &str,
        object: Object,
    ) -> Result<Vec<KeySignature>, SignatureFailure> {
        let master = master.filter(|key| key.public_key == signed_key);
        let master = master.ok_or(SignatureFailure::UnknownKey)?;
        let object = SignedObject::new(object)?;
        check_same(&object, &master.content)?;
        let signer = self.cross_signing_key(USER_SIGNING)?;
        Ok(vec![self.signature(master.user, signed_key, &object, signer)?])
    }

    /// The signatures of the user's devices on the user's master key. All that are there must be right.
    fn device_signatures(
        &self,
        signed_key: &str,
        object: &SignedObject,
    ) -> Result<Vec<KeySignature>, SignatureFailure> {
        let mut made = Vec::new();
        for (name, _) in object.signatures_of(self.user_id) {
            let device_id = name.strip_prefix("ed25519:");
            let device = self.devices.iter().find(|device| device_id == Some(&device.device_id));
            let device = device.ok_or(SignatureFailure::UnknownSigner)?;
            let keys = SignedObject::from_stored(&device.keys);
            let keys = keys.map_err(|_| SignatureFailure::UnknownSigner)?;
            let public_key =
                identity_key(keys.object(), name).ok_or(SignatureFailure::UnknownSigner)?;
            made.push(self.signature(
                self.user,
                signed_key,
                object,
                (name.to_owned(), public_key),
            )?);
        }
        if made.is_empty() { Err(SignatureFailure::BadSignature) } else { Ok(made) }
    }

    fn cross_signing_key(&self, usage: &str) -> Result<(String, PublicKey), SignatureFailure> {
        let key = self.cross_signing.iter().find(|key| key.usage == usage);
        let key = key.ok_or(SignatureFailure::UnknownSigner)?;
        let public_key = PublicKey::from_base64(&key.public_key);
        let public_key = public_key.ok_or(SignatureFailure::UnknownSigner)?;
        Ok((format!("ed25519:{}", key.public_key), public_key))
    }

    /// Verifies the signature by the key `signer` and makes it a row.
    fn signature(
        &self,
        signed_user: UserNum,
        signed_key: &str,
        object: &SignedObject,
        (name, public_key): (String, PublicKey),
    ) -> Result<KeySignature, SignatureFailure> {
        object
            .verify(self.user_id, &name, public_key)
            .map_err(|_| SignatureFailure::BadSignature)?;
        let found = object.signatures_of(self.user_id).find(|(found, _)| *found == name);
        let (_, signature) = found.ok_or(SignatureFailure::BadSignature)?;
        Ok(KeySignature {
            signed_user,
            signed_key: signed_key.to_owned(),
            signer: self.user,
            signature: signature.to_owned(),
            signer_key: name,
        })
    }
}

fn check_same(object: &SignedObject, stored: &str) -> Result<(), SignatureFailure> {
    let stored = SignedObject::from_stored(stored).map_err(|_| SignatureFailure::UnknownKey)?;
    if object.signed_part() == stored.signed_part() {
        Ok(())
    } else {
        Err(SignatureFailure::Different)
    }
}

#[cfg(test)]
mod tests;
