use axum::body::Body;
use http::Method;
use image::{ImageFormat, RgbImage};
use serde_json::json;

use crate::testing::{SERVER_NAME, TestApp, TestUser};

fn picture() -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    RgbImage::new(400, 300).write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// Uploads and returns the media id.
async fn upload(user: &TestUser, query: &str, content: Vec<u8>) -> String {
    let path = format!("/_matrix/media/v3/upload{query}");
    let reply = user.request_raw(Method::POST, &path, content).await;
    assert_eq!(reply.status, 200, "{}", reply.json());
    let uri = reply.json()["content_uri"].as_str().unwrap().to_owned();
    uri.strip_prefix(&format!("mxc://{SERVER_NAME}/")).unwrap().to_owned()
}

fn download(id: &str) -> String {
    format!("/_matrix/client/v1/media/download/{SERVER_NAME}/{id}")
}

#[tokio::test]
async fn a_file_comes_back_to_those_who_are_logged_in() {
    for app in TestApp::on_each_engine().await {
        let alice = app.user("alice").await;
        let id = upload(&alice, "?filename=B%C3%A4r.bin", b"content".to_vec()).await;
        let reply = alice.get(&download(&id)).await;
        assert_eq!((reply.status.as_u16(), &*reply.body), (200, b"content".as_slice()));
        assert_eq!(reply.headers["content-type"], "application/octet-stream");
        assert_eq!(
            reply.headers["content-disposition"],
            "attachment; filename*=utf-8''B%C3%A4r.bin"
        );
        assert!(reply.headers["content-security-policy"].to_str().unwrap().starts_with("sandbox;"));
        let reply = alice.get(&format!("{}/other.bin", download(&id))).await;
        assert_eq!(reply.headers["content-disposition"], "attachment; filename=\"other.bin\"");
        assert_eq!(app.get(&download(&id)).await.verdict(), "401 M_MISSING_TOKEN");
        let config = alice.get("/_matrix/client/v1/media/config").await;
        assert_eq!(config.json(), json!({ "m.upload.size": 50 << 20 }));
    }
}

/// S3: content that calls itself a picture and is a page stays a picture to the browser, and a page is saved.
#[tokio::test]
async fn what_runs_in_a_browser_is_not_shown_there() {
    for app in TestApp::on_each_engine().await {
        let alice = app.user("alice").await;
        let page = b"<!DOCTYPE html><svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";
        for (kind, shown) in [
            ("text/html", false),
            ("text/html; charset=utf-8", false),
            ("TEXT/HTML", false),
            ("image/svg+xml", false),
            ("application/xhtml+xml", false),
            ("application/pdf", false),
            ("text/javascript", false),
            ("image/png, text/html", false),
            ("", false),
            ("nonsense", false),
            ("image/png", true),
            ("image/jpeg;x=\"text/html\"", true),
            ("text/plain", true),
        ] {
            let id = alice.upload(kind, page.as_slice()).await;
            let reply = alice.get(&download(&id)).await;
            let header = |name: &str| reply.headers[name].to_str().unwrap();
            let expected = if shown { "inline" } else { "attachment" };
            assert_eq!(header("content-disposition"), expected, "{kind}");
            assert_eq!(header("x-content-type-options"), "nosniff");
            assert_eq!(header("cross-origin-resource-policy"), "cross-origin");
            let policy = header("content-security-policy");
            assert!(policy.starts_with("sandbox;") && policy.contains("script-src 'none'"));
            let path =
                format!("/_matrix/client/v1/media/thumbnail/{SERVER_NAME}/{id}?width=32&height=32");
            assert_eq!(alice.get(&path).await.verdict(), "400 M_UNKNOWN", "{kind}: by its bytes");
        }
    }
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    for app in TestApp::on_each_engine().await {
        let alice = app.user("alice").await;
        for path in [
            download("nothing"),
            download("..%2F..%2Fetc%2Fpasswd"),
            "/_matrix/client/v1/media/download/other.example/x".to_owned(),
        ] {
            assert_eq!(alice.get(&path).await.verdict(), "404 M_NOT_FOUND", "{path}");
        }
        for path in [download("%FF"), download("a%00b")] {
            assert_eq!(alice.get(&path).await.verdict(), "400 M_INVALID_PARAM", "{path}");
        }
    }
}

