use image::ImageFormat;
use pictures::testing::{encoded, red_and_blue};

use super::*;
use crate::{
    FindError,
    testing::{SERVER, on_each_engine},
    thumbnails::{Method, Size, ThumbnailError},
};

#[tokio::test]
async fn media_go_with_their_thumbnails_and_what_others_have_stays() {
    on_each_engine(async |test| {
        let picture = encoded(&red_and_blue(200, 100), ImageFormat::Png);
        let one = test.upload(&picture).await.unwrap();
        let same = test.upload(&picture).await.unwrap();
        let other = test.upload(b"other").await.unwrap();
        let size = Size { width: 64, height: 64, method: Method::Crop };
        test.media.thumbnail(SERVER, &one, 0, size, false).await.unwrap();
        assert_eq!(test.files(), 3);

        let ids = [one.clone(), "nobodyHasThis".to_owned()];
        assert_eq!(test.media.delete(&ids, Write::new()).await.unwrap(), 1);
        let gone = test.media.find(SERVER, &one, 0).await;
        assert!(matches!(gone, Err(FindError::Unknown)), "{gone:?}");
        assert_eq!(test.download(&same).await, picture);
        test.media.thumbnail(SERVER, &same, 0, size, false).await.unwrap();
        assert_eq!(test.files(), 3);

        assert_eq!(test.media.delete(std::slice::from_ref(&same), Write::new()).await.unwrap(), 1);
        let gone = test.media.thumbnail(SERVER, &same, 0, size, false).await;
        assert!(matches!(gone, Err(ThumbnailError::Find(FindError::Unknown))), "{gone:?}");
        assert_eq!(test.files(), 1);
        assert_eq!(test.download(&other).await, b"other");
        assert_eq!(test.media.delete(&[same], Write::new()).await.unwrap(), 0);

        // What was deleted can be uploaded again.
        let again = test.upload(&picture).await.unwrap();
        test.media.thumbnail(SERVER, &again, 0, size, false).await.unwrap();
        assert_eq!(test.download(&again).await, picture);
    })
    .await;
}
