use std::{fs, ops::Range, os::unix::fs::PermissionsExt as _};

use bytes::Bytes;
use entropy::SeededEntropy;
use futures_util::TryStreamExt as _;
use tempfile::TempDir;

use super::*;

/// Cached are objects up to 64 KiB.
const CACHE: u64 = 512 << 10;

async fn open(folder: &TempDir) -> Blobs {
    Blobs::open(folder.path().join("media"), SeededEntropy::shared(1)).await.unwrap()
}

async fn open_beside(folder: &TempDir, bucket: &Bucket, takes_new: bool) -> Blobs {
    let how = BucketUse { takes_new, cache_bytes_max: CACHE };
    let root = folder.path().join("media");
    Blobs::open_with_bucket(root, SeededEntropy::shared(1), bucket.clone(), how).await.unwrap()
}

/// In the folder, and in a bucket.
async fn on_each_place(test: impl AsyncFn(&Blobs)) {
    let folder = TempDir::new().unwrap();
    test(&open(&folder).await).await;
    let folder = TempDir::new().unwrap();
    test(&open_beside(&folder, &Bucket::in_memory(), true).await).await;
    assert_eq!(files(&folder, "media/objects"), 0);
}

fn files(folder: &TempDir, path: &str) -> usize {
    let mut folders = vec![folder.path().join(path)];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { files += 1 }
        }
    }
    files
}

fn content(bytes: u32) -> Vec<u8> {
    (0..bytes).map(|n| n.to_le_bytes()[0] ^ n.to_le_bytes()[1] ^ n.to_le_bytes()[2]).collect()
}

async fn store(blobs: &Blobs, pieces: &[Bytes]) -> Stored {
    let mut upload = blobs.begin().await.unwrap();
    for piece in pieces {
        upload.write(piece.clone()).await.unwrap();
    }
    upload.finish().await.unwrap().name().await.unwrap()
}

async fn store_whole(blobs: &Blobs, content: &[u8]) -> Digest {
    let pieces: Vec<Bytes> = content.chunks(10_007).map(Bytes::copy_from_slice).collect();
    store(blobs, &pieces).await.digest
}

async fn read(blobs: &Blobs, digest: &Digest, range: Range<u64>) -> Vec<u8> {
    let object = blobs.find(digest).await.unwrap().unwrap();
    let pieces: Vec<Bytes> = object.stream(range).try_collect().await.unwrap();
    pieces.concat()
}

async fn count(blobs: &Blobs, place: Place) -> usize {
    blobs.list(place, None, 1_000).await.unwrap().len()
}

#[tokio::test]
async fn objects_are_named_by_their_content_and_kept_once() {
    on_each_place(async |blobs| {
        let one = store(blobs, &[Bytes::from_static(b"ab"), Bytes::from_static(b"c")]).await;
        // FIPS 180-2, appendix B.1.
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!((one.digest.to_string().as_str(), one.bytes), (expected, 3));
        assert_eq!(store(blobs, &[Bytes::from_static(b"abc")]).await, one);
        assert_eq!(count(blobs, blobs.place_of_new()).await, 1);
        assert_eq!(read(blobs, &one.digest, 0..9).await, b"abc");
        assert_eq!(fs::read_dir(blobs.uploads()).unwrap().count(), 0);
    })
    .await;
}

#[tokio::test]
async fn nobody_else_reads_the_folder() {
    let folder = TempDir::new().unwrap();
    let digest = store_whole(&open(&folder).await, b"abc").await;
    let path = folder.path().join("media/objects").join(digest.path());
    assert_eq!(fs::read(&path).unwrap(), b"abc");
    assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o077, 0);
}

#[tokio::test]
async fn large_objects_are_written_and_read_in_pieces() {
    on_each_place(async |blobs| {
        let content = content(700_001);
        let digest = store_whole(blobs, &content).await;
        assert_eq!(read(blobs, &digest, 0..u64::MAX).await, content);
        assert_eq!(read(blobs, &digest, 299_999..300_003).await, content[299_999..300_003]);
        assert!(read(blobs, &digest, 800_000..900_000).await.is_empty());
        let object = blobs.find(&digest).await.unwrap().unwrap();
        let mut file = object.into_file().await.unwrap();
        let mut whole = Vec::new();
        io::Read::read_to_end(&mut file, &mut whole).unwrap();
        assert_eq!(whole, content);
    })
    .await;
}

/// 8 MiB go with one request; this is two parts and a bit.
#[tokio::test]
async fn very_large_objects_go_to_the_bucket_in_parts() {
    let (folder, bucket) = (TempDir::new().unwrap(), Bucket::in_memory());
    let blobs = open_beside(&folder, &bucket, true).await;
    let content = content((17 << 20) + 1);
    let digest = store_whole(&blobs, &content).await;
    assert_eq!(bucket.find(&digest).await.unwrap(), Some((17 << 20) + 1));
    assert_eq!(read(&blobs, &digest, 0..u64::MAX).await, content);
    assert_eq!(fs::read_dir(blobs.uploads()).unwrap().count(), 0);
}

