//! Claims of one-time keys ([spec]): each is given out at most once, the oldest first; then the fallback key.
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3keysclaim
use std::collections::{BTreeMap, BTreeSet};

use db::{OperationIndex, Write};
use protocol::ids::{OwnedDeviceId, OwnedServerName, OwnedUserId};
use store::{
    Change, UserNum, fallback_keys,
    one_time_keys::{self, Key},
};

use crate::{Encryption, key_format::is_short_text};

/// How often a claim is tried again that another node has run ahead of.
const RETRIES: usize = 3;

/// Which key is wanted of which device.
pub type Claim = BTreeMap<OwnedUserId, BTreeMap<OwnedDeviceId, String>>;

/// What was given out.
#[derive(Debug, Default)]
pub struct Claimed {
    /// The keys by user and device. A device without any key is not there.
    pub keys: BTreeMap<OwnedUserId, BTreeMap<OwnedDeviceId, Key>>,
    /// Servers that could not be asked.
    pub unreachable: BTreeSet<OwnedServerName>,
}

/// One device to claim from.
struct Target {
    user: UserNum,
    user_id: OwnedUserId,
    device_id: OwnedDeviceId,
    algorithm: String,
}

impl Encryption {
    /// Gives out one key of each device that was asked for, if it has one.
    ///
    /// # Errors
    /// Fails if the database fails; then no key was given out.
    pub async fn claim_keys(&self, claim: Claim) -> Result<Claimed, db::Error> {
        let mut claimed = Claimed::default();
        let mut targets = Vec::new();
        for (user_id, devices) in claim {
            if !self.is_local(&user_id) {
                claimed.unreachable.insert(user_id.server_name().to_owned());
                continue;
            }
            let Some(user) = self.store.interner.find_user(&user_id).await? else { continue };
            for (device_id, algorithm) in devices {
                // Names that no key can have: PostgreSQL can't even be asked about NUL.
                if is_short_text(device_id.as_str()) && is_short_text(&algorithm) {
                    let user_id = user_id.clone();
                    targets.push(Target { user, user_id, device_id, algorithm });
                }
            }
        }
        for _ in 0..RETRIES {
            if targets.is_empty() {
                break;
            }
            targets = self.claim_once(targets, &mut claimed).await?;
        }
        Ok(claimed)
    }

    /// Returns the targets to be tried again: they have keys, but got none.
    async fn claim_once(
        &self,
        targets: Vec<Target>,
        claimed: &mut Claimed,
    ) -> Result<Vec<Target>, db::Error> {
        let mut write = Write::new();
        let now_ms = self.store.clock.now_ms();
        let mut operations: Vec<[OperationIndex; 2]> = Vec::with_capacity(targets.len());
        for target in &targets {
            let (user, id) = (target.user, target.device_id.as_str());
            operations.push([
                fallback_keys::claim(&mut write, user, id, &target.algorithm),
                one_time_keys::claim(&mut write, user, id, &target.algorithm, now_ms),
            ]);
        }
        let position = write.position();
        let committed = self.store.write(write).await?;
        let position = committed.position(&position);
        let (mut changes, mut missed) = (Vec::new(), Vec::new());
        for (target, operations) in targets.into_iter().zip(operations) {
            let row = operations.iter().find_map(|operation| committed.rows(*operation).first());
            match row.map(one_time_keys::claimed).transpose()? {
                None => missed.push(target),
                Some(key) => {
                    self.counts.forget(target.user, target.device_id.as_str());
                    changes.push(Change::User { position, user: target.user });
                    let Target { user_id, device_id, .. } = target;
                    claimed.keys.entry(user_id).or_default().insert(device_id, key);
                }
            }
        }
        changes.dedup();
        self.store.changes.publish(committed.publication, &changes);
        self.with_keys_left(missed).await
    }

    /// On more than one node a claim can find that the oldest key was just taken, while there are others.
    async fn with_keys_left(&self, missed: Vec<Target>) -> Result<Vec<Target>, db::Error> {
        let mut left = Vec::new();
        for target in missed {
            let (reader, id) = (&self.store.db, target.device_id.as_str());
            let counts = one_time_keys::counts(reader, target.user, id).await?;
            if counts.iter().any(|(algorithm, count)| *algorithm == target.algorithm && *count > 0)
            {
                left.push(target);
            }
        }
        Ok(left)
    }
}

#[cfg(test)]
mod tests;
