//! The change stream.
use std::time::Duration;

use db::{Database, Read as _, Write, params};

use crate::databases;

fn logged(writer: i64, number: i64) -> Write {
    let mut write = Write::new();
    for _ in 0..=number % 3 {
        let position = write.position();
        write.execute(
            "INSERT INTO log (position, writer, number) VALUES ($1, $2, $3)",
            params![position, writer, number],
        );
    }
    write
}

async fn positions(db: &impl db::Read) -> Vec<i64> {
    let rows = db.query("SELECT position FROM log ORDER BY position", params![]).await.unwrap();
    rows.iter().map(|row| row.get(0).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn positions_have_no_gaps_and_follow_each_writer() {
    for (test, db) in databases().await {
        let writers: Vec<_> = (0..16_i64)
            .map(|writer| {
                let db = db.clone();
                tokio::spawn(async move {
                    let mut last = 0;
                    for number in 0..30 {
                        let committed = db.write(logged(writer, number)).await.unwrap();
                        assert!(committed.first_position() > last, "in the order of the commits");
                        last = committed.first_position() + number % 3;
                    }
                })
            })
            .collect();
        let watcher = tokio::spawn(never_ahead_of_the_table(db.clone()));
        for writer in writers {
            writer.await.unwrap();
        }
        let expected: Vec<i64> = (1..=16 * 60).collect();
        assert_eq!(positions(&db).await, expected, "{:?}", test.engine);
        assert_eq!(db.visible_position(), 16 * 60);
        watcher.abort();
        assert!(watcher.await.is_err_and(|error| error.is_cancelled()), "the watcher found a hole");
    }
}

/// Whatever is visible is in the table, with all before it.
async fn never_ahead_of_the_table(db: Database) {
    loop {
        let visible = db.visible_position();
        let sql = "SELECT COUNT(*) FROM log WHERE position <= $1";
        let row = db.query_optional(sql, params![visible]).await.unwrap().unwrap();
        assert_eq!(row.get::<i64>(0).unwrap(), visible);
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_position_is_visible_when_all_before_it_are_applied() {
    for (_test, db) in databases().await {
        let mut watched = db.watch_visible_position();
        let start = db.visible_position();
        let first = db.write(logged(1, 0)).await.unwrap();
        let second = db.write(logged(1, 1)).await.unwrap();
        assert_eq!(first.first_position(), start + 1);
        assert_eq!(second.first_position(), start + 2);
        drop(second);
        assert_eq!(db.visible_position(), start, "the first is not applied yet");
        assert_eq!(positions(&db).await.len(), 3, "it is committed all the same");
        drop(first);
        assert_eq!(db.visible_position(), start + 3);
        tokio::time::timeout(Duration::from_secs(1), watched.wait_for(|seen| *seen == start + 3))
            .await
            .expect("the watcher is woken")
            .unwrap();
    }
}

#[tokio::test]
async fn a_position_of_a_write_is_the_one_that_was_bound() {
    for (_test, db) in databases().await {
        db.write(logged(9, 2)).await.unwrap();
        let mut write = Write::new();
        let (one, two) = (write.position(), write.position());
        let insert =
            "INSERT INTO log (position, writer, number) VALUES ($1, $2, 0) RETURNING position";
        let second = write.execute(insert, params![two.clone(), 1_i64]);
        let first = write.execute(insert, params![one.clone(), 1_i64]);
        let committed = db.write(write).await.unwrap();
        assert_eq!(committed.rows(first)[0].get::<i64>(0).unwrap(), committed.position(&one));
        assert_eq!(committed.rows(second)[0].get::<i64>(0).unwrap(), committed.position(&two));
        assert_eq!((committed.position(&one), committed.position(&two)), (4, 5));
    }
}

#[tokio::test]
async fn positions_and_the_epoch_outlive_the_process() {
    for (test, db) in databases().await {
        let epoch = db.epoch();
        drop(db.write(logged(1, 2)).await.unwrap());
        db.close().await;
        assert!(db.write(logged(1, 2)).await.is_err(), "it is closed");
        drop(db);
        let db = test.open().await;
        assert_eq!((db.epoch(), db.visible_position()), (epoch, 3));
        assert_eq!(db.write(logged(1, 0)).await.unwrap().first_position(), 4);
    }
    let [first, second] = [0, 1].map(|_| db::testing::sqlite());
    let (first, second) = (first.open().await.epoch(), second.open().await.epoch());
    assert_ne!(first, second, "each database has an epoch of its own");
}

#[tokio::test]
async fn another_node_s_positions_are_respected() {
    // Only PostgreSQL has other nodes.
    let test = db::testing::postgres().await;
    let (one, two) = (test.open().await, test.open().await);
    one.migrate(crate::TABLES).await.unwrap();
    for number in 0..10 {
        let first = one.write(logged(1, number)).await.unwrap().first_position();
        let second = two.write(logged(2, number)).await.unwrap().first_position();
        assert!(second > first);
    }
    let found = positions(&one).await;
    assert_eq!(found, (1..=i64::try_from(found.len()).unwrap()).collect::<Vec<_>>());
}
