//! Reading a room: pages of its history, and the list of its members.

use std::sync::{Arc, Mutex};

use anyhow::ensure;
use serde_json::Value;

use super::{Bench, Phase};

pub async fn messages(bench: &mut Bench<'_>) -> anyhow::Result<()> {
    let events = bench.sizes.page_events;
    let room = bench.world.room_with_history(events).await?;
    let user = room.creator()?;
    let matrix = bench.world.matrix.clone();
    let (page, _) = read_page(&matrix.messages(&user, &room.id, None).await?)?;
    ensure!(page == events.min(100), "the first page of history has {page} events");
    // Page after page towards the beginning, and from the end again.
    let from = Arc::new(Mutex::new(None::<String>));
    let load = bench.load(1);
    let case = format!("page of 100 of {events} events");
    bench
        .measure(Phase::Messages, case, load, move |_| {
            let (matrix, user, room) = (matrix.clone(), Arc::clone(&user), room.id.clone());
            let from = Arc::clone(&from);
            async move {
                let at = from.lock().map_err(|_| anyhow::anyhow!("poisoned"))?.clone();
                let answer = matrix.messages(&user, &room, at.as_deref()).await?;
                let (page, next) = read_page(&answer)?;
                let next = next.filter(|_| page == 100);
                *from.lock().map_err(|_| anyhow::anyhow!("poisoned"))? = next;
                Ok(answer.len())
            }
        })
        .await
}

pub async fn members(bench: &mut Bench<'_>) -> anyhow::Result<()> {
    let size = bench.sizes.members_listed;
    let room = bench.world.room_of_size(size).await?;
    let user = room.creator()?;
    let matrix = bench.world.matrix.clone();
    let (found, _) = read_page(&matrix.members(&user, &room.id).await?)?;
    ensure!(found == size, "{found} members are listed of {size}");
    let load = bench.load(1);
    bench
        .measure(Phase::Members, format!("{size} members"), load, move |_| {
            let (matrix, user, room) = (matrix.clone(), Arc::clone(&user), room.id.clone());
            async move { Ok(matrix.members(&user, &room).await?.len()) }
        })
        .await
}

/// How many events a chunk has, and where the next one begins.
fn read_page(answer: &[u8]) -> anyhow::Result<(usize, Option<String>)> {
    let answer: Value = serde_json::from_slice(answer)?;
    let count = answer.get("chunk").and_then(Value::as_array).map_or(0, Vec::len);
    let end = answer.get("end").and_then(Value::as_str).map(str::to_owned);
    Ok((count, end))
}
