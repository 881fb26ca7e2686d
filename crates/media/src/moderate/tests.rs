use super::*;
use crate::{
    FindError,
    testing::{SERVER, TestMedia, on_each_engine},
    thumbnails::{Method, Size, ThumbnailError},
};

async fn is_shown(test: &TestMedia, media_id: &str) -> bool {
    match test.media.find(SERVER, media_id, 0).await {
        Ok(_) => true,
        Err(FindError::Unknown) => false,
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn a_hidden_content_is_hidden_wherever_it_is() {
    on_each_engine(async |test| {
        let one = test.upload(b"bad").await.unwrap();
        let same = test.upload(b"bad").await.unwrap();
        let other = test.upload(b"good").await.unwrap();
        assert_eq!(test.media.quarantine(&one).await.unwrap(), 2);
        assert_eq!(test.media.quarantine(&one).await.unwrap(), 0);
        let again = test.upload(b"bad").await.unwrap();
        for (id, expected) in [(&one, false), (&same, false), (&again, false), (&other, true)] {
            assert_eq!(is_shown(&test, id).await, expected);
        }
        let size = Size { width: 32, height: 32, method: Method::Crop };
        let thumbnail = test.media.thumbnail(SERVER, &one, 0, size, false).await;
        assert!(matches!(thumbnail, Err(ThumbnailError::Find(FindError::Unknown))));
        assert!(test.media.facts(&again).await.unwrap().quarantined_at.is_some());

        assert_eq!(test.media.unquarantine(&same).await.unwrap(), 3);
        for id in [&one, &same, &again] {
            assert!(is_shown(&test, id).await);
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_protected_is_not_hidden() {
    on_each_engine(async |test| {
        let sticker = test.upload(b"sticker").await.unwrap();
        let copy = test.upload(b"sticker").await.unwrap();
        test.media.protect(&sticker, true).await.unwrap();
        let refused = test.media.quarantine(&sticker).await;
        assert!(matches!(refused, Err(ModerateError::Protected)), "{refused:?}");
        assert_eq!(test.media.quarantine(&copy).await.unwrap(), 1);
        assert!(is_shown(&test, &sticker).await && !is_shown(&test, &copy).await);
        test.media.protect(&sticker, false).await.unwrap();
        assert_eq!(test.media.quarantine(&sticker).await.unwrap(), 1);
        assert!(!is_shown(&test, &sticker).await);
    })
    .await;
}

#[tokio::test]
async fn what_is_not_there_is_told() {
    on_each_engine(async |test| {
        let announced = test.media.announce(test.user).await.unwrap().media_id;
        for id in ["nobodyHasThis", "", "a\0b", &announced] {
            assert!(matches!(test.media.facts(id).await, Err(ModerateError::Unknown)), "{id}");
            assert!(matches!(test.media.quarantine(id).await, Err(ModerateError::Unknown)), "{id}");
            assert!(
                matches!(test.media.unquarantine(id).await, Err(ModerateError::Unknown)),
                "{id}"
            );
            assert!(
                matches!(test.media.protect(id, true).await, Err(ModerateError::Unknown)),
                "{id}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn media_are_listed_in_order_of_their_ids() {
    on_each_engine(async |test| {
        let mut all = Vec::new();
        for n in 0..5 {
            all.push(test.upload(format!("{n}").as_bytes()).await.unwrap());
        }
        test.media.announce(test.user).await.unwrap();
        all.sort();
        let ids = |found: Vec<MediaFacts>| found.into_iter().map(|facts| facts.media_id);
        let first = test.media.list(None, "", 3).await.unwrap();
        assert_eq!(first[0].uploader, test.user);
        assert_eq!(first[0].bytes, 1);
        assert_eq!(ids(first).collect::<Vec<_>>(), all[..3]);
        let rest = test.media.list(Some(test.user), &all[2], 3).await.unwrap();
        assert_eq!(ids(rest).collect::<Vec<_>>(), all[3..]);
        assert_eq!(test.media.list(Some(test.other), "", 3).await.unwrap(), []);
    })
    .await;
}
