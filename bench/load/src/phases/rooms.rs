//! Creating rooms and joining them.

use std::sync::Arc;

use anyhow::Context;

use super::{Bench, Phase};
use crate::{matrix::Preset, measure::Load, options::List};

const CONCURRENCY: usize = 4;

pub async fn create(bench: &mut Bench<'_>) -> anyhow::Result<()> {
    let users = bench.world.users(CONCURRENCY).await?;
    let matrix = bench.world.matrix.clone();
    let version = bench.world.room_version.clone();
    let load = bench.load(CONCURRENCY);
    bench
        .measure(Phase::CreateRoom, "private".to_owned(), load, move |turn| {
            let (matrix, version) = (matrix.clone(), version.clone());
            let user = users.get(turn.worker).cloned();
            async move {
                let user = user.context("no user")?;
                let room = matrix.create_room(&user, Preset::Private, version.as_deref()).await?;
                Ok(room.len())
            }
        })
        .await
}

pub async fn join(bench: &mut Bench<'_>) -> anyhow::Result<()> {
    let List(joins) = bench.sizes.joins.clone();
    let [joiners, rooms] = joins[..] else {
        anyhow::bail!("--joins takes two numbers: accounts and rooms");
    };
    let creator = bench.world.fresh_user().await?;
    let mut ids = Vec::new();
    for _ in 0..rooms {
        ids.push(bench.world.room_of(vec![Arc::clone(&creator)]).await?.id);
    }
    let users = bench.world.users(joiners).await?;
    let matrix = bench.world.matrix.clone();
    let load = Load { operations_max: joiners * rooms, ..bench.load(CONCURRENCY) };
    let case = format!("public, up to {joiners} members");
    bench
        .measure(Phase::Join, case, load, move |turn| {
            let matrix = matrix.clone();
            // All rooms grow alike, and neighbours work in different rooms.
            let room = ids.get(turn.number % rooms).cloned();
            let user = users.get(turn.number / rooms).cloned();
            async move {
                let (room, user) = (room.context("no room")?, user.context("no user")?);
                Ok(matrix.join(&user, &room).await?.len())
            }
        })
        .await
}
