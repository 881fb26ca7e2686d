//! How long a search takes among 100,000 messages in 50 rooms, and what indexing them costs.
//!
//! ```text
//! cargo run --release -p store --example search -- 100000
//! ```
//!
//! PostgreSQL is measured if `LONGHOUSE_TEST_POSTGRES` is set.
#![expect(clippy::print_stdout, reason = "its output is its purpose")]
#![expect(clippy::expect_used, reason = "a measurement that fails has nothing to say")]

use std::time::{Duration, Instant};

use db::{Database, Write, testing};
use store::{
    EventNum, RoomNum,
    schema::MIGRATIONS,
    search::{self, Document, Field, Order, Query, Term},
};

const ROOMS: i64 = 50;
const WORDS: u64 = 20_000;
const WORDS_OF_MESSAGE: usize = 12;
const SEARCHES: u64 = 1_000;

/// Numbers without order, the same in every run.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A word; of some there are many, of most few, as people speak.
    fn word(&mut self) -> String {
        let share = self.next() % 1_000 + 1;
        format!("w{}", (self.next() % WORDS) / share)
    }
}

#[tokio::main]
async fn main() {
    let messages = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(100_000);
    println!("engine     index µs/message   order     p50 ms   p99 ms   max ms");
    let sqlite = testing::sqlite();
    measure("SQLite", &sqlite.open().await, messages).await;
    if std::env::var_os(testing::POSTGRES).is_some() {
        let postgres = testing::postgres().await;
        measure("PostgreSQL", &postgres.open().await, messages).await;
    }
}

async fn measure(name: &str, db: &Database, messages: i64) {
    db.migrate(MIGRATIONS).await.expect("tables");
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let start = Instant::now();
    for batch in 0..messages / 64 {
        let mut write = Write::new();
        for number in batch * 64..(batch + 1) * 64 {
            let terms: Vec<String> = (0..WORDS_OF_MESSAGE).map(|_| dice.word()).collect();
            let num = EventNum(number + 1);
            let document = Document {
                event_num: num,
                room_num: RoomNum(number % ROOMS),
                position: number,
                field: Field::Body,
                text_num: num,
                text_position: number,
                terms: &terms,
            };
            search::put(&mut write, db.engine(), &document);
        }
        drop(db.write(write).await.expect("a write"));
    }
    let each =
        start.elapsed().as_secs_f64() * 1e6 / f64::from(u32::try_from(messages).unwrap_or(1));
    let rooms: Vec<RoomNum> = (0..ROOMS).map(RoomNum).collect();
    for order in ["recent", "rank"] {
        let mut times = Vec::new();
        for _ in 0..SEARCHES {
            let mut terms = vec![Term::Prefix(dice.word())];
            if dice.next().is_multiple_of(2) {
                terms.push(Term::Exact(dice.word()));
            }
            let order = match order {
                "recent" => Order::Recent { before: EventNum(i64::MAX) },
                _ => Order::Rank { skip: 0 },
            };
            let (fields, limit) = (&[Field::Body][..], 1_000);
            let query = Query { terms: &terms, rooms: &rooms, fields, order, limit };
            let start = Instant::now();
            let _ = search::find(db, &query).await.expect("an answer");
            times.push(start.elapsed());
        }
        times.sort_unstable();
        let at = |share: usize| milliseconds(times.get(times.len() * share / 100 - 1));
        println!(
            "{name:<10} {each:>16.1}   {order:<6} {:>9.2} {:>8.2} {:>8.2}",
            at(50),
            at(99),
            at(100)
        );
    }
}

fn milliseconds(time: Option<&Duration>) -> f64 {
    time.map_or(0.0, |time| time.as_secs_f64() * 1e3)
}
