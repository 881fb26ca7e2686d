//! Table `state_versions`: the state of a room after each of its state events, at a constant cost a change.
//!
//! A version is its parent with a few keys replaced. A whole snapshot is written only when the entries written since
//! the last one outweigh it, so a change costs O(1) entries amortised, and reading a version costs at most about twice
//! the entries of its state.
//!
//! Entries are pairs of LEB128 numbers: the state key's, and the event's (0 where the key was removed).
use std::collections::BTreeMap;

use db::{Read, Result, Write, params};

use crate::numbers::{EventNum, StateKeyNum, StateVersion};

/// The state of a room: which event each key holds.
pub type StateMap = BTreeMap<StateKeyNum, EventNum>;

/// The size of a version and of what has been written since its last snapshot, in entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weight {
    /// Entries of the last snapshot.
    pub snapshot: i64,
    /// Entries written after it, up to and with this version.
    pub since: i64,
}

impl Weight {
    /// Whether the next version is better written whole.
    #[must_use]
    pub fn wants_snapshot(self) -> bool {
        // A small state is not worth a snapshot of its own: a short chain is read in one query anyway.
        self.since > self.snapshot.max(32)
    }
}

/// Adds a version that is `parent` with `changes` applied; returns its weight.
pub fn insert_delta(
    write: &mut Write,
    version: StateVersion,
    parent: StateVersion,
    parent_weight: Weight,
    changes: &[(StateKeyNum, Option<EventNum>)],
) -> Weight {
    let entries = changes.iter().map(|(key, event)| (key.0, event.map_or(0, |event| event.0)));
    let count = i64::try_from(changes.len()).unwrap_or(i64::MAX);
    let weight = Weight {
        snapshot: parent_weight.snapshot,
        since: parent_weight.since.saturating_add(count),
    };
    insert(write, version, Some(parent), false, weight, encode(entries));
    weight
}

/// Adds a version written whole; `parent` is the version before it, if it is known.
pub fn insert_snapshot(
    write: &mut Write,
    version: StateVersion,
    parent: Option<StateVersion>,
    state: impl ExactSizeIterator<Item = (StateKeyNum, EventNum)>,
) -> Weight {
    let snapshot = i64::try_from(state.len()).unwrap_or(i64::MAX);
    let weight = Weight { snapshot, since: 0 };
    let entries = encode(state.map(|(key, event)| (key.0, event.0)));
    insert(write, version, parent, true, weight, entries);
    weight
}

fn insert(
    write: &mut Write,
    version: StateVersion,
    parent: Option<StateVersion>,
    is_snapshot: bool,
    weight: Weight,
    entries: Vec<u8>,
) {
    write.execute(
        "INSERT INTO state_versions (state_version, parent, is_snapshot, snapshot_entries, \
         entries_since, entries) VALUES ($1, $2, $3, $4, $5, $6)",
        params![version, parent, is_snapshot, weight.snapshot, weight.since, entries],
    );
}

/// Removes versions of a room of which nothing is left.
pub fn delete(write: &mut Write, versions: &[StateVersion]) {
    let versions: Vec<i64> = versions.iter().map(|version| version.0).collect();
    write.execute("DELETE FROM state_versions WHERE state_version = ANY($1)", params![versions]);
}

/// The whole state of a version.
///
/// # Errors
/// Fails if the database fails or the version is unknown.
pub async fn state(reader: &impl Read, version: StateVersion) -> Result<StateMap> {
    let rows = reader
        .query(
            "WITH RECURSIVE chain (state_version, parent, is_snapshot, entries, distance) AS ( \
               SELECT state_version, parent, is_snapshot, entries, 0 FROM state_versions \
                 WHERE state_version = $1 \
               UNION ALL \
               SELECT older.state_version, older.parent, older.is_snapshot, older.entries, \
                 chain.distance + 1 FROM chain \
                 JOIN state_versions older ON older.state_version = chain.parent \
                 WHERE chain.is_snapshot = 0) \
             SELECT entries FROM chain ORDER BY distance DESC",
            params![version],
        )
        .await?;
    if rows.is_empty() {
        return Err(db::Error::inconsistent("a state version that is not stored"));
    }
    let mut state = StateMap::new();
    for row in &rows {
        for (key, event) in decode(&row.get::<Vec<u8>>(0)?)? {
            if event == 0 {
                state.remove(&StateKeyNum(key));
            } else {
                state.insert(StateKeyNum(key), EventNum(event));
            }
        }
    }
    Ok(state)
}

/// The version that this one was made from, and its weight.
///
/// # Errors
/// Fails if the database fails or the version is unknown.
pub async fn parent(
    reader: &impl Read,
    version: StateVersion,
) -> Result<(Option<StateVersion>, Weight)> {
    let row = reader
        .query_optional(
            "SELECT parent, snapshot_entries, entries_since FROM state_versions \
             WHERE state_version = $1",
            params![version],
        )
        .await?
        .ok_or_else(|| db::Error::inconsistent("a state version that is not stored"))?;
    Ok((row.get(0)?, Weight { snapshot: row.get(1)?, since: row.get(2)? }))
}

fn encode(entries: impl Iterator<Item = (i64, i64)>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (key, event) in entries {
        push_number(&mut bytes, key);
        push_number(&mut bytes, event);
    }
    bytes
}

fn push_number(bytes: &mut Vec<u8>, number: i64) {
    let mut rest = number.cast_unsigned();
    while rest >= 0x80 {
        bytes.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    bytes.push((rest & 0x7f) as u8);
}

fn decode(bytes: &[u8]) -> Result<Vec<(i64, i64)>> {
    let mut numbers = Vec::with_capacity(bytes.len() / 4);
    let (mut number, mut shift) = (0_u64, 0_u32);
    for byte in bytes {
        if shift > 63 {
            return Err(db::Error::inconsistent("state_versions.entries"));
        }
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            numbers.push(number.cast_signed());
            (number, shift) = (0, 0);
        } else {
            shift += 7;
        }
    }
    if shift != 0 || numbers.len() % 2 != 0 {
        return Err(db::Error::inconsistent("state_versions.entries"));
    }
    Ok(numbers.as_chunks::<2>().0.iter().map(|[key, event]| (*key, *event)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_survive_the_round_trip() {
        let entries = vec![(1, 0), (127, 128), (300, 1 << 40), (i64::MAX, 5)];
        assert_eq!(decode(&encode(entries.clone().into_iter())).unwrap(), entries);
    }

    #[test]
    fn broken_entries_are_an_error() {
        assert!(decode(&[0x80]).is_err());
        assert!(decode(&[1]).is_err());
        assert!(decode(&[0xff; 12]).is_err());
    }
}
