use std::sync::Arc;

use super::*;
use crate::{
    Description,
    testing::{SERVER, on_each_engine, pieces},
};

#[tokio::test]
async fn other_servers_and_strange_ids_have_no_media() {
    on_each_engine(async |test| {
        let id = test.upload(b"secret").await.unwrap();
        let long = "x".repeat(300);
        for (server, id) in [
            ("other.example", &*id),
            ("", &id),
            (SERVER, "../../../../etc/passwd"),
            (SERVER, "..%2f"),
            (SERVER, "/etc/passwd"),
            (SERVER, "a\0b"),
            (SERVER, ""),
            (SERVER, &long),
        ] {
            let result = test.media.find(server, id, 0).await;
            assert!(matches!(result, Err(FindError::Unknown)), "{server:?} {id:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_download_waits_for_an_announced_upload() {
    on_each_engine(async |test| {
        let id = test.media.announce(test.user).await.unwrap().media_id;
        let early = test.media.find(SERVER, &id, 20).await;
        assert!(matches!(early, Err(FindError::NotYetUploaded)), "{early:?}");
        let (media, wanted) = (Arc::clone(&test.media), id.clone());
        let waiting = tokio::spawn(async move { media.find(SERVER, &wanted, 30_000).await });
        tokio::task::yield_now().await;
        let body = pieces(b"here");
        test.media.upload_announced(test.user, &id, Description::default(), body).await.unwrap();
        let medium = waiting.await.unwrap().unwrap();
        assert_eq!(medium.object.bytes(), 4);
    })
    .await;
}

#[tokio::test]
async fn lost_content_is_not_found() {
    on_each_engine(async |test| {
        let id = test.upload(b"lost").await.unwrap();
        std::fs::remove_dir_all(test.folder.path().join("objects")).unwrap();
        let result = test.media.find(SERVER, &id, 0).await;
        assert!(matches!(result, Err(FindError::Unknown)), "{result:?}");
    })
    .await;
}
