//! Against a store that says what the test wants it to.
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::{
    io::AsyncWriteExt as _,
    net::{TcpListener, TcpStream},
};

use super::*;

fn settings(endpoint: String) -> BucketSettings {
    BucketSettings {
        bucket: "files".to_owned(),
        endpoint: Some(endpoint),
        region: "eu-central-1".to_owned(),
        prefix: "long/house".to_owned(),
        is_in_path: true,
        credentials: Some(Credentials {
            access_key_id: "key".to_owned(),
            secret_access_key: "hidden".to_owned(),
        }),
        ca_file: None,
    }
}

/// Answers every request with `status`. Returns the URL and how often it was asked.
async fn store_that_says(status: &'static str) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    tokio::spawn(async move {
        loop {
            let (connection, _) = listener.accept().await.unwrap();
            counted.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(answer(connection, status));
        }
    });
    (url, asked)
}

async fn answer(mut connection: TcpStream, status: &str) {
    let mut request = vec![0; 64 << 10];
    let _ = connection.read(&mut request).await;
    let body = "<Error><Code>Why</Code></Error>";
    let length = body.len();
    let answer =
        format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}");
    let _ = connection.write_all(answer.as_bytes()).await;
}

async fn verdict_on(endpoint: String) -> BucketError {
    Bucket::new(&settings(endpoint)).unwrap().check().await.unwrap_err()
}

#[tokio::test]
async fn what_is_wrong_with_a_bucket_is_told() {
    let verdict = async |status| verdict_on(store_that_says(status).await.0).await;
    let missing = verdict("404 Not Found").await;
    assert_eq!(missing.to_string(), "there is no bucket files");
    for status in ["403 Forbidden", "401 Unauthorized"] {
        let refused = verdict(status).await;
        assert!(matches!(&refused, BucketError::Refused { .. }), "{refused}");
        assert!(refused.to_string().starts_with("the store refuses the credentials"));
        assert!(!refused.to_string().contains("hidden"), "{refused}");
    }
    let broken = verdict("400 Bad Request").await;
    assert!(matches!(broken, BucketError::Broken { .. }), "{broken}");
}

/// Bounded: a first try and three more.
#[tokio::test]
async fn a_store_that_is_away_is_asked_a_few_times() {
    let (url, asked) = store_that_says("503 Slow Down").await;
    let away = verdict_on(url).await;
    assert!(matches!(away, BucketError::Away { .. }), "{away}");
    assert_eq!(asked.load(Ordering::SeqCst), 4);
    // Nobody listens at a port that was free a moment ago.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let begun = std::time::Instant::now();
    let away = verdict_on(url.clone()).await;
    assert!(matches!(away, BucketError::Away { .. }), "{away}");
    assert!(begun.elapsed().as_secs() < 30);
    let found = Bucket::new(&settings(url)).unwrap().find(&Digest([0; 32])).await;
    assert!(matches!(found, Err(Error::Bucket(_))), "an outage is not an absence");
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    let with = |change: fn(&mut BucketSettings)| {
        let mut settings = settings("https://store.example".to_owned());
        change(&mut settings);
        Bucket::new(&settings).map(drop)
    };
    assert!(with(|_| {}).is_ok());
    assert!(with(|settings| settings.endpoint = None).is_ok());
    let wrong = with(|settings| settings.prefix = "a//b".to_owned());
    assert!(matches!(wrong, Err(BucketError::Settings(_))), "{wrong:?}");
    let wrong = with(|settings| settings.ca_file = Some("/nowhere.pem".into()));
    assert!(matches!(wrong, Err(BucketError::Certificates { .. })), "{wrong:?}");
    let wrong = with(|settings| settings.ca_file = Some("/dev/null".into()));
    assert!(matches!(wrong, Err(BucketError::Certificates { .. })), "{wrong:?}");
    let shown = format!("{:?}", settings(String::new()));
    assert!(!shown.contains("hidden"), "{shown}");
}

#[test]
fn the_bucket_is_part_of_the_path_or_of_the_host() {
    let mut settings = settings("https://store.example:9000/".to_owned());
    let endpoint = |settings: &BucketSettings| {
        settings.endpoint_of_bucket(settings.endpoint.as_deref().unwrap())
    };
    assert_eq!(endpoint(&settings), "https://store.example:9000");
    settings.is_in_path = false;
    assert_eq!(endpoint(&settings), "https://files.store.example:9000");
}

#[tokio::test]
async fn a_bucket_in_order_is_left_as_it_was() {
    let bucket = Bucket::in_memory();
    bucket.check().await.unwrap();
    assert!(bucket.store.list(None).try_next().await.unwrap().is_none());
}
