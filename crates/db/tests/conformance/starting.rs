//! What is checked before a database is used.
use db::{Database, Location, OpenError, Options, testing};

#[tokio::test]
async fn a_file_belongs_to_one_process() {
    let test = testing::sqlite();
    let db = test.open().await;
    let error = Database::open(&test.location, testing::options()).await.unwrap_err();
    let pid = std::process::id().to_string();
    assert!(
        matches!(&error, OpenError::InUse { process, .. } if process.contains(&pid)),
        "{error}"
    );
    assert!(error.to_string().contains(&pid), "{error}");
    drop(db);
    test.open().await;
}

#[tokio::test]
async fn a_missing_folder_or_a_full_disk_is_explained() {
    let test = testing::sqlite();
    let folder = test.folder().unwrap();
    let nowhere = Location::Sqlite(folder.join("missing").join("x.db"));
    let error = Database::open(&nowhere, testing::options()).await.unwrap_err();
    assert!(error.to_string().contains("missing can't be written"), "{error}");
    let mut greedy = testing::options();
    greedy.free_bytes = u64::MAX;
    let error = Database::open(&test.location, greedy).await.unwrap_err();
    assert!(matches!(error, OpenError::DiskNearlyFull { .. }), "{error}");
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused() {
    let test = testing::sqlite();
    std::fs::write(test.folder().unwrap().join("test.db"), [b'x'; 10_000]).unwrap();
    let error = Database::open(&test.location, testing::options()).await.unwrap_err();
    assert!(matches!(error, OpenError::Database(_)), "{error}");
}

#[tokio::test]
async fn an_unreachable_server_is_named() {
    let location = Location::parse("postgres://nobody@127.0.0.1:1/x").unwrap();
    let error = Database::open(&location, Options::default()).await.unwrap_err();
    assert!(error.to_string().contains("127.0.0.1"), "{error}");
    assert!(error.to_string().contains("refused"), "{error}");
}

#[tokio::test]
async fn another_encoding_or_collation_is_refused() {
    let test = testing::postgres().await;
    for (suffix, definition, word) in [
        ("latin", "ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'", "LATIN1"),
        ("icu", "ENCODING 'UTF8' LOCALE_PROVIDER icu ICU_LOCALE 'en-US' LOCALE 'C'", "ICU"),
    ] {
        let name = format!("{}_{suffix}", test.name().unwrap());
        test.as_superuser(&format!("CREATE DATABASE {name} TEMPLATE template0 {definition}")).await;
        let Location::Postgres(url) = &test.location else { panic!("not PostgreSQL") };
        let location = Location::Postgres(url.replace(test.name().unwrap(), &name));
        let refused = Database::open(&location, testing::options()).await.err();
        let mut lenient = testing::options();
        lenient.allow_any_collation = true;
        let allowed = Database::open(&location, lenient).await.map(drop);
        test.as_superuser(&format!("DROP DATABASE {name} WITH (FORCE)")).await;
        let refused = refused.expect("it is refused").to_string();
        assert!(refused.contains(word) && refused.contains("CREATE DATABASE"), "{refused}");
        assert_eq!(allowed.is_ok(), suffix == "icu", "{suffix}: {allowed:?}");
    }
}
