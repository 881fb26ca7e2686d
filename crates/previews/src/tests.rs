//! Previews of pages on real sockets, on each engine.
use std::time::Instant;

use clock::Clock as _;
use media::FindError;
use serde_json::{Value, json};

use self::rig::{Rig, on_each_engine, png};
use super::*;

mod hostile;
mod rig;

const PAGE: &str = r#"<html><head><title>No</title><meta property="og:title" content="Emma">
    <meta property="og:image" content="/emma.png#part"></head><body></body></html>"#;

#[tokio::test]
async fn a_page_is_told_with_its_picture_and_asked_once() {
    on_each_engine(async |rig: Rig| {
        rig.site.page("/emma", "text/html", PAGE);
        rig.site.page("/emma.png", "application/octet-stream", png(40, 30));
        let url = rig.site.url("/emma#chapter-1");
        let told = rig.preview(&url).await.unwrap();
        let picture = told["og:image"].as_str().unwrap();
        let media_id = picture.strip_prefix("mxc://server.example/").unwrap();
        let expected = json!({
            "og:title": "Emma", "og:image": picture, "og:image:type": "image/png", "og:image:width": 40,
            "og:image:height": 30, "matrix:image:size": png(40, 30).len(),
        });
        assert_eq!(told, expected);
        let medium = rig.media.find("server.example", media_id, 0).await.unwrap();
        assert_eq!(medium.content_type.as_deref(), Some("image/png"));
        assert_eq!(rig.preview(&rig.site.url("/emma")).await.unwrap(), told);
        assert_eq!((rig.site.asked("/emma"), rig.site.asked("/emma.png")), (1, 1));

        // What it said then is told of messages of then; what is new is asked when it has expired.
        let then = rig.clock.now_ms();
        rig.clock.advance_ms(rig.lifetime_ms + 1);
        rig.site.page("/emma", "text/html", "<title>Persuasion</title>");
        assert_eq!(rig.preview_at(&url, then).await.unwrap(), told);
        assert_eq!(rig.preview_at(&url, -1).await.unwrap(), told);
        assert_eq!(rig.preview(&url).await.unwrap(), json!({ "og:title": "Persuasion" }));
        assert_eq!(rig.preview_at(&url, i64::MAX).await.unwrap(), json!({ "og:title": "Persuasion" }));
        assert_eq!(rig.site.asked("/emma"), 2);

        // In the end it is forgotten, its picture too.
        assert_eq!(rig.previews.sweep().await.unwrap(), 0);
        rig.clock.advance_ms(rig.kept_for_ms);
        assert_eq!(rig.previews.sweep().await.unwrap(), 1);
        let gone = rig.media.find("server.example", media_id, 0).await;
        assert!(matches!(gone, Err(FindError::Unknown)), "{gone:?}");
        assert_eq!(rig.preview_at(&url, then).await.unwrap(), json!({ "og:title": "Persuasion" }));
        assert_eq!(rig.site.asked("/emma"), 2);
    })
    .await;
}

#[tokio::test]
async fn a_crowd_asks_the_page_once_and_a_failure_is_remembered() {
    on_each_engine(async |rig: Rig| {
        rig.site.slow("/slow", "<title>Slow</title>", Duration::from_millis(200));
        let url = rig.site.url("/slow");
        let crowd = (0..50).map(|_| rig.preview(&url));
        for told in futures_util::future::join_all(crowd).await {
            assert_eq!(told.unwrap(), json!({ "og:title": "Slow" }));
        }
        assert_eq!(rig.site.asked("/slow"), 1);

        let url = rig.site.url("/missing");
        for _ in 0..3 {
            let told = rig.preview(&url).await;
            assert!(matches!(told, Err(PreviewError::Failed)), "{told:?}");
        }
        assert_eq!(rig.site.asked("/missing"), 1);
        rig.site.page("/missing", "text/html", "<title>Here</title>");
        rig.clock.advance_ms(FAILED_FOR_MS);
        assert_eq!(rig.preview(&url).await.unwrap(), json!({ "og:title": "Here" }));
    })
    .await;
}

