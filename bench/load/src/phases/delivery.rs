//! From a send to its arrival at listeners who hold long-polls, at a fixed rate.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::{Duration, Instant},
};

use anyhow::Context;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{Bench, Phase};
use crate::{
    matrix::{Matrix, NUMBER_FIELD, SyncRequest, User, text_field},
    measure::{Outcome, open_loop},
    world::Room,
};

/// How long after the last send an arrival still counts.
const DRAIN: Duration = Duration::from_secs(20);
const POLL_TIMEOUT_MS: u64 = 5_000;

/// When each message was sent, by its number.
type Sent = Arc<Vec<Mutex<Option<Instant>>>>;

pub async fn run(bench: &mut Bench<'_>) -> anyhow::Result<()> {
    let sizes = bench.sizes.clone();
    let users = bench.world.users(sizes.listeners + 1).await?;
    let room = bench.world.room_of(users).await?;
    let count = (sizes.delivery_rate * sizes.delivery_seconds) as usize;
    let sent: Sent = Arc::new((0..count).map(|_| Mutex::new(None)).collect());
    let deadline = Arc::new(OnceLock::new());
    let mut listeners = JoinSet::new();
    for user in room.members.iter().skip(1) {
        let matrix = bench.world.matrix.clone();
        let since = matrix.position(user).await?;
        let listener = Listener {
            matrix,
            user: Arc::clone(user),
            since,
            arrived: HashSet::new(),
            sent: Arc::clone(&sent),
            deadline: Arc::clone(&deadline),
        };
        listeners.spawn(listener.listen());
    }
    let opened = bench.meter.open().await?;
    let interval = Duration::from_secs(1) / sizes.delivery_rate.max(1);
    let mut outcome = send(bench, room, interval, Arc::clone(&sent)).await;
    // The only writer.
    let _ = deadline.set(Instant::now() + DRAIN);

    let (mut arrivals, began) = (Vec::new(), Instant::now());
    while let Some(listener) = listeners.join_next().await {
        let heard: Outcome = listener.context("a listener broke")?;
        arrivals.extend_from_slice(&heard.latencies);
        outcome.failures += heard.failures;
        outcome.first_failure = outcome.first_failure.or(heard.first_failure);
    }
    let missing = (outcome.operations * sizes.listeners).saturating_sub(arrivals.len());
    outcome.elapsed += began.elapsed();
    outcome.latencies = arrivals;
    let case = format!("{} listeners, {}/s", sizes.listeners, sizes.delivery_rate);
    let mut row = bench.meter.close(opened, outcome, Phase::Delivery.name(), case).await?;
    row.extra.insert("missing_arrivals", missing as f64);
    bench.add(row);
    Ok(())
}

/// The creator sends at the rate, without waiting for answers.
async fn send(bench: &mut Bench<'_>, room: Room, interval: Duration, sent: Sent) -> Outcome {
    let (matrix, prefix) = (bench.world.matrix.clone(), bench.world.fresh_prefix());
    let (room, count) = (Arc::new(room), sent.len());
    open_loop(interval, count, move |turn| {
        let (matrix, prefix) = (matrix.clone(), Arc::clone(&prefix));
        let (room, sent) = (Arc::clone(&room), Arc::clone(&sent));
        async move {
            let sender = room.members.first().context("no sender")?;
            let slot = sent.get(turn.number).context("no such message")?;
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
            let transaction = format!("{prefix}-{}", turn.number);
            Ok(matrix.send(sender, &room.id, &transaction, turn.number).await?.len())
        }
    })
    .await
}

struct Listener {
    matrix: Matrix,
    user: Arc<User>,
    since: String,
    arrived: HashSet<usize>,
    sent: Sent,
    /// Until when arrivals count, once the last message is sent.
    deadline: Arc<OnceLock<Instant>>,
}

impl Listener {
    /// Polls until every message has arrived, or the time after the last send is over.
    async fn listen(mut self) -> Outcome {
        let mut outcome = Outcome::default();
        while self.arrived.len() < self.sent.len() && !self.is_over() {
            match self.poll().await {
                Ok(latencies) => outcome.latencies.extend(latencies),
                Err(error) => {
                    outcome.count(Duration::ZERO, Err(error));
                    break;
                }
            }
        }
        outcome
    }

    fn is_over(&self) -> bool {
        self.deadline.get().is_some_and(|deadline| Instant::now() > *deadline)
    }

    /// One long-poll, and how long each message that it brought had been under way.
    async fn poll(&mut self) -> anyhow::Result<Vec<Duration>> {
        let request = SyncRequest {
            since: Some(self.since.clone()),
            // Enough for a server that falls behind by seconds to still bring every message.
            filter: Some(json!({"room": {"timeline": {"limit": 100}}})),
            timeout_ms: POLL_TIMEOUT_MS,
        };
        let answer = self.matrix.sync(&self.user, &request).await?;
        let now = Instant::now();
        self.since = text_field(&answer, "next_batch")?;
        let numbers = message_numbers(&serde_json::from_slice(&answer)?);
        let fresh: Vec<usize> =
            numbers.into_iter().filter(|number| self.arrived.insert(*number)).collect();
        let start = |number: usize| {
            let slot = self.sent.get(number)?;
            *slot.lock().unwrap_or_else(PoisonError::into_inner)
        };
        Ok(fresh.into_iter().filter_map(start).map(|start| now - start).collect())
    }
}

fn message_numbers(answer: &Value) -> Vec<usize> {
    let Some(rooms) = answer.pointer("/rooms/join").and_then(Value::as_object) else {
        return Vec::new();
    };
    let timelines = rooms.values().filter_map(|room| room.pointer("/timeline/events")?.as_array());
    let numbers = timelines.flatten().filter_map(|event| {
        usize::try_from(event.get("content")?.get(NUMBER_FIELD)?.as_u64()?).ok()
    });
    numbers.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_from_every_room_and_other_events_are_passed_over() {
        let event = |number: u64| json!({"content": {NUMBER_FIELD: number}});
        let answer = json!({"rooms": {"join": {
            "!a": {"timeline": {"events": [event(1), {"content": {}}, event(2)]}},
            "!b": {"timeline": {"events": [event(3)]}},
            "!c": {},
        }}});
        assert_eq!(message_numbers(&answer), [1, 2, 3]);
        assert!(message_numbers(&json!({})).is_empty());
    }
}
