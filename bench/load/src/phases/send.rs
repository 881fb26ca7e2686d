//! Sending messages: from more senders, into larger rooms, after more history.

use std::sync::Arc;

use anyhow::Context;

use super::{Bench, Phase};
use crate::{options::List, world::Room};

pub async fn concurrent(bench: &mut Bench<'_>) -> anyhow::Result<()> {
    let List(counts) = bench.sizes.senders.clone();
    for &count in &counts {
        let room = bench.world.room_of_size(count.max(2)).await?;
        let case = format!("{count} {}, 1 room", if count == 1 { "sender" } else { "senders" });
        measure(bench, Phase::Send, case, count, vec![room]).await?;
    }
    let (senders, rooms) = a_room_each(bench).await?;
    let case = format!("{senders} senders, {senders} rooms");
    measure(bench, Phase::Send, case, senders, rooms).await
}

/// The most senders of the sizes, and a new room of two for each of them.
pub async fn a_room_each(bench: &mut Bench<'_>) -> anyhow::Result<(usize, Vec<Room>)> {
    let senders = bench.sizes.senders.0.last().copied().unwrap_or(1);
    let users = bench.world.users(senders + 1).await?;
    let mut rooms = Vec::new();
    for pair in users.windows(2) {
        rooms.push(bench.world.room_of(pair.to_vec()).await?);
    }
    Ok((senders, rooms))
}

pub async fn by_members(bench: &mut Bench<'_>) -> anyhow::Result<()> {
    let List(sizes) = bench.sizes.members.clone();
    for size in sizes {
        let room = bench.world.room_of_size(size).await?;
        measure(bench, Phase::SendMembers, format!("{size} members"), 2, vec![room]).await?;
    }
    Ok(())
}

pub async fn by_history(bench: &mut Bench<'_>) -> anyhow::Result<()> {
    let List(lengths) = bench.sizes.history.clone();
    for length in lengths {
        let room = bench.world.room_with_history(length).await?;
        let case = format!("after {length} events");
        measure(bench, Phase::SendHistory, case, 2, vec![room]).await?;
    }
    Ok(())
}

/// The same room of two, before and after one of them has made many rules of their own.
pub async fn by_push_rules(bench: &mut Bench<'_>) -> anyhow::Result<()> {
    let rules = bench.sizes.push_rules;
    let pair = bench.world.fresh_users(2).await?;
    let member = pair.last().cloned().context("no member")?;
    let mut room = bench.world.room_of(pair).await?;
    // The creator sends, and the rules are another's.
    room.members.truncate(1);
    let case = "a member with no rules".to_owned();
    measure(bench, Phase::SendPushRules, case, 1, vec![room.clone()]).await?;
    let matrix = bench.world.matrix.clone();
    bench
        .world
        .prepare(rules, "push rules", move |number| {
            let (matrix, member) = (matrix.clone(), Arc::clone(&member));
            async move { matrix.add_keyword(&member, &format!("keyword{number}")).await.map(drop) }
        })
        .await?;
    let case = format!("a member with {rules} rules");
    measure(bench, Phase::SendPushRules, case, 1, vec![room]).await
}

/// `senders` workers, each in the room of its number, as one of its members.
pub async fn measure(
    bench: &mut Bench<'_>,
    phase: Phase,
    case: String,
    senders: usize,
    rooms: Vec<Room>,
) -> anyhow::Result<()> {
    let (matrix, prefix) = (bench.world.matrix.clone(), bench.world.fresh_prefix());
    let rooms: Arc<[Room]> = rooms.into();
    let load = bench.load(senders);
    bench
        .measure(phase, case, load, move |turn| {
            let (matrix, prefix, rooms) = (matrix.clone(), Arc::clone(&prefix), Arc::clone(&rooms));
            async move {
                let room = rooms.get(turn.worker % rooms.len()).context("no room")?;
                // Alone in its room, a worker is its first member.
                let member = turn.worker / rooms.len() % room.members.len();
                let sender = room.members.get(member).context("no member")?;
                let transaction = format!("{prefix}-{}", turn.number);
                Ok(matrix.send(sender, &room.id, &transaction, turn.number).await?.len())
            }
        })
        .await
}
