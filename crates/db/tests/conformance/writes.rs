//! Writes and their neighbours.
use db::{Database, Read as _, Write, WriteError, params};

use crate::databases;

async fn count(db: &Database) -> i64 {
    let row = db.query_optional("SELECT COUNT(*) FROM things", params![]).await.unwrap();
    row.unwrap().get(0).unwrap()
}

fn insert(id: i64) -> Write {
    let mut write = Write::new();
    write.execute("INSERT INTO things (id) VALUES ($1)", params![id]);
    write
}

#[tokio::test]
async fn on_conflict_and_returning_work_alike() {
    for (_test, db) in databases().await {
        let mut write = Write::new();
        let upsert = "INSERT INTO things (id, name) VALUES ($1, $2) ON CONFLICT (id) \
            DO UPDATE SET name = excluded.name, count = things.count + 1 RETURNING name, count";
        let first = write.execute(upsert, params![1_i64, "one"]);
        let second = write.execute(upsert, params![1_i64, "uno"]);
        let ignored = write
            .execute("INSERT INTO things (id) VALUES ($1) ON CONFLICT DO NOTHING", params![1_i64]);
        let all = write.execute("UPDATE things SET size = 1", params![]);
        let gone = write.execute("DELETE FROM things WHERE id = $1", params![2_i64]);
        let committed = db.write(write).await.unwrap();
        assert_eq!(committed.rows(first)[0].text(0).unwrap(), "one");
        assert_eq!(committed.rows(second)[0].text(0).unwrap(), "uno");
        assert_eq!(committed.rows(second)[0].get::<i64>(1).unwrap(), 1);
        assert_eq!((committed.affected(first), committed.affected(ignored)), (1, 0));
        assert_eq!((committed.affected(all), committed.affected(gone)), (1, 0));
        assert!(committed.rows(all).is_empty());
    }
}

#[tokio::test]
async fn a_write_is_stored_whole_or_not_at_all() {
    for (_test, db) in databases().await {
        db.write(insert(7)).await.unwrap();
        let mut write = insert(1);
        let taken = write.execute("INSERT INTO things (id) VALUES ($1)", params![7_i64]);
        write.execute("INSERT INTO things (id) VALUES ($1)", params![2_i64]);
        match db.write(write).await.unwrap_err() {
            WriteError::Conflict { operation, .. } => assert_eq!(operation, taken),
            other => panic!("{other:?}"),
        }
        assert_eq!(count(&db).await, 1);
        let mut write = insert(1);
        write.execute("INSERT INTO things (id, name) VALUES ($1, $2)", params![2_i64, 5_i64 / 3]);
        // An integer in a text column is refused by PostgreSQL and converted by SQLite: not part of the contract.
        drop(db.write(write).await);
        let mut write = insert(3);
        write.execute("INSERT INTO things (id, count) VALUES ($1, NULL)", params![4_i64]);
        let error = db.write(write).await.unwrap_err();
        assert!(!error.is_conflict(), "a NULL is not a conflict: {error:?}");
        let sql = "SELECT id FROM things WHERE id = ANY($1)";
        assert!(db.query(sql, params![vec![3_i64, 4]]).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn an_expectation_that_is_not_met_rejects_the_write() {
    for (_test, db) in databases().await {
        db.write(insert(1)).await.unwrap();
        let sql = "UPDATE things SET count = count + 1 WHERE id = $1 AND count = $2";
        let step = |id: i64, seen: i64| {
            let mut write = Write::new();
            write.execute("INSERT INTO things (id) VALUES ($1)", params![id]);
            let update = write.execute_expecting(sql, params![1_i64, seen], 1);
            (write, update)
        };
        let (write, _) = step(10, 0);
        db.write(write).await.unwrap();
        let (write, update) = step(11, 0);
        match db.write(write).await.unwrap_err() {
            WriteError::Conflict { operation, reason } => {
                assert_eq!(operation, update);
                assert!(reason.to_string().contains("0 rows where 1"), "{reason}");
            }
            other => panic!("{other:?}"),
        }
        let (write, _) = step(12, 1);
        db.write(write).await.unwrap();
        assert_eq!(count(&db).await, 3, "nothing of the rejected write");
    }
}

#[tokio::test]
async fn a_bad_write_is_rejected_alone() {
    for (test, db) in databases().await {
        let mut waiting = Vec::new();
        for number in 0..200_i64 {
            let db = db.clone();
            waiting.push(tokio::spawn(async move {
                // Every tenth pair wants the same key.
                let id = if number % 10 == 1 { number - 1 } else { number };
                let mut write = Write::new();
                let position = write.position();
                write.execute("INSERT INTO things (id) VALUES ($1)", params![id]);
                write.execute(
                    "INSERT INTO log (position, writer, number) VALUES ($1, $2, $3)",
                    params![position, id, number],
                );
                if number % 50 == 7 {
                    write.execute("INSERT INTO nowhere VALUES (1)", params![]);
                }
                (number, db.write(write).await)
            }));
        }
        let (mut conflicts, mut failures) = (0, 0);
        for task in waiting {
            match task.await.unwrap() {
                (_, Ok(_)) => {}
                (number, Err(error)) if number % 10 < 2 => {
                    assert!(error.is_conflict(), "{number}: {error:?}");
                    conflicts += 1;
                }
                (number, Err(error)) => {
                    assert!(number % 50 == 7 && !error.is_conflict(), "{number}: {error:?}");
                    failures += 1;
                }
            }
        }
        assert_eq!((conflicts, failures), (20, 4), "{:?}", test.engine);
        assert_eq!(count(&db).await, 176);
        assert_eq!(db.visible_position(), 176, "rejected writes take no positions");
    }
}

#[tokio::test]
async fn numbers_are_reserved_once() {
    for (_test, db) in databases().await {
        let mut waiting = Vec::new();
        for _ in 0..20 {
            let db = db.clone();
            waiting.push(tokio::spawn(async move { db.reserve_numbers("user", 10).await }));
        }
        let mut firsts = Vec::new();
        for task in waiting {
            firsts.push(task.await.unwrap().unwrap());
        }
        firsts.sort_unstable();
        let expected: Vec<i64> = (0..20).map(|block| 1 + block * 10).collect();
        assert_eq!(firsts, expected);
        assert_eq!(db.reserve_numbers("room", 1).await.unwrap(), 1, "series are apart");
    }
}

#[tokio::test]
async fn a_write_of_many_statements_and_much_text_is_stored() {
    for (_test, db) in databases().await {
        let mut write = Write::new();
        for id in 0..2_000_i64 {
            write.execute(
                "INSERT INTO things (id, name) VALUES ($1, $2)",
                params![id, format!("{id}").repeat(500)],
            );
        }
        db.write(write).await.unwrap();
        assert_eq!(count(&db).await, 2_000);
        let sql = "SELECT CAST(SUM(LENGTH(name)) AS BIGINT) FROM things";
        let row = db.query_optional(sql, params![]).await.unwrap().unwrap();
        assert_eq!(row.get::<i64>(0).unwrap(), 500 * (10 + 90 * 2 + 900 * 3 + 1_000 * 4));
    }
}
