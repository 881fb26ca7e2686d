//! What was acknowledged survives a killed process.
use std::{
    io::{BufRead as _, BufReader},
    process::{Command, Stdio},
    time::Duration,
};

use db::{Database, Location, Read as _, Write, params, testing};

use crate::TABLES;

/// Set in the process that is killed.
const LOCATION: &str = "DB_CRASH_LOCATION";

/// Not a test of its own: what the killed process does. Prints the number of each acknowledged write.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn victim() {
    let Ok(location) = std::env::var(LOCATION) else { return };
    let location = Location::parse(&location).unwrap();
    let db = Database::open(&location, testing::options()).await.unwrap();
    db.migrate(TABLES).await.unwrap();
    let row = db.query_optional("SELECT COALESCE(MAX(id), 0) FROM things", params![]).await;
    let start: i64 = row.unwrap().unwrap().get(0).unwrap();
    let writers = (1..=8_i64).map(|writer| tokio::spawn(write_for_ever(db.clone(), start, writer)));
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
}

async fn write_for_ever(db: Database, start: i64, writer: i64) {
    for round in 0.. {
        let id = start + round * 8 + writer;
        let mut write = Write::new();
        let position = write.position();
        write.execute("INSERT INTO things (id, count) VALUES ($1, $1)", params![id]);
        write.execute(
            "INSERT INTO log (position, writer, number) VALUES ($1, $2, $3)",
            params![position, writer, id],
        );
        let committed = db.write(write).await.unwrap();
        println!("acknowledged {id} {}", committed.first_position());
    }
}

/// Runs the victim, kills it in the middle, and returns what it had acknowledged.
fn kill_in_the_middle(location: &str, after: Duration) -> Vec<(i64, i64)> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crash::victim", "--nocapture"])
        .env(LOCATION, location)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let reader = std::thread::spawn(move || {
        let mut acknowledged = Vec::new();
        for line in lines.map_while(Result::ok) {
            let mut words =
                line.split(' ').skip_while(|word| !word.ends_with("acknowledged")).skip(1);
            let mut number = || words.next()?.parse::<i64>().ok();
            // The last line may be cut short by the kill: then it acknowledges nothing.
            if let (Some(id), Some(position)) = (number(), number()) {
                acknowledged.push((id, position));
            }
        }
        acknowledged
    });
    std::thread::sleep(after);
    child.kill().unwrap();
    child.wait().unwrap();
    let mut acknowledged = reader.join().unwrap();
    // A cut position reads as another number.
    acknowledged.pop();
    acknowledged
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acknowledged_writes_survive_kill_9() {
    for test in testing::engines().await {
        let Some(location) = url(&test.location) else { panic!("a location without a text") };
        for round in 1..=5_u64 {
            let acknowledged =
                kill_in_the_middle(&location, Duration::from_millis(500 + round * 67));
            assert!(acknowledged.len() > 20, "{:?}: {}", test.engine, acknowledged.len());
            let db = test.open().await;
            let rows = db
                .query(
                    "SELECT t.id, l.position FROM things t JOIN log l ON l.number = t.id",
                    params![],
                )
                .await
                .unwrap();
            let stored: std::collections::BTreeMap<i64, i64> =
                rows.iter().map(|row| (row.get(0).unwrap(), row.get(1).unwrap())).collect();
            for (id, position) in acknowledged {
                assert_eq!(stored.get(&id), Some(&position), "{:?}: write {id}", test.engine);
            }
            let last = i64::try_from(rows.len()).unwrap();
            assert_eq!(db.visible_position(), last, "{:?}: no gap, nothing twice", test.engine);
        }
    }
}

fn url(location: &Location) -> Option<String> {
    match location {
        Location::Sqlite(path) => path.to_str().map(str::to_owned),
        Location::Postgres(url) => Some(url.clone()),
    }
}
