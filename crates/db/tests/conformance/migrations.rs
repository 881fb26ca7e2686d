//! Migrations.
use db::{Applied, MigrateError, Migration, Read as _, params, testing::engines};

const FIRST: Migration = Migration {
    number: 1,
    name: "first",
    sql: "CREATE TABLE one (id {int} PRIMARY KEY, t {text});",
};
const SECOND: Migration = Migration {
    number: 2,
    name: "second",
    sql: "CREATE TABLE two (id {int} PRIMARY KEY);
--- sqlite
INSERT INTO one (id, t) VALUES (1, 'sqlite');
--- postgres
INSERT INTO one (id, t) VALUES (1, 'postgres');
--- both
INSERT INTO two (id) VALUES (1);",
};

#[tokio::test]
async fn migrations_are_applied_once_and_in_order() {
    for test in engines().await {
        let db = test.open().await;
        assert_eq!(db.migrate(&[FIRST]).await.unwrap(), Applied { before: 0, now: 1 });
        let both = [FIRST, SECOND];
        assert_eq!(db.migrate(&both).await.unwrap(), Applied { before: 1, now: 2 });
        assert_eq!(db.migrate(&both).await.unwrap(), Applied { before: 2, now: 2 });
        let row = db.query_optional("SELECT t FROM one", params![]).await.unwrap().unwrap();
        assert_eq!(row.text(0).unwrap(), format!("{:?}", test.engine).to_lowercase());
        let sql = "SELECT number, name FROM schema_migrations ORDER BY number";
        let rows = db.query(sql, params![]).await.unwrap();
        let record = |row: &db::Row| (row.get::<i64>(0).unwrap(), row.get::<String>(1).unwrap());
        let records: Vec<_> = rows.iter().map(record).collect();
        assert_eq!(records, [(1, "first".to_owned()), (2, "second".to_owned())]);
    }
}

#[tokio::test]
async fn a_newer_database_is_refused_and_left_alone() {
    for test in engines().await {
        let db = test.open().await;
        db.migrate(&[FIRST, SECOND]).await.unwrap();
        let error = db.migrate(&[FIRST]).await.unwrap_err();
        assert!(matches!(error, MigrateError::Newer { database: 2, program: 1 }), "{error:?}");
        assert!(error.to_string().contains("newer than this program"), "{error}");
        assert_eq!(db.query("SELECT id FROM two", params![]).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn an_edited_migration_is_refused() {
    for test in engines().await {
        let db = test.open().await;
        db.migrate(&[FIRST]).await.unwrap();
        let edited = Migration { sql: "CREATE TABLE one (id {int});", ..FIRST };
        let error = db.migrate(&[edited, SECOND]).await.unwrap_err();
        assert!(matches!(error, MigrateError::Changed { number: 1, .. }), "{error:?}");
    }
}

#[tokio::test]
async fn a_failed_migration_leaves_nothing() {
    for test in engines().await {
        let db = test.open().await;
        let broken = Migration {
            sql: "CREATE TABLE two (id {int}); INSERT INTO one (id) VALUES (5); INSERT INTO nowhere VALUES (1);",
            ..SECOND
        };
        let error = db.migrate(&[FIRST, broken]).await.unwrap_err();
        assert!(matches!(error, MigrateError::Failed { number: 2, .. }), "{error:?}");
        assert!(db.query("SELECT id FROM two", params![]).await.is_err(), "no such table");
        assert!(db.query("SELECT id FROM one", params![]).await.unwrap().is_empty());
        assert_eq!(db.migrate(&[FIRST, SECOND]).await.unwrap(), Applied { before: 1, now: 2 });
    }
}
