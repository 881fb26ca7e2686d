//! What the tests share: the service on each engine, and images.
use std::sync::Arc;

use blobs::{Blobs, Bucket, BucketUse};
use bytes::Bytes;
use clock::MockClock;
use db::{Write, testing::TestDatabase};
use entropy::SeededEntropy;
use futures_util::{TryStreamExt as _, stream};
use protocol::ids::{ServerName, UserId};
use store::{Store, UserNum};
use tempfile::TempDir;

use crate::{Decoding, Description, Media, Quotas, Settings, UploadError};

pub(crate) const SERVER: &str = "server.example";

pub(crate) struct TestMedia {
    pub(crate) media: Arc<Media>,
    pub(crate) store: Store,
    pub(crate) clock: Arc<MockClock>,
    pub(crate) user: UserNum,
    pub(crate) other: UserNum,
    pub(crate) folder: TempDir,
}

impl TestMedia {
    async fn new(database: &TestDatabase) -> Self {
        let clock = Arc::new(MockClock::at_ms(1_700_000_000_000));
        let store = Store::open(database.open().await, clock.clone(), SeededEntropy::shared(1))
            .await
            .unwrap();
        let mut write = Write::new();
        let mut users = Vec::new();
        for name in ["@alice:server.example", "@bob:server.example"] {
            let user_id = UserId::parse(name).unwrap();
            users.push(store.interner.user(&mut write, &user_id).await.unwrap());
        }
        store.write(write).await.unwrap();
        let folder = TempDir::new().unwrap();
        let blobs = Blobs::open(folder.path().to_owned(), SeededEntropy::shared(2)).await.unwrap();
        let media = Arc::new(Media::new(store.clone(), blobs, settings()));
        Self { media, store, clock, user: users[0], other: users[1], folder }
    }

    /// The same media, with a bucket beside the folder.
    pub(crate) async fn with_bucket(&self, bucket: &Bucket, takes_new: bool) -> Arc<Media> {
        let how = BucketUse { takes_new, cache_bytes_max: 1 << 20 };
        let (folder, entropy) = (self.folder.path().to_owned(), SeededEntropy::shared(3));
        let blobs = Blobs::open_with_bucket(folder, entropy, bucket.clone(), how).await.unwrap();
        Arc::new(Media::new(self.store.clone(), blobs, settings()))
    }

    pub(crate) async fn upload(&self, content: &[u8]) -> Result<String, UploadError> {
        self.media.upload(self.user, Description::default(), pieces(content)).await
    }

    /// Makes this the user's picture.
    pub(crate) async fn set_avatar(&self, uri: &str) {
        let mut write = Write::new();
        let position = write.position();
        let value = format!("\"{uri}\"");
        store::profiles::set(&mut write, self.user, "avatar_url", Some(&value), &position);
        self.store.write(write).await.unwrap();
    }

    /// How many contents there are.
    pub(crate) fn files(&self) -> usize {
        let mut folders = vec![self.folder.path().join("objects")];
        let mut files = 0;
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    files += 1;
                }
            }
        }
        files
    }

    pub(crate) async fn download(&self, media_id: &str) -> Vec<u8> {
        self.download_from(&self.media, media_id).await
    }

    pub(crate) async fn download_from(&self, media: &Media, media_id: &str) -> Vec<u8> {
        read(media.find(SERVER, media_id, 0).await.unwrap().object).await
    }
}

fn settings() -> Settings {
    Settings {
        server_name: ServerName::parse(SERVER).unwrap(),
        upload_bytes_max: 1_000_000,
        pixels_max: 4_000_000,
        decoder_bytes_max: 32 << 20,
        decoding: Decoding::Here,
        decoders: 2,
        quotas: Quotas { user_bytes: Some(3_000_000), day_bytes: Some(10_000_000) },
        unused_for_ms: Some(30 * 24 * 60 * 60 * 1_000),
        legacy_unauthenticated: false,
    }
}

pub(crate) async fn read(object: blobs::Object) -> Vec<u8> {
    let pieces: Vec<Bytes> = object.stream(0..u64::MAX).try_collect().await.unwrap();
    pieces.concat()
}

/// A body as it comes from the network.
pub(crate) fn pieces(
    content: &[u8],
) -> impl futures_util::Stream<Item = Result<Bytes, String>> + Unpin + use<> {
    let pieces: Vec<_> =
        content.chunks(1_000).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    stream::iter(pieces)
}

/// Runs a test on a fresh service on each engine.
pub(crate) async fn on_each_engine(test: impl AsyncFn(TestMedia)) {
    for database in db::testing::engines().await {
        test(TestMedia::new(&database).await).await;
    }
}