#[tokio::test]
async fn an_upload_over_the_limit_is_refused() {
    let small = |config: &mut config::Config| config.media.upload_max = config::Bytes(1_000);
    for app in TestApp::on_each_engine_with(small).await {
        let alice = app.user("alice").await;
        upload(&alice, "", vec![1; 1_000]).await;
        let path = "/_matrix/media/v3/upload";
        let reply = alice.request_raw(Method::POST, path, vec![1; 1_001]).await;
        assert_eq!(reply.verdict(), "413 M_TOO_LARGE");
    }
}

#[tokio::test]
async fn thumbnails_are_pictures_to_look_at() {
    for app in TestApp::on_each_engine().await {
        let alice = app.user("alice").await;
        let (id, text) =
            (upload(&alice, "", picture()).await, upload(&alice, "", b"text".to_vec()).await);
        let thumbnail = |id: &str, query: &str| {
            format!("/_matrix/client/v1/media/thumbnail/{SERVER_NAME}/{id}?{query}")
        };
        let reply = alice.get(&thumbnail(&id, "width=90&height=90&method=crop")).await;
        assert_eq!(reply.status, 200, "{}", reply.json());
        assert_eq!(reply.headers["content-type"], "image/jpeg");
        assert_eq!(reply.headers["content-disposition"], "inline; filename=\"thumbnail.jpg\"");
        let image = image::load_from_memory(&reply.body).unwrap();
        assert_eq!((image.width(), image.height()), (96, 96));
        for (id, query, expected) in [
            (&id, "width=90", "400 M_MISSING_PARAM"),
            (&id, "width=-1&height=90", "400 M_INVALID_PARAM"),
            (&id, "width=1.5&height=90", "400 M_INVALID_PARAM"),
            (&id, "width=0&height=90", "400 M_INVALID_PARAM"),
            (&id, "width=90&height=90&method=stretch", "400 M_INVALID_PARAM"),
            (&text, "width=90&height=90", "400 M_UNKNOWN"),
        ] {
            assert_eq!(alice.get(&thumbnail(id, query)).await.verdict(), expected, "{query}");
        }
        let bomb = upload(&alice, "", b"GIF89a\xff\xff\xff\xff\0\0\0".to_vec()).await;
        let reply = alice.get(&thumbnail(&bomb, "width=90&height=90")).await;
        assert_eq!(reply.verdict(), "413 M_TOO_LARGE");
    }
}

