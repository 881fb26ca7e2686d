use futures_util::stream;
use store::media;

use super::*;
use crate::{
    FindError,
    testing::{SERVER, on_each_engine, pieces},
};

#[tokio::test]
async fn what_was_uploaded_comes_back_with_its_name_and_type() {
    on_each_engine(async |test| {
        let description = Description {
            content_type: Some("image/png".to_owned()),
            file_name: Some("Bär.png".to_owned()),
            length: Some(3),
        };
        let id = test.media.upload(test.user, description, pieces(b"abc")).await.unwrap();
        assert_eq!(id.len(), 24);
        let medium = test.media.find(SERVER, &id, 0).await.unwrap();
        assert_eq!(medium.content_type.as_deref(), Some("image/png"));
        assert_eq!(medium.file_name.as_deref(), Some("Bär.png"));
        assert_eq!(test.download(&id).await, b"abc");
        let again = test.upload(b"abc").await.unwrap();
        assert_ne!(again, id);
        assert_eq!(test.media.find(SERVER, &again, 0).await.unwrap().digest, medium.digest);
    })
    .await;
}

#[tokio::test]
async fn what_is_too_large_is_refused_while_it_is_read() {
    on_each_engine(async |test| {
        let announced = Description { length: Some(1_000_001), ..Description::default() };
        let unread = stream::poll_fn(|_| -> std::task::Poll<Option<Result<Bytes, String>>> {
            panic!("a body that is announced as too large is not read")
        });
        let result = test.media.upload(test.user, announced, unread).await;
        assert!(
            matches!(result, Err(UploadError::TooLarge { bytes_max: 1_000_000 })),
            "{result:?}"
        );
        let endless = stream::repeat_with(|| Ok::<_, String>(Bytes::from_static(&[0; 4_096])));
        let result = test.media.upload(test.user, Description::default(), endless).await;
        assert!(matches!(result, Err(UploadError::TooLarge { .. })), "{result:?}");
        assert_eq!(
            test.upload(&vec![1; 1_000_000]).await.unwrap().len(),
            24,
            "the limit itself fits"
        );
        let left = std::fs::read_dir(test.folder.path().join("uploads")).unwrap().count();
        assert_eq!(left, 0);
    })
    .await;
}

#[tokio::test]
async fn an_interrupted_upload_leaves_nothing() {
    on_each_engine(async |test| {
        let broken = stream::iter([Ok(Bytes::from_static(b"half")), Err("gone")]);
        let result = test.media.upload(test.user, Description::default(), broken).await;
        assert!(matches!(result, Err(UploadError::Interrupted(why)) if why == "gone"));
        let left = std::fs::read_dir(test.folder.path().join("uploads")).unwrap().count();
        assert_eq!(left, 0);
    })
    .await;
}

