use image::{Frame, ImageFormat, RgbaImage, codecs::gif::GifEncoder};
use pictures::testing::{encoded, red_and_blue};

use super::*;
use crate::testing::{SERVER, TestMedia, on_each_engine, read};

fn crop(side: u32) -> Size {
    Size { width: side, height: side, method: Method::Crop }
}

async fn make(test: &TestMedia, id: &str, size: Size) -> Result<Thumbnail, ThumbnailError> {
    test.media.thumbnail(SERVER, id, 0, size, false).await
}

#[tokio::test]
async fn a_thumbnail_is_made_once_and_kept() {
    on_each_engine(async |test| {
        let id = test.upload(&encoded(&red_and_blue(500, 500), ImageFormat::Png)).await.unwrap();
        let first = make(&test, &id, crop(90)).await.unwrap();
        assert_eq!(first.content_type, "image/jpeg");
        let digest = first.digest;
        let image = image::load_from_memory(&read(first.object).await).unwrap();
        assert_eq!((image.width(), image.height()), (96, 96));
        // The same size after rounding; and what is stored outlives the memory.
        assert_eq!(make(&test, &id, crop(96)).await.unwrap().digest, digest);
        test.media.thumbnails.outcomes.clear();
        let source = test.media.find(SERVER, &id, 0).await.unwrap().digest;
        let row = media::find_thumbnail(&test.store.db, &source.0, 96, 96, "crop").await.unwrap();
        assert_eq!(row.unwrap().digest, digest.0);
        assert_eq!(make(&test, &id, crop(96)).await.unwrap().digest, digest);
        // Removed by hand, it is made anew.
        test.media.blobs.remove(&[digest]).await.unwrap();
        assert_eq!(make(&test, &id, crop(96)).await.unwrap().digest, digest);
    })
    .await;
}

#[tokio::test]
async fn what_is_no_image_or_too_large_has_no_thumbnail() {
    on_each_engine(async |test| {
        let svg = test.upload(b"<svg xmlns='http://www.w3.org/2000/svg'/>").await.unwrap();
        for _ in 0..2 {
            let result = make(&test, &svg, crop(96)).await;
            assert!(matches!(result, Err(ThumbnailError::Unsupported)), "{result:?}");
        }
        let bomb = test.upload(b"GIF89a\xff\xff\xff\xff\0\0\0").await.unwrap();
        let result = make(&test, &bomb, crop(96)).await;
        assert!(matches!(result, Err(ThumbnailError::TooLarge)), "{result:?}");
        let result = make(&test, &bomb, crop(0)).await;
        assert!(matches!(result, Err(ThumbnailError::Empty)), "{result:?}");
        let result = make(&test, "nothing", crop(96)).await;
        assert!(matches!(result, Err(ThumbnailError::Find(FindError::Unknown))), "{result:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_requests_at_once_make_one() {
    on_each_engine(async |test| {
        let id = test.upload(&encoded(&red_and_blue(900, 700), ImageFormat::Jpeg)).await.unwrap();
        let tasks: Vec<_> = (0..50)
            .map(|_| {
                let (media, id) = (test.media.clone(), id.clone());
                tokio::spawn(async move {
                    media.thumbnail(SERVER, &id, 0, crop(96), false).await.unwrap().digest
                })
            })
            .collect();
        let mut digests = std::collections::BTreeSet::new();
        for task in tasks {
            digests.insert(task.await.unwrap());
        }
        assert_eq!(digests.len(), 1);
        assert_eq!(test.media.thumbnails.decoders.waiting(), 0);
    })
    .await;
}

/// S4: what a decoder works on is counted until it is done, also if nobody waits for it any more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_hangs_up_makes_no_room_for_another_decoder() {
    on_each_engine(async |test| {
        let id = test.upload(&encoded(&red_and_blue(1_900, 1_900), ImageFormat::Jpeg)).await;
        let (media, id) = (test.media.clone(), id.unwrap());
        let (decoders, all) = (&test.media.thumbnails.decoders, test.media.settings.decoders);
        let asking =
            tokio::spawn(async move { media.thumbnail(SERVER, &id, 0, crop(96), false).await });
        while decoders.free() == all {
            assert!(!asking.is_finished(), "the decoder was too fast to be seen at work");
            tokio::task::yield_now().await;
        }
        // The file is opened, and the decoder begins.
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        assert!(!asking.is_finished(), "the decoder was too fast to be seen at work");
        asking.abort();
        assert!(asking.await.unwrap_err().is_cancelled());
        assert_eq!(decoders.free(), all - 1, "it still works");
        while decoders.free() < all {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn the_image_that_decoders_are_tried_with_is_one() {
    on_each_engine(async |test| test.media.check_decoders().await.unwrap()).await;
}

#[tokio::test]
async fn a_thumbnail_moves_only_for_those_who_want_it() {
    on_each_engine(async |test| {
        let mut moving = Vec::new();
        let mut encoder = GifEncoder::new(&mut moving);
        for grey in [0, 255] {
            let picture = RgbaImage::from_pixel(80, 80, image::Rgba([grey, grey, grey, 255]));
            encoder.encode_frame(Frame::new(picture)).unwrap();
        }
        drop(encoder);
        let id = test.upload(&moving).await.unwrap();
        let make = async |animated| {
            test.media.thumbnail(SERVER, &id, 0, crop(32), animated).await.unwrap()
        };
        for _ in 0..2 {
            assert_eq!(make(false).await.content_type, "image/jpeg");
            let moving = make(true).await;
            assert_eq!(moving.content_type, "image/gif");
            assert!(read(moving.object).await.starts_with(b"GIF89a"));
            // What is stored outlives the memory.
            test.media.thumbnails.outcomes.clear();
        }
        let still = encoded(&red_and_blue(80, 80), ImageFormat::Png);
        let id = test.upload(&still).await.unwrap();
        let standing = test.media.thumbnail(SERVER, &id, 0, crop(32), true).await.unwrap();
        assert_eq!(standing.content_type, "image/jpeg");
        assert!(test.media.blurhash(&id).await.unwrap().is_some_and(|hash| hash.len() > 6));
        let text = test.upload(b"no image").await.unwrap();
        assert_eq!(test.media.blurhash(&text).await.unwrap(), None);
    })
    .await;
}
