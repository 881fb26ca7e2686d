use blobs::Blobs;
use bytes::Bytes;
use entropy::SeededEntropy;
use http_body_util::BodyExt as _;

use super::*;

async fn reply(kind: &str, request: &[(HeaderName, &str)]) -> (Response<()>, Bytes) {
    let folder = tempfile::TempDir::new().unwrap();
    let blobs = Blobs::open(folder.path().to_owned(), SeededEntropy::shared(1)).await.unwrap();
    let mut upload = blobs.begin().await.unwrap();
    upload.write(Bytes::from_static(b"0123456789")).await.unwrap();
    let digest = upload.finish().await.unwrap().name().await.unwrap().digest;
    let object = blobs.find(&digest).await.unwrap().unwrap();
    let mut headers = HeaderMap::new();
    for (name, value) in request {
        headers.insert(name, value.parse().unwrap());
    }
    let disposition = Disposition::of(kind);
    let reply = MediaReply {
        content_type: Some(kind),
        disposition,
        file_name: Some("a.bin"),
        digest,
        object,
    };
    let (parts, body) = reply.into_response_to(&headers).into_parts();
    (Response::from_parts(parts, ()), body.collect().await.unwrap().to_bytes())
}

/// SHA-256 of the ten digits.
const TAG: &str = "\"84d89877f0d4041efb6bf91a16f0248f2fd573e6af05c19f96bedb9f882f7882\"";

/// S3: by the type that the uploader gave, which is all that a browser is told.
#[tokio::test]
async fn nothing_that_is_served_can_run() {
    for active in ["text/html", "image/svg+xml", "application/xhtml+xml", "text/xml"] {
        let (response, _) = reply(active, &[]).await;
        let header = |name: &str| response.headers()[name].to_str().unwrap();
        assert_eq!(header("content-disposition"), "attachment; filename=\"a.bin\"", "{active}");
        assert_eq!(header("content-type"), active);
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("cross-origin-resource-policy"), "cross-origin");
        assert_eq!(
            header("content-security-policy"),
            "sandbox; default-src 'none'; script-src 'none'; plugin-types application/pdf; \
             style-src 'unsafe-inline'; object-src 'self';"
        );
    }
    let (response, body) = reply("image/png", &[]).await;
    assert_eq!(response.headers()["content-disposition"], "inline; filename=\"a.bin\"");
    assert_eq!(response.headers()["content-length"], "10");
    assert_eq!(response.headers()["cache-control"], "private, max-age=31536000, immutable");
    assert_eq!(response.headers()["etag"], TAG);
    assert_eq!(body, "0123456789");
}

#[tokio::test]
async fn parts_are_served() {
    let (response, body) = reply("video/mp4", &[(RANGE, "bytes=2-4")]).await;
    assert_eq!(response.status(), 206);
    assert_eq!(response.headers()["content-range"], "bytes 2-4/10");
    assert_eq!(response.headers()["content-length"], "3");
    assert_eq!(body, "234");
    let (response, body) = reply("video/mp4", &[(RANGE, "bytes=10-")]).await;
    assert_eq!((response.status().as_u16(), body.len()), (416, 0));
    assert_eq!(response.headers()["content-range"], "bytes */10");
    let other = [(RANGE, "bytes=2-4"), (IF_RANGE, "\"other\"")];
    assert_eq!(reply("video/mp4", &other).await.0.status(), 200);
    let same = [(RANGE, "bytes=2-4"), (IF_RANGE, TAG)];
    assert_eq!(reply("video/mp4", &same).await.0.status(), 206);
}

#[tokio::test]
async fn what_the_client_has_is_not_sent_again() {
    let weak = format!("\"x\", W/{TAG}");
    for known in [TAG, "*", &weak] {
        let (response, body) = reply("image/png", &[(IF_NONE_MATCH, known)]).await;
        assert_eq!((response.status().as_u16(), body.len()), (304, 0), "{known}");
    }
    let (response, _) = reply("image/png", &[(IF_NONE_MATCH, "\"other\"")]).await;
    assert_eq!(response.status(), 200);
}
