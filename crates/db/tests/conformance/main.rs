//! What both engines promise. Each test runs on a fresh database of each.
#![expect(clippy::unwrap_used, reason = "all of this is tests")]
#![expect(
    clippy::print_stdout,
    reason = "the process that is killed reports on its standard output"
)]

mod crash;
mod failures;
mod lost_commits;
mod migrations;
mod positions;
mod snapshots;
mod starting;
mod types;
mod writes;

use db::{Database, Migration, testing::TestDatabase};

/// The tables of these tests.
const TABLES: &[Migration] = &[Migration {
    number: 1,
    name: "tables",
    sql: "
        CREATE TABLE things (
            id {int} PRIMARY KEY,
            name {text} UNIQUE,
            size {float},
            data {blob},
            count {int} NOT NULL DEFAULT 0
        );
        CREATE TABLE log (position {int} PRIMARY KEY, writer {int} NOT NULL, number {int} NOT NULL){keyed};",
}];

/// A fresh database with these tests' tables, on each engine. The first of each pair keeps the second alive.
async fn databases() -> Vec<(TestDatabase, Database)> {
    let mut databases = Vec::new();
    for fresh in db::testing::engines().await {
        let db = fresh.open().await;
        db.migrate(TABLES).await.unwrap();
        databases.push((fresh, db));
    }
    databases
}
