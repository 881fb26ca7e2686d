//! Values and rows.
use bytes::Bytes;
use db::{Engine, Read as _, Value, Write, params};

use crate::databases;

#[tokio::test]
async fn every_type_comes_back_as_it_went() {
    for (test, db) in databases().await {
        let text = "ünïcödé \u{1F3E0} 'quoted' \"twice\" $1 ?1 \\ \u{1}";
        let blob: Vec<u8> = (0..=255).collect();
        let mut write = Write::new();
        for (id, size) in [(i64::MIN, -0.5), (0, f64::MAX), (i64::MAX, 1e-300)] {
            write.execute(
                "INSERT INTO things (id, name, size, data) VALUES ($1, $2, $3, $4)",
                params![id, format!("{text}{id}"), size, blob.clone()],
            );
        }
        let committed = db.write(write).await.unwrap();
        assert_eq!(committed.first_position(), 0, "no position was taken");
        let rows = db
            .query("SELECT id, name, size, data, count FROM things ORDER BY id", params![])
            .await
            .unwrap();
        let ids: Vec<i64> = rows.iter().map(|row| row.get(0).unwrap()).collect();
        assert_eq!(ids, [i64::MIN, 0, i64::MAX], "{:?}", test.engine);
        let row = &rows[1];
        assert_eq!(row.text(1).unwrap(), format!("{text}0"));
        assert_eq!(row.get::<String>(1).unwrap(), format!("{text}0"));
        assert!((row.get::<f64>(2).unwrap() - f64::MAX).abs() < f64::EPSILON);
        assert_eq!(row.get::<Vec<u8>>(3).unwrap(), blob);
        assert_eq!(row.get::<Bytes>(3).unwrap(), blob);
        assert_eq!(row.blob(3).unwrap(), blob);
        assert!(!row.get::<bool>(4).unwrap());
    }
}

#[tokio::test]
async fn a_plan_for_its_values_answers_the_same() {
    for (test, db) in databases().await {
        let mut write = Write::new();
        for id in 1..=9_i64 {
            let size = if id == 9 { 1.5 } else { 0.5 };
            write.execute(
                "INSERT INTO things (id, name, size) VALUES ($1, $2, $3)",
                params![id, format!("name {id}"), size],
            );
        }
        db.write(write).await.unwrap();
        for (size, ids) in [(0.5, vec![2, 3]), (1.5, vec![9]), (2.5, vec![])] {
            // More often than PostgreSQL looks at the values of a statement that it keeps.
            for _ in 0..8 {
                let sql = "SELECT id, name, size, data FROM things WHERE size = $1 \
                           AND id = ANY($2) AND name <> $3 ORDER BY id";
                let params = params![size, vec![2_i64, 3, 9, 4], "name 4"];
                let rows = db.query_planned(sql, params.clone()).await.unwrap();
                let found: Vec<i64> = rows.iter().map(|row| row.get(0).unwrap()).collect();
                assert_eq!(found, ids, "{:?}", test.engine);
                let kept = db.query(sql, params).await.unwrap();
                assert_eq!(format!("{rows:?}"), format!("{kept:?}"));
            }
        }
        let refused = db.query_planned("SELECT nothing FROM nowhere", params![]).await;
        assert!(!refused.unwrap_err().is_transient());
    }
}

#[tokio::test]
async fn statistics_are_refreshed() {
    for (test, db) in databases().await {
        let mut write = Write::new();
        for id in 1..=300_i64 {
            let insert = "INSERT INTO things (id, name) VALUES ($1, $2)";
            write.execute(insert, params![id, format!("name {id}")]);
        }
        db.write(write).await.unwrap();
        db.refresh_statistics("things").await.unwrap();
        if test.engine == Engine::Postgres {
            let sql = "SELECT CAST(reltuples AS BIGINT) FROM pg_class WHERE relname = 'things'";
            let row = db.query_optional(sql, params![]).await.unwrap().unwrap();
            assert_eq!(row.get::<i64>(0).unwrap(), 300);
            assert!(db.refresh_statistics("nowhere").await.is_err());
        }
    }
}

#[tokio::test]
async fn null_is_none() {
    for (_test, db) in databases().await {
        let mut write = Write::new();
        let insert = "INSERT INTO things (id, name, data) VALUES ($1, $2, $3)";
        write.execute(insert, params![1_i64, None::<String>, None::<Vec<u8>>]);
        write.execute(insert, params![2_i64, Some("two"), Some(Vec::<u8>::new())]);
        db.write(write).await.unwrap();
        let rows = db.query("SELECT name, data FROM things ORDER BY id", params![]).await.unwrap();
        assert_eq!(rows[0].get::<Option<String>>(0).unwrap(), None);
        assert_eq!(rows[0].get::<Option<Bytes>>(1).unwrap(), None);
        assert_eq!(rows[1].get::<Option<String>>(0).unwrap().as_deref(), Some("two"));
        assert_eq!(rows[1].get::<Option<Bytes>>(1).unwrap(), Some(Bytes::new()));
    }
}