#[tokio::test]
async fn who_hangs_up_does_not_stop_it() {
    on_each_engine(async |rig: Rig| {
        rig.site.slow("/slow", "<title>Slow</title>", Duration::from_millis(300));
        let url = rig.site.url("/slow");
        let hung_up = tokio::time::timeout(Duration::from_millis(50), rig.preview(&url)).await;
        assert!(hung_up.is_err());
        assert_eq!(rig.preview(&url).await.unwrap(), json!({ "og:title": "Slow" }));
        assert_eq!(rig.site.asked("/slow"), 1);
    })
    .await;
}

#[tokio::test]
async fn oembed_documents_are_laid_over_the_page() {
    on_each_engine(async |rig: Rig| {
        rig.site.page(
            "/video",
            "text/html; charset=utf-8",
            r#"<title>Page</title><meta name="description" content="D">
            <link rel="alternate" type="application/json+oembed" href="/o/embed?u=1&amp;f=json">"#,
        );
        rig.site.page(
            "/o/embed?u=1&f=json",
            "application/json",
            r#"{"version": "1.0", "type": "video", "title": "Video", "thumbnail_url": "thumb.gif"}"#,
        );
        rig.site.page("/o/thumb.gif", "image/gif", b"GIF89a\x02\0\x01\0rest".as_slice());
        let told = rig.preview(&rig.site.url("/video")).await.unwrap();
        assert_eq!(told["og:title"], "Video");
        assert_eq!(told["og:description"], "D");
        assert_eq!(told["og:type"], "video.other");
        assert_eq!((&told["og:image:type"], &told["og:image:width"]), (&json!("image/gif"), &json!(2)));

        // Without the document, the page counts.
        rig.site.page(
            "/broken",
            "text/html",
            "<title>Page</title><link rel=alternate type=application/json+oembed href=/none>",
        );
        let told = rig.preview(&rig.site.url("/broken")).await.unwrap();
        assert_eq!(told, json!({ "og:title": "Page" }));
    })
    .await;
}

#[tokio::test]
async fn pictures_and_other_files_are_told_as_what_they_are() {
    on_each_engine(async |rig: Rig| {
        rig.site.page("/a.png", "image/png", png(8, 9));
        let told = rig.preview(&rig.site.url("/a.png")).await.unwrap();
        assert_eq!((&told["og:image:width"], &told["og:image:height"]), (&json!(8), &json!(9)));
        for (path, content_type, content) in [
            ("/a.svg", "image/svg+xml", "<svg onload='x()'/>"),
            ("/a.html.png", "image/png", "<script>x()</script>"),
            ("/a.pdf", "application/pdf", "%PDF"),
            ("/a.json", "application/json", "{}"),
            ("/empty", "text/html", ""),
        ] {
            rig.site.page(path, content_type, content);
            let told = rig.preview(&rig.site.url(path)).await.unwrap();
            assert_eq!(told, json!({}), "{path}");
        }
        rig.site.page(
            "/latin",
            "text/html; charset=iso-8859-1",
            b"<title>Caf\xe9</title><meta property=og:image content=/a.svg>".as_slice(),
        );
        let told = rig.preview(&rig.site.url("/latin")).await.unwrap();
        assert_eq!(told, json!({ "og:title": "Café" }));
    })
    .await;
}

#[tokio::test]
async fn a_hit_is_one_small_read() {
    on_each_engine(async |rig: Rig| {
        rig.site.page("/emma", "text/html", PAGE);
        let url = rig.site.url("/emma");
        rig.preview(&url).await.unwrap();
        let began = Instant::now();
        for _ in 0..200 {
            rig.preview(&url).await.unwrap();
        }
        // Generous: a debug build beside others.
        assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
        assert_eq!(rig.site.asked("/emma"), 1);
    })
    .await;
}

#[tokio::test]
async fn pictures_without_a_preview_are_forgotten() {
    on_each_engine(async |rig: Rig| {
        let body = futures_util::stream::iter([Ok::<_, String>(png(4, 4).into())]);
        let stray =
            rig.media.keep_fetched(media::Description::default(), 1_000, body).await.unwrap();
        rig.previews.sweep().await.unwrap();
        rig.media.find("server.example", &stray, 0).await.unwrap();
        rig.clock.advance_ms(2 * 60 * 60 * 1_000);
        rig.previews.sweep().await.unwrap();
        assert!(rig.media.find("server.example", &stray, 0).await.is_err());
    })
    .await;
}

fn assert_failed(told: &Result<Value, PreviewError>, what: &str) {
    assert!(matches!(told, Err(PreviewError::Failed)), "{what}: {told:?}");
}