#[tokio::test]
async fn names_and_types_that_cannot_be_sent_back_are_dropped() {
    on_each_engine(async |test| {
        for bad in ["a\r\nX-Evil: 1", "a\0b", "", &"x".repeat(300)] {
            let description = Description {
                content_type: Some(format!("image/png{bad}\n")),
                file_name: Some(bad.to_owned()),
                length: None,
            };
            let id = test.media.upload(test.user, description, pieces(b"x")).await.unwrap();
            let medium = test.media.find(SERVER, &id, 0).await.unwrap();
            assert_eq!(medium.file_name, None);
            assert!(medium.content_type.is_none_or(|kind| kind == "image/png"), "{bad:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_announced_upload_is_stored_once_by_its_owner_in_time() {
    on_each_engine(async |test| {
        let id = test.media.announce(test.user).await.unwrap().media_id;
        let upload = async |user, id: &str, content: &[u8]| {
            test.media.upload_announced(user, id, Description::default(), pieces(content)).await
        };
        let other = upload(test.other, &id, b"x").await;
        assert!(matches!(other, Err(UploadError::OtherUser)), "{other:?}");
        upload(test.user, &id, b"content").await.unwrap();
        let again = upload(test.user, &id, b"other").await;
        assert!(matches!(again, Err(UploadError::Done)), "{again:?}");
        assert_eq!(test.download(&id).await, b"content");
        for unknown in ["nothing", "", "../../x", "a\0b"] {
            let result = upload(test.user, unknown, b"x").await;
            assert!(matches!(result, Err(UploadError::Unknown)), "{unknown:?}: {result:?}");
        }
        let late = test.media.announce(test.user).await.unwrap();
        test.clock.set_ms(late.expires_at);
        let result = upload(test.user, &late.media_id, b"x").await;
        assert!(matches!(result, Err(UploadError::Unknown)), "{result:?}");
        test.media.announce(test.user).await.unwrap();
        let gone = media::find(&test.store.db, &late.media_id).await.unwrap();
        assert_eq!(gone, None, "what has expired is forgotten");
    })
    .await;
}

/// The time is that of the end of the upload.
#[tokio::test]
async fn an_upload_that_comes_to_its_end_too_late_is_not_stored() {
    on_each_engine(async |test| {
        let announced = test.media.announce(test.user).await.unwrap();
        let clock = test.clock.clone();
        let slow = stream::iter([b"one", b"two"]).map(move |piece| {
            clock.set_ms(announced.expires_at);
            Ok::<_, String>(Bytes::from_static(piece))
        });
        let description = Description::default();
        let late =
            test.media.upload_announced(test.user, &announced.media_id, description, slow).await;
        assert!(matches!(late, Err(UploadError::Unknown)), "{late:?}");
        assert_eq!(test.files(), 0);
        assert_eq!(test.media.usage(test.user).await.unwrap().files, 0);
    })
    .await;
}

#[tokio::test]
async fn many_announcements_at_once_are_bounded_too() {
    on_each_engine(async |test| {
        let all = (0..130).map(|_| test.media.announce(test.user));
        let all = futures_util::future::join_all(all).await;
        assert_eq!(all.iter().filter(|one| one.is_ok()).count(), 100);
        let refused = |one: &Result<_, _>| matches!(one, Err(crate::AnnounceError::TooMany));
        assert_eq!(all.iter().filter(|one| refused(one)).count(), 30);
    })
    .await;
}

#[tokio::test]
async fn announcements_are_bounded() {
    on_each_engine(async |test| {
        for _ in 0..100 {
            test.media.announce(test.user).await.unwrap();
        }
        assert!(matches!(test.media.announce(test.user).await, Err(crate::AnnounceError::TooMany)));
        test.media.announce(test.other).await.unwrap();
    })
    .await;
}

/// S6: no name that an uploader gives, and no id that somebody asks for, is ever a path.
#[tokio::test]
async fn nothing_is_written_or_read_outside_the_folder() {
    on_each_engine(async |test| {
        std::fs::write(test.folder.path().join("secret"), b"secret").unwrap();
        for name in ["../../x", "/etc/x", "..", "a/../../x", "objects", "C:\\x", "\0", "%2e%2e%2fx"]
        {
            let file_name = Some(name.to_owned());
            let description = Description { file_name, ..Description::default() };
            let id =
                test.media.upload(test.user, description, pieces(name.as_bytes())).await.unwrap();
            assert_eq!(test.download(&id).await, name.as_bytes());
            for id in [name, "../secret", "../../secret", "secret"] {
                let found = test.media.find(SERVER, id, 0).await;
                assert!(matches!(found, Err(FindError::Unknown)), "{id}: {found:?}");
                let put = test.media.upload_announced(
                    test.user,
                    id,
                    Description::default(),
                    pieces(b"x"),
                );
                assert!(matches!(put.await, Err(UploadError::Unknown)), "{id}");
            }
        }
        let mut top: Vec<_> = std::fs::read_dir(test.folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        top.sort();
        assert_eq!(top, ["objects", "secret", "uploads"]);
        assert_eq!(std::fs::read(test.folder.path().join("secret")).unwrap(), b"secret");
        let is_hex = |name: &str, length| {
            name.len() == length && name.bytes().all(|b| b.is_ascii_hexdigit())
        };
        for first in std::fs::read_dir(test.folder.path().join("objects")).unwrap() {
            for second in std::fs::read_dir(first.unwrap().path()).unwrap() {
                for object in std::fs::read_dir(second.unwrap().path()).unwrap() {
                    let name = object.unwrap().file_name().into_string().unwrap();
                    assert!(is_hex(&name, 64), "{name}");
                }
            }
        }
    })
    .await;
}