#[tokio::test]
async fn what_is_not_finished_leaves_nothing() {
    let folder = TempDir::new().unwrap();
    let blobs = open(&folder).await;
    let mut upload = blobs.begin().await.unwrap();
    upload.write(Bytes::from(vec![1; 300_000])).await.unwrap();
    assert_eq!(fs::read_dir(blobs.uploads()).unwrap().count(), 1);
    drop(upload);
    assert_eq!(fs::read_dir(blobs.uploads()).unwrap().count(), 0);
    let finished = blobs.begin().await.unwrap().finish().await.unwrap();
    drop(finished);
    assert_eq!(fs::read_dir(blobs.uploads()).unwrap().count(), 0);

    // As after a crash.
    fs::write(blobs.uploads().join("left"), b"half").unwrap();
    let blobs = open(&folder).await;
    assert_eq!(fs::read_dir(blobs.uploads()).unwrap().count(), 0);
}

#[tokio::test]
async fn removed_objects_are_gone() {
    on_each_place(async |blobs| {
        let one = store_whole(blobs, b"").await;
        let other = store_whole(blobs, b"other").await;
        assert_eq!(read(blobs, &one, 0..1).await, b"");
        assert_eq!(read(blobs, &other, 0..9).await, b"other");
        blobs.remove(&[one, other]).await.unwrap();
        blobs.remove(&[one]).await.unwrap();
        blobs.remove(&[]).await.unwrap();
        assert!(blobs.find(&one).await.unwrap().is_none());
        assert!(blobs.find(&other).await.unwrap().is_none());
    })
    .await;
}

/// Somebody deletes the same content between the two steps.
#[tokio::test]
async fn what_was_removed_meanwhile_is_there_once_it_has_a_name() {
    on_each_place(async |blobs| {
        let digest = store_whole(blobs, b"twice").await;
        let mut upload = blobs.begin().await.unwrap();
        upload.write(Bytes::from_static(b"twice")).await.unwrap();
        let finished = upload.finish().await.unwrap();
        blobs.remove(&[digest]).await.unwrap();
        assert_eq!(finished.name().await.unwrap().digest, digest);
        assert_eq!(read(blobs, &digest, 0..9).await, b"twice");
    })
    .await;
}

#[tokio::test]
async fn all_objects_are_listed_page_by_page() {
    on_each_place(async |blobs| {
        let place = blobs.place_of_new();
        assert_eq!(blobs.list(place, None, 10).await.unwrap(), []);
        let mut expected = Vec::new();
        for n in 0..60_u32 {
            expected.push(store_whole(blobs, n.to_string().as_bytes()).await);
        }
        expected.sort();
        // What is no object is passed over.
        fs::write(blobs.0.root.join("objects").join("README"), b"x").unwrap();
        for limit in [1, 7, 60, 100] {
            let (mut all, mut after) = (Vec::new(), None);
            loop {
                let page = blobs.list(place, after, limit).await.unwrap();
                assert!(page.len() <= limit);
                let Some(last) = page.last() else { break };
                after = Some(last.digest);
                all.extend(page.iter().map(|listed| listed.digest));
            }
            assert_eq!(all, expected, "{limit}");
        }
        let modified_ms = blobs.list(place, None, 1).await.unwrap()[0].modified_ms;
        let now_ms = clock::SystemClock::shared().now_ms();
        assert!((now_ms - modified_ms).abs() < 60_000);
        fs::remove_file(blobs.0.root.join("objects").join("README")).unwrap();
    })
    .await;
}

#[tokio::test]
async fn the_cache_holds_what_was_read_last_and_never_more_than_it_may() {
    let (folder, bucket) = (TempDir::new().unwrap(), Bucket::in_memory());
    let blobs = open_beside(&folder, &bucket, true).await;
    let cache = || blobs.0.remote.as_ref().unwrap().cache.bytes();
    let mut digests = Vec::new();
    for n in 0..20_u8 {
        let digest = store_whole(&blobs, &vec![n; 60_000]).await;
        digests.push(digest);
        assert_eq!(read(&blobs, &digest, 0..2).await, [n, n]);
        assert_eq!(read(&blobs, &digests[0], 0..1).await, [0], "used all the time, it stays");
        assert!(cache() <= CACHE);
    }
    assert_eq!(cache(), 480_000);
    assert_eq!(files(&folder, "media/cache"), 8);
    // It is read from there: the bucket may be empty.
    bucket.remove(&digests).await.unwrap();
    assert_eq!(read(&blobs, &digests[0], 0..1).await, [0]);
    assert_eq!(read(&blobs, &digests[19], 0..1).await, [19]);
    assert!(blobs.find(&digests[1]).await.unwrap().is_none());
    blobs.remove(&[digests[0]]).await.unwrap();
    assert!(blobs.find(&digests[0]).await.unwrap().is_none());
    assert_eq!((cache(), files(&folder, "media/cache")), (420_000, 7));
    // After a restart it is empty: what is in it is not on disk for sure.
    let blobs = open_beside(&folder, &bucket, true).await;
    assert!(blobs.find(&digests[19]).await.unwrap().is_none());
    assert_eq!(files(&folder, "media/cache"), 0);
}

