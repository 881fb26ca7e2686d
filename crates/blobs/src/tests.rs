use std::os::unix::fs::PermissionsExt as _;

use bytes::Bytes;
use entropy::SeededEntropy;
use futures_util::TryStreamExt as _;
use tempfile::TempDir;

use super::*;

async fn open(folder: &TempDir) -> Blobs {
    Blobs::open(folder.path().join("media"), SeededEntropy::shared(1)).await.unwrap()
}

async fn store(blobs: &Blobs, pieces: &[Bytes]) -> Stored {
    let mut upload = blobs.begin().await.unwrap();
    for piece in pieces {
        upload.write(piece.clone()).await.unwrap();
    }
    upload.finish().await.unwrap()
}

async fn read(blobs: &Blobs, digest: &Digest, range: Range<u64>) -> Vec<u8> {
    let object = blobs.find(digest).await.unwrap().unwrap();
    let pieces: Vec<Bytes> = object.stream(range).try_collect().await.unwrap();
    pieces.concat()
}

use std::ops::Range;

#[tokio::test]
async fn objects_are_named_by_their_content_and_kept_once() {
    let folder = TempDir::new().unwrap();
    let blobs = open(&folder).await;
    let one = store(&blobs, &[Bytes::from_static(b"ab"), Bytes::from_static(b"c")]).await;
    // FIPS 180-2, appendix B.1.
    let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!((one.digest.to_string().as_str(), one.bytes), (expected, 3));
    assert_eq!(store(&blobs, &[Bytes::from_static(b"abc")]).await, one);
    let path = folder.path().join("media/objects/ba/78").join(expected);
    assert_eq!(fs::read(&path).unwrap(), b"abc");
    assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o077, 0, "nobody else reads it");
    assert_eq!(fs::read_dir(blobs.uploads()).unwrap().count(), 0);
}

#[tokio::test]
async fn large_objects_are_written_and_read_in_pieces() {
    let folder = TempDir::new().unwrap();
    let blobs = open(&folder).await;
    let content: Vec<u8> =
        (0..700_001_u32).map(|n| n.to_le_bytes()[0] ^ n.to_le_bytes()[1]).collect();
    let pieces: Vec<Bytes> = content.chunks(10_007).map(Bytes::copy_from_slice).collect();
    let stored = store(&blobs, &pieces).await;
    assert_eq!(stored.bytes, 700_001);
    assert_eq!(read(&blobs, &stored.digest, 0..u64::MAX).await, content);
    assert_eq!(read(&blobs, &stored.digest, 299_999..300_003).await, content[299_999..300_003]);
    assert!(read(&blobs, &stored.digest, 800_000..900_000).await.is_empty());
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

    // As after a crash.
    fs::write(blobs.uploads().join("left"), b"half").unwrap();
    let blobs = open(&folder).await;
    assert_eq!(fs::read_dir(blobs.uploads()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_removed_object_is_gone() {
    let folder = TempDir::new().unwrap();
    let blobs = open(&folder).await;
    let stored = store(&blobs, &[]).await;
    assert_eq!(read(&blobs, &stored.digest, 0..1).await, b"");
    blobs.remove(&stored.digest).await.unwrap();
    blobs.remove(&stored.digest).await.unwrap();
    assert!(blobs.find(&stored.digest).await.unwrap().is_none());
}

#[tokio::test]
async fn all_objects_are_listed_page_by_page() {
    let folder = TempDir::new().unwrap();
    let blobs = open(&folder).await;
    assert_eq!(blobs.list(None, 10).await.unwrap(), []);
    let mut expected = Vec::new();
    for n in 0..60_u32 {
        expected.push(store(&blobs, &[Bytes::from(n.to_string())]).await.digest);
    }
    expected.sort();
    // What is no object is passed over.
    fs::write(folder.path().join("media/objects").join("README"), b"x").unwrap();
    for limit in [1, 7, 60, 100] {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let page = blobs.list(after, limit).await.unwrap();
            assert!(page.len() <= limit);
            let Some(last) = page.last() else { break };
            after = Some(last.digest);
            all.extend(page.iter().map(|listed| listed.digest));
        }
        assert_eq!(all, expected, "{limit}");
    }
    let modified_ms = blobs.list(None, 1).await.unwrap()[0].modified_ms;
    let now_ms = clock::SystemClock::shared().now_ms();
    assert!((now_ms - modified_ms).abs() < 60_000);
}

#[test]
fn digests_are_read_as_they_are_written() {
    let digest = Digest(std::array::from_fn(|n| u8::try_from(n * 8).unwrap()));
    assert_eq!(Digest::parse(&digest.to_string()), Some(digest));
    for text in ["", "ab", &"g".repeat(64), &"A".repeat(64), &"a".repeat(65), &"é".repeat(32)] {
        assert_eq!(Digest::parse(text), None, "{text}");
    }
}
