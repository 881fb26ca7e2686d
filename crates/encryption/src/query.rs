//! Answers which keys users have ([spec]).
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3keysquery
use std::collections::{BTreeMap, BTreeSet};

use protocol::{
    canonical::{Object, Value},
    ids::{OwnedDeviceId, OwnedServerName, OwnedUserId},
};
use store::{
    UserNum,
    cross_signing::{self, CrossSigningKey},
    device_keys::{self, DeviceKeys},
    key_signatures::{self, KeySignature},
};

use crate::{
    Encryption,
    cross_signing::{MASTER, SELF_SIGNING, USER_SIGNING},
    signed_object::SignedObject,
};

/// The devices asked for, by user; an empty list means all.
pub type Query = BTreeMap<OwnedUserId, Vec<OwnedDeviceId>>;

/// Keys as they were uploaded, with all signatures that the asking user may see.
#[derive(Debug, Default)]
pub struct QueryAnswer {
    /// Identity keys by user and device. A user who exists is there, if only with no device.
    pub device_keys: BTreeMap<OwnedUserId, BTreeMap<String, Object>>,
    /// Master keys.
    pub master_keys: BTreeMap<OwnedUserId, Object>,
    /// Self-signing keys.
    pub self_signing_keys: BTreeMap<OwnedUserId, Object>,
    /// The asking user's own user-signing key.
    pub user_signing_keys: BTreeMap<OwnedUserId, Object>,
    /// Servers that could not be asked.
    pub unreachable: BTreeSet<OwnedServerName>,
}

/// Signatures by signed user and key, with their signers' ids.
type Signatures = BTreeMap<(UserNum, String), Vec<(OwnedUserId, KeySignature)>>;

impl Encryption {
    /// The keys of the users in `query`, as `asking` may see them.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn query_keys(
        &self,
        asking: UserNum,
        query: Query,
    ) -> Result<QueryAnswer, db::Error> {
        let mut answer = QueryAnswer::default();
        let mut users = BTreeMap::new();
        for (user_id, devices) in query {
            if !self.is_local(&user_id) {
                answer.unreachable.insert(user_id.server_name().to_owned());
            } else if let Some(user) = self.store.interner.find_user(&user_id).await? {
                answer.device_keys.insert(user_id.clone(), BTreeMap::new());
                users.insert(user, (user_id, devices));
            }
        }
        let numbers: Vec<UserNum> = users.keys().copied().collect();
        if numbers.is_empty() {
            return Ok(answer);
        }
        let reader = self.store.db.snapshot().await?;
        let signatures = key_signatures::visible_to(&reader, &numbers, asking).await?;
        let device_rows = device_keys::of_users(&reader, &numbers).await?;
        let cross_signing_rows = cross_signing::of_users(&reader, &numbers).await?;
        drop(reader);
        let signatures = self.by_signed_key(signatures).await?;

        for row in device_rows {
            let Some((user_id, wanted)) = users.get(&row.user) else { continue };
            if wanted.is_empty() || wanted.iter().any(|id| id.as_str() == row.device_id) {
                let object = render_device(&row, &signatures)?;
                answer
                    .device_keys
                    .entry(user_id.clone())
                    .or_default()
                    .insert(row.device_id, object);
            }
        }
        for row in cross_signing_rows {
            let Some((user_id, _)) = users.get(&row.user) else { continue };
            let keys = match row.usage.as_str() {
                MASTER => &mut answer.master_keys,
                SELF_SIGNING => &mut answer.self_signing_keys,
                USER_SIGNING if row.user == asking => &mut answer.user_signing_keys,
                _ => continue,
            };
            keys.insert(user_id.clone(), render_cross_signing(&row, &signatures)?);
        }
        Ok(answer)
    }

    async fn by_signed_key(&self, rows: Vec<KeySignature>) -> Result<Signatures, db::Error> {
        let mut signatures = Signatures::new();
        for row in rows {
            let signer = self.store.interner.user_id(row.signer).await?;
            let key = (row.signed_user, row.signed_key.clone());
            signatures.entry(key).or_default().push((signer, row));
        }
        Ok(signatures)
    }
}

fn render_device(row: &DeviceKeys, signatures: &Signatures) -> Result<Object, db::Error> {
    let mut object = SignedObject::from_stored(&row.keys)?;
    add_signatures(&mut object, &(row.user, row.device_id.clone()), signatures);
    let mut object = object.into_object();
    let name = row.display_name.clone();
    let unsigned = name.map(|name| ("device_display_name".to_owned(), Value::String(name)));
    object.insert("unsigned".to_owned(), Value::Object(unsigned.into_iter().collect()));
    Ok(object)
}

fn render_cross_signing(
    row: &CrossSigningKey,
    signatures: &Signatures,
) -> Result<Object, db::Error> {
    let mut object = SignedObject::from_stored(&row.content)?;
    add_signatures(&mut object, &(row.user, row.public_key.clone()), signatures);
    Ok(object.into_object())
}

fn add_signatures(object: &mut SignedObject, key: &(UserNum, String), signatures: &Signatures) {
    for (signer, row) in signatures.get(key).into_iter().flatten() {
        object.add_signature(signer, &row.signer_key, &row.signature);
    }
}
