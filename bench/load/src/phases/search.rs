//! Full-text search over many messages.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, ensure};
use serde_json::{Value, json};

use super::{Bench, Phase};
use crate::{matrix::NUMBER_FIELD, world::Room};

/// Rooms over which the messages are spread.
const ROOMS: usize = 20;
/// Different words that are written.
const WORDS: u64 = 20_000;
/// Words of a message.
const LENGTH: u64 = 12;
/// How long the last message may take until it is found.
const INDEXED_WITHIN: Duration = Duration::from_mins(2);

pub async fn run(bench: &mut Bench<'_>) -> anyhow::Result<()> {
    let messages = bench.sizes.searched;
    let pair = bench.world.fresh_users(2).await?;
    let user = pair.first().cloned().context("no account")?;
    let mut rooms = Vec::new();
    for _ in 0..ROOMS {
        rooms.push(bench.world.room_of(pair.clone()).await?);
    }
    write(bench, &rooms, messages).await?;
    let matrix = bench.world.matrix.clone();
    let began = std::time::Instant::now();
    while hits(&matrix.search(&user, &last_word(messages)).await?)? == 0 {
        ensure!(began.elapsed() < INDEXED_WITHIN, "the last message is not found");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let load = bench.load(1);
    bench
        .measure(Phase::Search, format!("one word in {messages} messages"), load, move |turn| {
            let (matrix, user) = (matrix.clone(), Arc::clone(&user));
            // As often as they are written: most searches are for words that many messages have.
            let term = word(drawn(turn.number as u64, u64::MAX));
            async move { Ok(matrix.search(&user, &term).await?.len()) }
        })
        .await
}

/// Messages of words as unevenly frequent as those of a language, the last one with a word of its own.
async fn write(bench: &mut Bench<'_>, rooms: &[Room], count: usize) -> anyhow::Result<()> {
    let (matrix, prefix) = (bench.world.matrix.clone(), bench.world.fresh_prefix());
    let rooms: Arc<[Room]> = rooms.into();
    let step = move |number: usize| {
        let (matrix, prefix, rooms) = (matrix.clone(), Arc::clone(&prefix), Arc::clone(&rooms));
        async move {
            let room = rooms.get(number % rooms.len()).context("no room")?;
            let sender = room.members.get(number / rooms.len() % 2).context("no member")?;
            let mut text: Vec<String> =
                (0..LENGTH).map(|place| word(drawn(number as u64, place))).collect();
            if number + 1 == count {
                text.push(last_word(count));
            }
            let body = text.join(" ");
            let content = json!({"msgtype": "m.text", "body": body, NUMBER_FIELD: number});
            let transaction = format!("{prefix}-{number}");
            matrix.send_content(sender, &room.id, &transaction, &content).await.map(drop)
        }
    };
    // The last one when all others are there.
    bench.world.prepare(count - 1, "messages to be searched", step.clone()).await?;
    step(count - 1).await
}

/// The rank of a word, small ones more often: the same for the same numbers.
fn drawn(number: u64, place: u64) -> u64 {
    // SplitMix64.
    let mut bits = number.wrapping_mul(31).wrapping_add(place).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    let even = (bits ^ (bits >> 31)) % WORDS;
    // Cubed: a tenth of the words is nearly half of what is written.
    even * even / WORDS * even / WORDS
}

/// A word that can be spoken.
fn word(rank: u64) -> String {
    const CONSONANTS: &[u8] = b"bdfgklmnprstvz";
    const VOWELS: &[u8] = b"aeiou";
    let (mut left, mut text) = (rank, String::new());
    while text.len() < 4 || left > 0 {
        for letters in [CONSONANTS, VOWELS] {
            let count = letters.len() as u64;
            let letter = usize::try_from(left % count).ok().and_then(|at| letters.get(at));
            text.extend(letter.copied().map(char::from));
            left /= count;
        }
    }
    text
}

fn last_word(count: usize) -> String {
    format!("thelastof{count}")
}

fn hits(answer: &[u8]) -> anyhow::Result<usize> {
    let answer: Value = serde_json::from_slice(answer)?;
    let results = answer.pointer("/search_categories/room_events/results");
    Ok(results.and_then(Value::as_array).map_or(0, Vec::len))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn words_differ_and_small_ranks_are_frequent() {
        let words: HashSet<String> = (0..WORDS).map(word).collect();
        assert_eq!(words.len() as u64, WORDS);
        let ranks: Vec<u64> = (0..10_000).map(|number| drawn(number, 0)).collect();
        assert!(ranks.iter().all(|rank| *rank < WORDS));
        let frequent = ranks.iter().filter(|rank| **rank < WORDS / 10).count();
        assert!((4_000..6_000).contains(&frequent), "{frequent}");
    }
}
