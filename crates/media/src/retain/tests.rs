use store::{media::MediaRow, media_usage::MediaUsage};

use super::*;
use crate::testing::{TestMedia, on_each_engine};

async fn is_there(test: &TestMedia, media_id: &str) -> bool {
    test.media.facts(media_id).await.is_ok()
}

#[tokio::test]
async fn what_nobody_uses_is_deleted_and_nothing_else() {
    on_each_engine(async |test| {
        let unused = test.upload(b"unused").await.unwrap();
        let used = test.upload(b"used").await.unwrap();
        let protected = test.upload(b"protected").await.unwrap();
        let hidden = test.upload(b"hidden").await.unwrap();
        let avatar = test.upload(b"avatar").await.unwrap();
        test.media.protect(&protected, true).await.unwrap();
        test.media.quarantine(&hidden).await.unwrap();
        test.set_avatar(&test.media.uri(&avatar)).await;
        let announced = test.media.announce(test.user).await.unwrap().media_id;

        test.clock.advance_ms(20 * DAY_MS);
        test.download(&used).await;
        test.clock.advance_ms(11 * DAY_MS);
        let deleted = test.media.retain().await.unwrap();
        assert_eq!(deleted, Deleted { media: 1, contents: 0 });
        assert!(!is_there(&test, &unused).await);
        for id in [&used, &protected, &hidden, &avatar] {
            assert!(is_there(&test, id).await);
        }
        assert!(media::find(&test.store.db, &announced).await.unwrap().is_none());
        assert_eq!(test.files(), 4);
        let MediaUsage { files, bytes, .. } = test.media.usage(test.user).await.unwrap();
        assert_eq!((files, bytes), (4, 25));

        // It was used again since, but the pictures were not.
        test.clock.advance_ms(20 * DAY_MS);
        assert_eq!(test.media.retain().await.unwrap().media, 1);
        assert!(!is_there(&test, &used).await);
    })
    .await;
}

#[tokio::test]
async fn many_are_deleted_in_batches() {
    on_each_engine(async |test| {
        for n in 0..450 {
            test.upload(format!("{n}").as_bytes()).await.unwrap();
        }
        test.clock.advance_ms(31 * DAY_MS);
        assert_eq!(test.media.retain().await.unwrap().media, 450);
        assert_eq!(test.files(), 0);
        assert_eq!(test.media.usage(test.user).await.unwrap().files, 0);
    })
    .await;
}

#[tokio::test]
async fn contents_without_a_row_are_swept_once_they_are_old() {
    on_each_engine(async |test| {
        let kept = test.upload(b"kept").await.unwrap();
        test.media.protect(&kept, true).await.unwrap();
        let stray = test.upload(b"stray").await.unwrap();
        // As after a crash between the two.
        let mut write = Write::new();
        media::delete(&mut write, &[stray]);
        test.store.write(write).await.unwrap();
        // The files are of today, which the test's clock has not reached.
        assert_eq!(test.media.retain().await.unwrap().contents, 0);
        assert_eq!(test.files(), 2);
        let today_ms = clock::SystemClock::shared().now_ms();
        let now_ms = test.media.store.clock.now_ms();
        let later_ms = today_ms + 2 * DAY_MS;
        test.clock.advance_ms(later_ms - now_ms);
        assert_eq!(test.media.retain().await.unwrap().contents, 1);
        assert_eq!(test.files(), 1);
        assert_eq!(test.download(&kept).await, b"kept");
    })
    .await;
}

#[tokio::test]
async fn uses_are_noted_once_a_day() {
    on_each_engine(async |test| {
        let used_at = async || {
            test.media.flush_uses().await.unwrap();
            let row = media::find(&test.store.db, "").await.unwrap();
            assert!(row.is_none());
            let found = test.media.list(None, "", 1).await.unwrap();
            found[0].used_at
        };
        let id = test.upload(b"x").await.unwrap();
        let uploaded_ms = used_at().await;
        test.download(&id).await;
        assert_eq!(used_at().await, uploaded_ms);
        test.clock.advance_ms(DAY_MS + 5);
        test.download(&id).await;
        assert_eq!(used_at().await, uploaded_ms + DAY_MS + 5);
        let row: MediaRow = media::find(&test.store.db, &id).await.unwrap().unwrap();
        assert_eq!(row.created_at, uploaded_ms);
    })
    .await;
}
