//! What a durable append costs: CPU per write at 1, 32 and 128 senders, of this process and of PostgreSQL's.
//!
//! A write is what a message is to a homeserver: an event of 600 bytes and five small statements beside it.
//!
//! ```text
//! cargo run --release -p db --features testing --example append -- 20000
//! ```
//!
//! PostgreSQL is measured if `LONGHOUSE_TEST_POSTGRES` is set, with the durability that its server is set to.
#![expect(clippy::print_stdout, reason = "its output is its purpose")]
#![expect(clippy::expect_used, reason = "a measurement that fails has nothing to say")]

use std::{fs, sync::Arc, time::Instant};

use db::{Database, Migration, Write, params, testing, testing::TestDatabase};

const TABLES: &[Migration] = &[Migration {
    number: 1,
    name: "tables",
    sql: "
        CREATE TABLE events (
            event_num {int} PRIMARY KEY, event_id {text} NOT NULL UNIQUE, room_num {int} NOT NULL,
            position {int}, sender_num {int} NOT NULL, json {text} NOT NULL
        );
        CREATE UNIQUE INDEX events_timeline ON events (room_num, position);
        CREATE TABLE rooms (room_num {int} PRIMARY KEY, extremities {text}, depth {int}, last_position {int});
        CREATE TABLE sends (user_num {int}, key {text}, event_num {int}, PRIMARY KEY (user_num, key)){keyed};
        CREATE TABLE receipts (room_num {int}, user_num {int}, position {int}, PRIMARY KEY (room_num, user_num)){keyed};
        CREATE TABLE edges (event_num {int}, parent_num {int}, PRIMARY KEY (event_num, parent_num)){keyed};
        CREATE TABLE counts (user_num {int} PRIMARY KEY, sent {int} NOT NULL);",
}];

const ROOMS: i64 = 32;

#[tokio::main]
async fn main() {
    let writes = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(20_000);
    println!("engine    senders   writes/s   own CPU µs   database's CPU µs   bytes/write");
    for senders in [1, 32, 128] {
        measure(testing::sqlite(), senders, writes).await;
    }
    if std::env::var_os(testing::POSTGRES).is_some() {
        for senders in [1, 32, 128] {
            measure(testing::postgres().await, senders, writes).await;
        }
    }
}

async fn measure(test: TestDatabase, senders: i64, writes: i64) {
    let db = test.open_with(db::Options::default()).await;
    db.migrate(TABLES).await.expect("tables");
    prepare(&db).await;
    let json: Arc<str> = "x".repeat(600).into();
    run(&db, senders, 0, 500, &json).await;
    let writes = if senders == 1 { writes / 10 } else { writes };
    let (own, servers, start) = (cpu_of_own(), cpu_of_servers(), Instant::now());
    run(&db, senders, 1_000_000, writes, &json).await;
    let seconds = start.elapsed().as_secs_f64();
    let (own, servers) = (cpu_of_own() - own, cpu_of_servers() - servers);
    let bytes = test.folder().map_or(0, |folder| disk(&folder));
    let each = |total: f64| total / count(writes);
    println!(
        "{:<9} {senders:>7} {:>10.0} {:>12.1} {:>19.1} {:>13.0}",
        format!("{:?}", test.engine),
        count(writes) / seconds,
        each(own) * 1e6,
        each(servers) * 1e6,
        each(bytes_of(bytes)),
    );
    db.close().await;
}

async fn prepare(db: &Database) {
    let mut write = Write::new();
    for room in 0..ROOMS {
        write.execute("INSERT INTO rooms VALUES ($1, '', 0, 0)", params![room]);
    }
    for user in 0..128_i64 {
        write.execute("INSERT INTO counts VALUES ($1, 0)", params![user]);
    }
    db.write(write).await.expect("rooms");
}

async fn run(db: &Database, senders: i64, first: i64, writes: i64, json: &Arc<str>) {
    let tasks: Vec<_> = (0..senders)
        .map(|sender| {
            let (db, json) = (db.clone(), Arc::clone(json));
            tokio::spawn(async move {
                for number in (sender..writes).step_by(usize::try_from(senders).expect("few")) {
                    db.write(append(first + number, sender, &json)).await.expect("stored");
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("a sender");
    }
}

fn append(event: i64, user: i64, json: &Arc<str>) -> Write {
    let room = event % ROOMS;
    // Event ids are hashes: they fall anywhere in their index.
    let id = format!("${:032x}", (event.unsigned_abs() + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let mut write = Write::new();
    let position = write.position();
    write.execute(
        "INSERT INTO events (event_num, event_id, room_num, position, sender_num, json) \
         VALUES ($1, $2, $3, $4, $5, $6)",
        params![event, id.as_str(), room, position.clone(), user, Arc::clone(json)],
    );
    write.execute_expecting(
        "UPDATE rooms SET extremities = $2, depth = depth + 1, last_position = $3 WHERE room_num = $1",
        params![room, id, position.clone()],
        1,
    );
    write.execute("INSERT INTO sends VALUES ($1, $2, $3)", params![user, event.to_string(), event]);
    write.execute(
        "INSERT INTO receipts VALUES ($1, $2, $3) \
         ON CONFLICT (room_num, user_num) DO UPDATE SET position = excluded.position",
        params![room, user, position],
    );
    write.execute("INSERT INTO edges VALUES ($1, $2)", params![event, event - 1]);
    write.execute("UPDATE counts SET sent = sent + 1 WHERE user_num = $1", params![user]);
    write
}

#[expect(clippy::cast_precision_loss, reason = "a measurement is not that precise")]
fn count(number: i64) -> f64 {
    number as f64
}

#[expect(clippy::cast_precision_loss, reason = "a measurement is not that precise")]
fn bytes_of(number: u64) -> f64 {
    number as f64
}

/// Seconds of CPU of this process.
fn cpu_of_own() -> f64 {
    fs::read_to_string("/proc/self/stat").ok().and_then(|stat| cpu(&stat)).unwrap_or_default()
}

/// Seconds of CPU of all PostgreSQL servers on the machine.
fn cpu_of_servers() -> f64 {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let stats = processes.filter_map(|entry| fs::read_to_string(entry.path().join("stat")).ok());
    stats.filter(|stat| stat.contains("(postgres)")).filter_map(|stat| cpu(&stat)).sum()
}

/// User and system time, in seconds, from a line of `/proc/PID/stat` in ticks of 10 ms.
fn cpu(stat: &str) -> Option<f64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let ticks = fields.split_whitespace().skip(11).take(2);
    ticks.map(|field| field.parse::<f64>().ok()).sum::<Option<f64>>().map(|ticks| ticks / 100.0)
}

fn disk(folder: &std::path::Path) -> u64 {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    files.filter_map(|file| file.metadata().ok()).map(|metadata| metadata.len()).sum()
}