#[tokio::test]
async fn a_wrong_type_or_column_is_an_error() {
    for (_test, db) in databases().await {
        let row = db.query_optional("SELECT CAST(-1 AS BIGINT), 'a', NULL", params![]).await;
        let row = row.unwrap().unwrap();
        assert_eq!(row.get::<i64>(0).unwrap(), -1);
        for error in [
            row.get::<String>(0).unwrap_err(),
            row.get::<u32>(0).unwrap_err(),
            row.get::<bool>(0).unwrap_err(),
            row.get::<i64>(1).unwrap_err(),
            row.get::<Vec<u8>>(1).unwrap_err(),
            row.get::<i64>(2).unwrap_err(),
            row.get::<i64>(3).unwrap_err(),
            row.text(2).map(str::to_owned).unwrap_err(),
        ] {
            assert!(!error.is_transient(), "{error}");
        }
    }
}

#[tokio::test]
async fn arrays_match_any_and_all() {
    for (_test, db) in databases().await {
        let mut write = Write::new();
        for id in 1..=5_i64 {
            let name = format!("name \"{id}\", with [json] in it");
            write.execute("INSERT INTO things (id, name) VALUES ($1, $2)", params![id, name]);
        }
        db.write(write).await.unwrap();
        let ids = async |sql, value: Value| -> Vec<i64> {
            let rows = db.query(sql, params![value]).await.unwrap();
            rows.iter().map(|row| row.get(0).unwrap()).collect()
        };
        let any = "SELECT id FROM things WHERE id = ANY($1) ORDER BY id";
        assert_eq!(ids(any, vec![2_i64, 9, 4].into()).await, [2, 4]);
        assert_eq!(ids(any, Vec::<i64>::new().into()).await, [0_i64; 0]);
        let all = "SELECT id FROM things WHERE id <> ALL($1) ORDER BY id";
        assert_eq!(ids(all, vec![2_i64, 9, 4].into()).await, [1, 3, 5]);
        let named = "SELECT id FROM things WHERE name = ANY($1) ORDER BY id";
        let name = "name \"3\", with [json] in it".to_owned();
        assert_eq!(ids(named, vec![name, String::new()].into()).await, [3]);
    }
}

#[tokio::test]
async fn a_text_with_nul_is_refused_by_both() {
    for (test, db) in databases().await {
        let mut write = Write::new();
        write.execute("INSERT INTO things (id, name) VALUES ($1, $2)", params![1_i64, "a\0b"]);
        let db::WriteError::Failed(error) = db.write(write).await.unwrap_err() else {
            panic!("not a conflict");
        };
        assert!(error.is_unstorable_text(), "{:?}: {error:?}", test.engine);
        let sql = "SELECT id FROM things WHERE name = $1";
        let error = db.query(sql, params!["a\0b"]).await.unwrap_err();
        assert!(error.is_unstorable_text(), "{:?}: {error:?}", test.engine);
        let error = db
            .query("SELECT id FROM things WHERE name = ANY($1)", params![vec!["\0"]])
            .await
            .unwrap_err();
        assert!(error.is_unstorable_text(), "{:?}: {error:?}", test.engine);
    }
}

#[tokio::test]
async fn texts_are_sorted_by_code_point() {
    for (test, db) in databases().await {
        let mut write = Write::new();
        for (id, name) in (1_i64..).zip(["b", "a", "B", "é", "z", "_", "10", "9"]) {
            write.execute("INSERT INTO things (id, name) VALUES ($1, $2)", params![id, name]);
        }
        db.write(write).await.unwrap();
        let rows = db.query("SELECT name FROM things ORDER BY name", params![]).await.unwrap();
        let names: Vec<&str> = rows.iter().map(|row| row.text(0).unwrap()).collect();
        assert_eq!(names, ["10", "9", "B", "_", "a", "b", "z", "é"], "{:?}", test.engine);
    }
}

#[tokio::test]
async fn a_text_that_is_no_statement_is_an_error() {
    for (_test, db) in databases().await {
        assert!(db.query("SELECT nonsense FROM nowhere", params![]).await.is_err());
        let missing = db.query("SELECT id FROM things WHERE id = $1", params![]).await;
        assert!(missing.is_err(), "a parameter is missing");
        assert!(db.query("SELECT id FROM things", params![]).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn reads_can_t_write() {
    for (test, db) in databases().await {
        let insert = db.query("INSERT INTO things (id) VALUES (1)", params![]).await;
        assert!(insert.is_err(), "{:?}", test.engine);
    }
}
