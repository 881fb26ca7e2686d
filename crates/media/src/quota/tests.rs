use store::media_usage::MediaUsage;

use crate::{
    Description, UploadError,
    testing::{TestMedia, on_each_engine, pieces},
};
use db::Write;

/// Files and bytes of a user.
async fn usage(test: &TestMedia) -> (i64, i64) {
    let MediaUsage { files, bytes, .. } = test.media.usage(test.user).await.unwrap();
    (files, bytes)
}

fn is_over<T>(result: &Result<T, UploadError>) -> bool {
    matches!(result, Err(UploadError::OverQuota))
}

#[tokio::test]
async fn what_a_user_has_is_counted_exactly_and_bounded() {
    on_each_engine(async |test| {
        assert_eq!(usage(&test).await, (0, 0));
        let content = vec![1; 900_000];
        let one = test.upload(&content).await.unwrap();
        let announced = test.media.announce(test.user).await.unwrap();
        let id = announced.media_id.as_str();
        let body = || pieces(&content);
        test.media.upload_announced(test.user, id, Description::default(), body()).await.unwrap();
        assert_eq!(usage(&test).await, (2, 1_800_000));
        let third = test.upload(&content).await.unwrap();
        assert_eq!(usage(&test).await, (3, 2_700_000));

        // 300 kB are left: more is refused by its announced length, or where it becomes too much.
        let told = Description { length: Some(300_001), ..Description::default() };
        assert!(is_over(&test.media.upload(test.user, told, pieces(b"")).await));
        assert!(is_over(&test.upload(&content).await));
        let announced = test.media.announce(test.user).await.unwrap();
        let id = announced.media_id.as_str();
        let late = test.media.upload_announced(test.user, id, Description::default(), body()).await;
        assert!(is_over(&late));
        assert_eq!(usage(&test).await, (3, 2_700_000));
        test.media.upload(test.other, Description::default(), body()).await.unwrap();
        test.upload(&vec![2; 300_000]).await.unwrap();
        assert!(is_over(&test.upload(b"x").await));

        // What is deleted makes room, whoever's it is.
        let ids = [one, third, "nobodyHasThis".to_owned()];
        test.media.delete(&ids, Write::new()).await.unwrap();
        assert_eq!(usage(&test).await, (2, 1_200_000));
        assert_eq!(test.media.usage(test.other).await.unwrap().bytes, 900_000);
        test.upload(&content).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_crowd_of_uploads_does_not_get_more_than_one_after_the_other() {
    on_each_engine(async |test| {
        let content = vec![1; 400_000];
        let crowd = (0..20).map(|_| test.upload(&content));
        let results = futures_util::future::join_all(crowd).await;
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 7);
        assert!(results.iter().all(|result| result.is_ok() || is_over(result)));
        assert_eq!(usage(&test).await, (7, 2_800_000));
    })
    .await;
}

#[tokio::test]
async fn a_user_can_have_a_quota_of_their_own() {
    on_each_engine(async |test| {
        test.media.set_quota(test.user, Some(1_000)).await.unwrap();
        assert!(is_over(&test.upload(&[1; 1_001]).await));
        test.upload(&[1; 1_000]).await.unwrap();
        test.media.set_quota(test.user, Some(0)).await.unwrap();
        assert!(is_over(&test.upload(b"x").await));
        assert_eq!(usage(&test).await, (1, 1_000));
        test.media.set_quota(test.user, None).await.unwrap();
        test.upload(b"x").await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_day_has_its_limit_that_deleting_does_not_raise() {
    on_each_engine(async |test| {
        test.media.set_quota(test.user, Some(100_000_000)).await.unwrap();
        for n in 0..10 {
            let id = test.upload(&vec![n; 1_000_000]).await.unwrap();
            test.media.delete(&[id], Write::new()).await.unwrap();
        }
        assert_eq!(usage(&test).await, (0, 0));
        assert!(is_over(&test.upload(b"x").await));
        test.clock.advance_ms(24 * 60 * 60 * 1_000);
        test.upload(b"x").await.unwrap();
        assert_eq!(test.media.usage(test.user).await.unwrap().day_bytes, 1);
    })
    .await;
}

#[tokio::test]
async fn a_refused_upload_leaves_no_content() {
    on_each_engine(async |test| {
        // Both have begun when there was room for both.
        let content: [Vec<u8>; 4] =
            std::array::from_fn(|n| vec![u8::try_from(n).unwrap(); 999_999]);
        let results =
            futures_util::future::join_all(content.iter().map(|content| test.upload(content)));
        let stored = results.await.iter().filter(|result| result.is_ok()).count();
        assert_eq!(stored, 3);
        assert_eq!(test.files(), 3);
    })
    .await;
}
