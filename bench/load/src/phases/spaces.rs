//! Spaces.

use std::sync::Arc;

use anyhow::ensure;
use serde_json::Value;

use super::{Bench, Phase};
use crate::matrix::Preset;

/// Rooms of a page.
const PAGE: usize = 50;

pub async fn hierarchy(bench: &mut Bench<'_>) -> anyhow::Result<()> {
    let rooms = bench.sizes.space_rooms;
    let user = bench.world.fresh_user().await?;
    let matrix = bench.world.matrix.clone();
    let version = bench.world.room_version.clone();
    let space = matrix.create_space(&user, version.as_deref()).await?;
    let (maker, owner, parent) = (matrix.clone(), Arc::clone(&user), space.clone());
    bench
        .world
        .prepare(rooms, "rooms of a space", move |_| {
            let (matrix, user) = (maker.clone(), Arc::clone(&owner));
            let (space, version) = (parent.clone(), version.clone());
            async move {
                let room = matrix.create_room(&user, Preset::Public, version.as_deref()).await?;
                matrix.add_to_space(&user, &space, &room).await.map(drop)
            }
        })
        .await?;
    let page: Value = serde_json::from_slice(&matrix.hierarchy(&user, &space).await?)?;
    let found = page.get("rooms").and_then(Value::as_array).map_or(0, Vec::len);
    ensure!(found == PAGE.min(rooms + 1), "the first page of the space has {found} rooms");
    let load = bench.load(1);
    bench
        .measure(Phase::Hierarchy, format!("first page of {rooms} rooms"), load, move |_| {
            let (matrix, user, space) = (matrix.clone(), Arc::clone(&user), space.clone());
            async move { Ok(matrix.hierarchy(&user, &space).await?.len()) }
        })
        .await
}
