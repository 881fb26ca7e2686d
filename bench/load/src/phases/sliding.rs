//! Simplified sliding sync (MSC4186), asked as Element X asks it.

use std::sync::{Arc, Mutex};

use anyhow::ensure;
use serde_json::{Value, json};

use super::{Bench, Phase, sync};
use crate::matrix::{Preset, User, text_field};

pub async fn first(bench: &mut Bench<'_>) -> anyhow::Result<()> {
    let sync::Account { user, rooms } = sync::account(bench).await?;
    measure_first(bench, Phase::SlidingFirst, user, rooms).await
}

pub async fn first_of_many(bench: &mut Bench<'_>) -> anyhow::Result<()> {
    let rooms = bench.sizes.many_rooms;
    let user = bench.world.fresh_user().await?;
    let (creator, matrix) = (Arc::clone(&user), bench.world.matrix.clone());
    let version = bench.world.room_version.clone();
    bench
        .world
        .prepare(rooms, "rooms", move |_| {
            let (matrix, user, version) = (matrix.clone(), Arc::clone(&creator), version.clone());
            async move {
                matrix.create_room(&user, Preset::Private, version.as_deref()).await.map(drop)
            }
        })
        .await?;
    measure_first(bench, Phase::SlidingManyRooms, user, rooms).await
}

async fn measure_first(
    bench: &mut Bench<'_>,
    phase: Phase,
    user: Arc<User>,
    rooms: usize,
) -> anyhow::Result<()> {
    let window = bench.sizes.window.min(rooms);
    let matrix = bench.world.matrix.clone();
    let body = Arc::new(room_list(window));
    let found = room_count(&matrix.sliding_sync(&user, None, &body).await?)?;
    ensure!(found == window, "a first sliding sync brought {found} rooms of {window}");
    let case = format!("window of {window} of {rooms} rooms");
    let load = bench.load(1);
    bench
        .measure(phase, case, load, move |_| {
            let (matrix, user, body) = (matrix.clone(), Arc::clone(&user), Arc::clone(&body));
            async move { Ok(matrix.sliding_sync(&user, None, &body).await?.len()) }
        })
        .await
}

pub async fn incremental(bench: &mut Bench<'_>) -> anyhow::Result<()> {
    let sync::Account { user, rooms } = sync::account(bench).await?;
    let window = bench.sizes.window.min(rooms);
    let matrix = bench.world.matrix.clone();
    let body = Arc::new(room_list(window));
    let mut position = text_field(&matrix.sliding_sync(&user, None, &body).await?, "pos")?;
    // The second answer may still complete the first one; after it, nothing is left to tell.
    let answer = matrix.sliding_sync(&user, Some(&position), &body).await?;
    position = text_field(&answer, "pos")?;
    let answer = matrix.sliding_sync(&user, Some(&position), &body).await?;
    let found = room_count(&answer)?;
    ensure!(found == 0, "a sliding sync without changes brought {found} rooms");
    let position = Arc::new(Mutex::new(text_field(&answer, "pos")?));
    let case = format!("window of {window}, no changes");
    let load = bench.load(1);
    bench
        .measure(Phase::SlidingIncremental, case, load, move |_| {
            let (matrix, user, body) = (matrix.clone(), Arc::clone(&user), Arc::clone(&body));
            let position = Arc::clone(&position);
            async move {
                let from = position.lock().map_err(|_| anyhow::anyhow!("poisoned"))?.clone();
                let answer = matrix.sliding_sync(&user, Some(&from), &body).await?;
                let next = text_field(&answer, "pos")?;
                *position.lock().map_err(|_| anyhow::anyhow!("poisoned"))? = next;
                Ok(answer.len())
            }
        })
        .await
}

/// The `all_rooms` list of matrix-rust-sdk's room list service, with its extensions.
fn room_list(window: usize) -> Value {
    json!({
        "conn_id": "room-list",
        "lists": {"all_rooms": {
            "ranges": [[0, window - 1]],
            "timeline_limit": 1,
            "required_state": [
                ["m.room.name", ""], ["m.room.encryption", ""], ["m.room.member", "$LAZY"],
                ["m.room.member", "$ME"], ["m.room.topic", ""], ["m.room.avatar", ""],
                ["m.room.canonical_alias", ""], ["m.room.power_levels", ""],
                ["org.matrix.msc3401.call.member", "*"], ["m.room.join_rules", ""],
                ["m.room.tombstone", ""], ["m.room.create", ""],
                ["m.room.history_visibility", ""], ["io.element.functional_members", ""],
                ["m.space.parent", "*"], ["m.space.child", "*"],
            ],
            "filters": {},
        }},
        "extensions": {
            "account_data": {"enabled": true},
            "receipts": {"enabled": true, "rooms": ["*"]},
            "typing": {"enabled": true},
            "to_device": {"enabled": true},
            "e2ee": {"enabled": true},
        },
    })
}

fn room_count(answer: &[u8]) -> anyhow::Result<usize> {
    let answer: Value = serde_json::from_slice(answer)?;
    Ok(answer.get("rooms").and_then(Value::as_object).map_or(0, serde_json::Map::len))
}
