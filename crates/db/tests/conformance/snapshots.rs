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
