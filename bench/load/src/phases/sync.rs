//! `/v3/sync` of an account with many rooms, at the beginning and when nothing happened.

use std::sync::Arc;

use anyhow::{Context, ensure};
use serde_json::{Value, json};

use super::{Bench, Phase};
use crate::{
    matrix::{Matrix, SyncRequest, User, text_field},
    world::Room,
};

/// An account in rooms with messages.
#[derive(Clone)]
pub struct Account {
    pub user: Arc<User>,
    pub rooms: usize,
}

/// The account with the rooms that `--rooms` and `--room-messages` say, made at first use.
pub async fn account(bench: &mut Bench<'_>) -> anyhow::Result<Account> {
    if let Some(account) = &bench.account {
        return Ok(account.clone());
    }
    let pair = bench.world.fresh_users(2).await?;
    let mut rooms: Vec<Room> = Vec::new();
    for _ in 0..bench.sizes.rooms {
        rooms.push(bench.world.room_of(pair.clone()).await?);
    }
    let messages = rooms.len() * bench.sizes.room_messages;
    bench.world.fill(&rooms, messages).await?;
    let user = pair.into_iter().next().context("no account")?;
    let account = Account { user, rooms: rooms.len() };
    bench.account = Some(account.clone());
    Ok(account)
}

pub async fn initial(bench: &mut Bench<'_>) -> anyhow::Result<()> {
    let Account { user, rooms } = account(bench).await?;
    let matrix = bench.world.matrix.clone();
    let answer = matrix.sync(&user, &initial_request(&matrix)).await?;
    let found = room_count(&answer)?;
    ensure!(found == rooms, "an initial sync brought {found} rooms of {rooms}");
    let case = format!("{rooms} rooms x {} messages", bench.sizes.room_messages);
    let load = bench.load(1);
    bench
        .measure(Phase::SyncInitial, case, load, move |_| {
            let (matrix, user) = (matrix.clone(), Arc::clone(&user));
            async move { Ok(matrix.sync(&user, &initial_request(&matrix)).await?.len()) }
        })
        .await
}

pub async fn incremental(bench: &mut Bench<'_>) -> anyhow::Result<()> {
    let Account { user, rooms } = account(bench).await?;
    let matrix = bench.world.matrix.clone();
    let mut since =
        text_field(&matrix.sync(&user, &initial_request(&matrix)).await?, "next_batch")?;
    // What an initial sync leaves to be told (counts of keys, for one) is told here.
    let answer = matrix.sync(&user, &next_request(&since)).await?;
    since = text_field(&answer, "next_batch")?;
    let found = room_count(&matrix.sync(&user, &next_request(&since)).await?)?;
    ensure!(found == 0, "an incremental sync without changes brought {found} rooms");
    let load = bench.load(1);
    bench
        .measure(Phase::SyncIncremental, format!("{rooms} rooms, no changes"), load, move |_| {
            let (matrix, user) = (matrix.clone(), Arc::clone(&user));
            let request = next_request(&since);
            async move { Ok(matrix.sync(&user, &request).await?.len()) }
        })
        .await
}

/// As a client begins: lazily loaded members, the last 20 events of each room.
fn initial_request(matrix: &Matrix) -> SyncRequest {
    let filter = json!({
        "room": {"timeline": {"limit": 20}, "state": {"lazy_load_members": true}},
        "account_data": matrix.unrepeated(),
    });
    SyncRequest { filter: Some(filter), ..SyncRequest::default() }
}

fn next_request(since: &str) -> SyncRequest {
    let filter = json!({
        "room": {"timeline": {"limit": 20}, "state": {"lazy_load_members": true}},
    });
    SyncRequest { since: Some(since.to_owned()), filter: Some(filter), timeout_ms: 0 }
}

fn room_count(answer: &[u8]) -> anyhow::Result<usize> {
    let answer: Value = serde_json::from_slice(answer)?;
    Ok(answer.pointer("/rooms/join").and_then(Value::as_object).map_or(0, serde_json::Map::len))
}