#[tokio::test]
async fn an_announced_upload_is_made_once_by_its_owner() {
    for app in TestApp::on_each_engine().await {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let reply = alice.post("/_matrix/media/v1/create", json!({})).await.json();
        let id = reply["content_uri"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
        assert!(reply["unused_expires_at"].is_i64());
        let early = alice.get(&format!("{}?timeout_ms=1", download(&id))).await;
        assert_eq!(early.verdict(), "504 M_NOT_YET_UPLOADED");
        let path = format!("/_matrix/media/v3/upload/{SERVER_NAME}/{id}");
        let put = async |user: &TestUser| {
            user.request_raw(Method::PUT, &path, Body::from("content")).await.verdict()
        };
        assert_eq!(put(&bob).await, "403 M_FORBIDDEN");
        assert_eq!(put(&alice).await, "200");
        assert_eq!(put(&alice).await, "409 M_CANNOT_OVERWRITE_MEDIA");
        assert_eq!(&*alice.get(&download(&id)).await.body, b"content");
    }
}

#[tokio::test]
async fn the_frozen_paths_serve_nobody_unless_they_are_told_to() {
    for allowed in [false, true] {
        let change = |config: &mut config::Config| config.media.legacy_unauthenticated = allowed;
        for app in TestApp::on_each_engine_with(change).await {
            let alice = app.user("alice").await;
            let id = upload(&alice, "", picture()).await;
            let expected = if allowed { "200" } else { "404 M_NOT_FOUND" };
            for path in [
                format!("/_matrix/media/v3/download/{SERVER_NAME}/{id}"),
                format!("/_matrix/media/v3/download/{SERVER_NAME}/{id}/name.png"),
                format!("/_matrix/media/v3/thumbnail/{SERVER_NAME}/{id}?width=32&height=32"),
            ] {
                assert_eq!(app.get(&path).await.verdict(), expected, "{path}");
            }
        }
    }
}

#[tokio::test]
async fn a_user_who_has_used_their_quota_is_told_so() {
    let servers = TestApp::on_each_engine_with(|config| {
        config.media.user_quota = Some(config::Bytes(1_000));
        config.media.user_day_max = Some(config::Bytes(1_500));
    });
    for app in servers.await {
        let alice = app.user("alice").await;
        upload(&alice, "", vec![1; 900]).await;
        let path = "/_matrix/media/v3/upload";
        let reply = alice.request_raw(Method::POST, path, vec![1; 101]).await;
        assert_eq!(reply.verdict(), "403 M_FORBIDDEN");
        let created = alice.post("/_matrix/media/v1/create", serde_json::Value::Null).await.json();
        let uri =
            created["content_uri"].as_str().unwrap().strip_prefix("mxc://").unwrap().to_owned();
        let reply = alice.request_raw(Method::PUT, &format!("{path}/{uri}"), vec![1; 101]).await;
        assert_eq!(reply.verdict(), "403 M_FORBIDDEN");
        let reply = alice.request_raw(Method::PUT, &format!("{path}/{uri}"), vec![1; 100]).await;
        assert_eq!(reply.verdict(), "200");
        let reply = alice.post("/_matrix/media/v1/create", serde_json::Value::Null).await;
        assert_eq!(reply.verdict(), "403 M_FORBIDDEN");
        let bob = app.user("bob").await;
        upload(&bob, "", vec![1; 900]).await;
    }
}

#[tokio::test]
async fn a_blurhash_is_told_to_those_who_ask() {
    let query = "?xyz.amorgan.generate_blurhash=true";
    for app in TestApp::on_each_engine().await {
        let alice = app.user("alice").await;
        let ask = async |query: &str, content: Vec<u8>| {
            let path = format!("/_matrix/media/v3/upload{query}");
            let reply = alice.request_raw(Method::POST, &path, content).await;
            assert_eq!(reply.status, 200, "{}", reply.json());
            reply.json()["xyz.amorgan.blurhash"].clone()
        };
        assert!(ask(query, picture()).await.as_str().is_some_and(|hash| hash.len() > 6));
        assert!(ask("", picture()).await.is_null());
        assert!(ask(query, b"no picture".to_vec()).await.is_null());
    }
}

#[tokio::test]
async fn a_thumbnail_that_moves_says_so() {
    for app in TestApp::on_each_engine().await {
        let alice = app.user("alice").await;
        let mut moving = Vec::new();
        let mut encoder = image::codecs::gif::GifEncoder::new(&mut moving);
        for grey in [0, 255] {
            let picture = image::RgbaImage::from_pixel(80, 80, image::Rgba([grey, 0, 0, 255]));
            encoder.encode_frame(image::Frame::new(picture)).unwrap();
        }
        drop(encoder);
        let id = upload(&alice, "", moving).await;
        for (query, kind, name) in [
            ("", "image/jpeg", "thumbnail.jpg"),
            ("&animated=false", "image/jpeg", "thumbnail.jpg"),
            ("&animated=true", "image/gif", "thumbnail.gif"),
        ] {
            let path = format!(
                "/_matrix/client/v1/media/thumbnail/{SERVER_NAME}/{id}?width=32&height=32{query}"
            );
            let reply = alice.get(&path).await;
            assert_eq!(reply.headers["content-type"], kind);
            let disposition = format!("inline; filename=\"{name}\"");
            assert_eq!(reply.headers["content-disposition"], disposition);
        }
    }
}
