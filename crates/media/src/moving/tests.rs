use std::time::Duration;

use blobs::{Bucket, Place};

use super::*;
use crate::testing::{TestMedia, on_each_engine};

/// Waits for the end of the move that was asked for.
async fn done(media: &Arc<Media>) -> Move {
    tokio::time::timeout(Duration::from_secs(30), async {
        while media.move_progress().state == MoveState::Running {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    })
    .await
    .unwrap();
    media.move_progress()
}

/// The same media over a bucket, with somebody who moves.
async fn beside(test: &TestMedia, bucket: &Bucket, takes_new: bool) -> Arc<Media> {
    let media = test.with_bucket(bucket, takes_new).await;
    tokio::spawn(Arc::clone(&media).run_moves());
    media
}

#[tokio::test]
async fn everything_moves_to_the_bucket_and_back_while_it_is_read() {
    on_each_engine(async |test| {
        let mut ids = Vec::new();
        for n in 0..40 {
            ids.push(test.upload(format!("content {n}").as_bytes()).await.unwrap());
        }
        assert!(!test.media.has_other_place());
        let bucket = Bucket::in_memory();
        let media = beside(&test, &bucket, true).await;
        assert_eq!(media.move_progress(), Move::default());
        assert_eq!(media.begin_move().state, MoveState::Running);
        for (n, id) in ids.iter().enumerate() {
            assert_eq!(test.download_from(&media, id).await, format!("content {n}").as_bytes());
        }
        let moved = done(&media).await;
        assert_eq!((moved.state, moved.files, moved.damaged), (MoveState::Done, 40, 0));
        assert_eq!(moved.bytes, 10 * 9 + 30 * 10);
        assert_eq!(test.files(), 0);
        for (n, id) in ids.iter().enumerate() {
            assert_eq!(test.download_from(&media, id).await, format!("content {n}").as_bytes());
        }
        // What is deleted is gone from the bucket too.
        media.delete(&ids[..10], db::Write::new()).await.unwrap();
        assert_eq!(media.blobs.list(Place::Bucket, None, 100).await.unwrap().len(), 30);

        let media = beside(&test, &bucket, false).await;
        media.begin_move();
        assert_eq!(done(&media).await.files, 30);
        assert_eq!(test.files(), 30);
        assert_eq!(test.download(&ids[39]).await, b"content 39");
        media.begin_move();
        assert_eq!(done(&media).await.files, 0, "there is nothing left");
    })
    .await;
}

#[tokio::test]
async fn what_is_damaged_stays_and_is_counted() {
    on_each_engine(async |test| {
        let id = test.upload(b"good").await.unwrap();
        test.upload(b"fine").await.unwrap();
        let digest =
            test.media.find(crate::testing::SERVER, &id, 0).await.unwrap().digest.to_string();
        let (first, second) = (&digest[..2], &digest[2..4]);
        let path = test.folder.path().join(format!("objects/{first}/{second}/{digest}"));
        std::fs::write(path, b"evil").unwrap();
        let media = beside(&test, &Bucket::in_memory(), true).await;
        media.begin_move();
        let moved = done(&media).await;
        assert_eq!((moved.state, moved.files, moved.damaged), (MoveState::Done, 1, 1));
        assert_eq!(test.files(), 1);
    })
    .await;
}

#[test]
fn how_far_it_is_follows_from_the_digest() {
    assert_eq!(thousandths(&Digest([0; 32])), 0);
    assert_eq!(thousandths(&Digest([0x80; 32])), 501);
    assert_eq!(thousandths(&Digest([0xff; 32])), 999);
}
