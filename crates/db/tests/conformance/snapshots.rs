//! One consistent view.
use db::{Read, Write, params};

use crate::databases;

async fn total(db: &impl Read) -> i64 {
    let sql = "SELECT CAST(COALESCE(SUM(count), 0) AS BIGINT) FROM things";
    db.query_optional(sql, params![]).await.unwrap().unwrap().get(0).unwrap()
}

fn add(id: i64) -> Write {
    let mut write = Write::new();
    write.execute("INSERT INTO things (id, count) VALUES ($1, 1)", params![id]);
    write
}

#[tokio::test]
async fn a_snapshot_sees_nothing_later() {
    for (test, db) in databases().await {
        db.write(add(1)).await.unwrap();
        let snapshot = db.snapshot().await.unwrap();
        db.write(add(2)).await.unwrap();
        assert_eq!(total(&snapshot).await, 1, "{:?}: taken before the second write", test.engine);
        db.write(add(3)).await.unwrap();
        assert_eq!(total(&snapshot).await, 1);
        assert_eq!(total(&db).await, 3);
        let missing = snapshot.query("SELECT id FROM things WHERE id = $1", params![2_i64]).await;
        assert!(missing.unwrap().is_empty());
        drop(snapshot);
        assert_eq!(total(&db.snapshot().await.unwrap()).await, 3);
    }
}

#[tokio::test]
async fn snapshots_never_keep_queries_waiting() {
    for (test, db) in databases().await {
        db.write(add(1)).await.unwrap();
        let mut held = Vec::new();
        for _ in 0..db::testing::options().readers {
            held.push(db.snapshot().await.unwrap());
        }
        let beside = tokio::time::timeout(std::time::Duration::from_secs(5), total(&db)).await;
        assert_eq!(beside.ok(), Some(1), "{:?}", test.engine);
        let another = tokio::time::timeout(std::time::Duration::from_millis(50), db.snapshot());
        assert!(another.await.is_err(), "there are only so many snapshots");
        held.pop();
        assert_eq!(total(&db.snapshot().await.unwrap()).await, 1);
    }
}

#[tokio::test]
async fn dropped_snapshots_give_their_connections_back() {
    for (_test, db) in databases().await {
        for round in 0..50 {
            let snapshot = db.snapshot().await.unwrap();
            assert_eq!(total(&snapshot).await, round);
            drop(snapshot);
            db.write(add(round)).await.unwrap();
        }
    }
}
