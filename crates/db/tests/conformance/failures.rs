//! What happens when something breaks.
use std::{path::Path, time::Duration};

use db::{Database, Engine, Location, Read as _, Write, WriteError, params, testing};

use crate::{TABLES, databases};

fn insert(id: i64) -> Write {
    let mut write = Write::new();
    let position = write.position();
    write.execute("INSERT INTO things (id) VALUES ($1)", params![id]);
    write.execute(
        "INSERT INTO log (position, writer, number) VALUES ($1, 0, $2)",
        params![position, id],
    );
    write
}

async fn ids(db: &Database) -> Vec<i64> {
    let rows = db.query("SELECT id FROM things ORDER BY id", params![]).await.unwrap();
    rows.iter().map(|row| row.get(0).unwrap()).collect()
}

#[tokio::test]
async fn a_writer_that_panics_is_started_again() {
    for (test, db) in databases().await {
        db.write(insert(1)).await.unwrap();
        db.break_writer().await.unwrap();
        // It may have been taken from the queue together with what panics.
        let beside = tokio::time::timeout(Duration::from_secs(5), db.write(insert(2))).await;
        beside.expect("it does not hang").expect("it is not lost");
        db.write(insert(3)).await.unwrap();
        assert_eq!(ids(&db).await, [1, 2, 3], "{:?}", test.engine);
        assert_eq!(db.visible_position(), 3, "the positions go on without a gap");
    }
}

#[tokio::test]
async fn lost_connections_are_made_again() {
    let test = testing::postgres().await;
    let db = test.open().await;
    db.migrate(TABLES).await.unwrap();
    for id in 0..5 {
        db.write(insert(id)).await.unwrap();
        let name = test.name().unwrap();
        test.as_superuser(&format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        ))
        .await;
        assert_eq!(i64::try_from(ids(&db).await.len()).unwrap(), id + 1, "reads go on");
        db.snapshot().await.unwrap();
    }
    db.write(insert(5)).await.unwrap();
    assert_eq!(ids(&db).await, [0, 1, 2, 3, 4, 5]);
    assert_eq!(db.visible_position(), 6);
}

#[tokio::test]
async fn a_write_waits_for_the_server_only_so_long() {
    let test = testing::postgres().await;
    let mut options = testing::options();
    options.reconnect = Duration::from_millis(500);
    let db = test.open_with(options).await;
    db.migrate(TABLES).await.unwrap();
    db.write(insert(1)).await.unwrap();
    let name = test.name().unwrap();
    test.as_superuser(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false")).await;
    test.as_superuser(&format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
    ))
    .await;
    let refused = tokio::time::timeout(Duration::from_secs(10), db.write(insert(2))).await;
    let WriteError::Failed(error) = refused.expect("it does not hang").unwrap_err() else {
        panic!("not a conflict");
    };
    assert!(!error.outcome_unknown(), "the COMMIT was never sent: {error:?}");
    test.as_superuser(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true")).await;
    db.write(insert(3)).await.unwrap();
    assert_eq!(ids(&db).await, [1, 3]);
}

/// A small file system of its own.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    /// None if we are not allowed to mount one.
    fn mount(size: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let options = std::ffi::CString::new(format!("size={size}")).unwrap();
        let flags = rustix::mount::MountFlags::empty();
        rustix::mount::mount("tmpfs", folder.path(), "tmpfs", flags, Some(options.as_c_str()))
            .ok()
            .map(|()| Self(folder))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = rustix::mount::unmount(self.path(), rustix::mount::UnmountFlags::DETACH);
    }
}

#[tokio::test]
async fn a_full_disk_fails_writes_until_there_is_space_again() {
    let Some(disk) = SmallDisk::mount("6m") else {
        eprintln!("skipped: a small disk can be mounted by root only");
        return;
    };
    let mut options = testing::options();
    options.free_bytes = 0;
    let location = Location::Sqlite(disk.path().join("test.db"));
    let db = Database::open(&location, options).await.unwrap();
    assert_eq!(db.engine(), Engine::Sqlite);
    db.migrate(TABLES).await.unwrap();
    let ballast = disk.path().join("ballast");
    std::fs::write(&ballast, vec![0; 3 << 20]).unwrap();
    let big = |id: i64| {
        let mut write = insert(id);
        write
            .execute("UPDATE things SET data = $2 WHERE id = $1", params![id, vec![7_u8; 200_000]]);
        write
    };
    let mut stored = Vec::new();
    let error = loop {
        let id = i64::try_from(stored.len()).unwrap();
        match db.write(big(id)).await {
            Ok(_) => stored.push(id),
            Err(WriteError::Failed(error)) => break error,
            Err(other) => panic!("{other:?}"),
        }
        assert!(stored.len() < 100, "the disk never got full");
    };
    assert!(error.is_disk_full() || error.outcome_unknown(), "{error:?}");
    assert_eq!(ids(&db).await, stored, "reads go on, and only what was acknowledged is there");
    assert!(db.write(big(1_000)).await.is_err(), "it is still full");
    std::fs::remove_file(&ballast).unwrap();
    db.write(big(2_000)).await.expect("there is space again");
    stored.push(2_000);
    assert_eq!(ids(&db).await, stored);
    assert_eq!(db.visible_position(), i64::try_from(stored.len()).unwrap());
    let check = db.query_optional("PRAGMA integrity_check", params![]).await.unwrap().unwrap();
    assert_eq!(check.text(0).unwrap(), "ok");
}

#[tokio::test]
async fn a_file_that_can_t_be_opened_again_fails_writes_and_still_closes() {
    let test = testing::sqlite();
    let db = test.open().await;
    db.migrate(TABLES).await.unwrap();
    db.write(insert(1)).await.unwrap();
    let folder = test.folder().unwrap();
    let (file, away) = (folder.join("test.db"), folder.join("away.db"));
    std::fs::rename(&file, &away).unwrap();
    // A folder where the file should be: another connection can't be opened.
    std::fs::create_dir(&file).unwrap();
    db.break_writer().await.unwrap();
    let lost = tokio::time::timeout(Duration::from_secs(5), async {
        loop {
            match db.write(insert(2)).await {
                Err(WriteError::Failed(error)) if !error.outcome_unknown() => break error,
                Ok(_) => panic!("there is no file"),
                Err(_) => {}
            }
        }
    });
    assert!(lost.await.expect("it is answered").is_transient());
    std::fs::remove_dir(&file).unwrap();
    std::fs::rename(&away, &file).unwrap();
    tokio::time::timeout(Duration::from_secs(5), async {
        while db.write(insert(3)).await.is_err() {}
    })
    .await
    .expect("it is opened again");
    assert_eq!(ids(&db).await, [1, 3]);
    db.close().await;
}