#[tokio::test]
async fn objects_move_to_the_bucket_and_back() {
    let (folder, bucket) = (TempDir::new().unwrap(), Bucket::in_memory());
    let local = open(&folder).await;
    let (small, large) = (store_whole(&local, b"small").await, content(300_000));
    let (empty, large_digest) = (store_whole(&local, b"").await, store_whole(&local, &large).await);
    assert_eq!(local.relocate(&small).await.unwrap(), None, "there is nowhere to go");
    let all = [small, large_digest, empty];

    let blobs = open_beside(&folder, &bucket, true).await;
    assert_eq!(read(&blobs, &large_digest, 0..u64::MAX).await, large);
    let reading = blobs.find(&large_digest).await.unwrap().unwrap();
    for (digest, bytes) in all.iter().zip([5, 300_000, 0]) {
        assert_eq!(blobs.relocate(digest).await.unwrap(), Some(bytes));
        assert_eq!(blobs.relocate(digest).await.unwrap(), None, "it is where it should be");
    }
    assert_eq!((count(&blobs, Place::Disk).await, count(&blobs, Place::Bucket).await), (0, 3));
    assert_eq!(read(&blobs, &small, 0..9).await, b"small");
    assert_eq!(read(&blobs, &empty, 0..9).await, b"");
    let pieces: Vec<Bytes> = reading.stream(0..u64::MAX).try_collect().await.unwrap();
    assert_eq!(pieces.concat(), large, "whoever was reading it, reads on");

    let blobs = open_beside(&folder, &bucket, false).await;
    assert_eq!(blobs.place_of_new(), Place::Disk);
    let new = store_whole(&blobs, b"new").await;
    let reading = blobs.find(&large_digest).await.unwrap().unwrap();
    for digest in &all {
        assert!(blobs.relocate(digest).await.unwrap().is_some());
    }
    assert_eq!(blobs.relocate(&new).await.unwrap(), None);
    assert_eq!((count(&blobs, Place::Disk).await, count(&blobs, Place::Bucket).await), (4, 0));
    let pieces: Vec<Bytes> = reading.stream(5..300_000).try_collect().await.unwrap();
    assert_eq!(pieces.concat(), large[5..], "it was found in the bucket, and is read here");
    assert_eq!(read(&open(&folder).await, &large_digest, 0..u64::MAX).await, large);
}

/// A crash between the copy and the removal of what was copied.
#[tokio::test]
async fn what_is_in_both_places_is_moved_too() {
    let (folder, bucket) = (TempDir::new().unwrap(), Bucket::in_memory());
    let digest = store_whole(&open(&folder).await, b"both").await;
    let blobs = open_beside(&folder, &bucket, true).await;
    assert_eq!(store_whole(&blobs, b"both").await, digest);
    assert_eq!((count(&blobs, Place::Disk).await, count(&blobs, Place::Bucket).await), (1, 1));
    assert_eq!(blobs.relocate(&digest).await.unwrap(), Some(4));
    assert_eq!((count(&blobs, Place::Disk).await, count(&blobs, Place::Bucket).await), (0, 1));
}

#[tokio::test]
async fn what_is_damaged_is_neither_moved_nor_served_from_the_bucket() {
    let (folder, bucket) = (TempDir::new().unwrap(), Bucket::in_memory());
    let digest = store_whole(&open(&folder).await, b"sound").await;
    let path = folder.path().join("media/objects").join(digest.path());
    fs::write(&path, b"rot!!").unwrap();
    let blobs = open_beside(&folder, &bucket, true).await;
    let damaged = blobs.relocate(&digest).await;
    assert!(matches!(damaged, Err(Error::Damaged(which)) if which == digest), "{damaged:?}");
    assert!(path.exists());
    assert_eq!(bucket.find(&digest).await.unwrap(), None);

    fs::remove_file(&path).unwrap();
    let rotten = tempfile::tempfile().unwrap();
    io::Write::write_all(&mut &rotten, b"rot!!").unwrap();
    bucket.store(&digest, tokio::fs::File::from_std(rotten), 5).await.unwrap();
    assert!(matches!(blobs.find(&digest).await, Err(Error::Damaged(_))));
    let blobs = open_beside(&folder, &bucket, false).await;
    assert!(matches!(blobs.relocate(&digest).await, Err(Error::Damaged(_))));
    assert!(!path.exists());
    assert_eq!(fs::read_dir(blobs.uploads()).unwrap().count(), 0);
}

#[test]
fn digests_are_read_as_they_are_written() {
    let digest = Digest(std::array::from_fn(|n| u8::try_from(n * 8).unwrap()));
    assert_eq!(Digest::parse(&digest.to_string()), Some(digest));
    for text in ["", "ab", &"g".repeat(64), &"A".repeat(64), &"a".repeat(65), &"é".repeat(32)] {
        assert_eq!(Digest::parse(text), None, "{text}");
    }
}
