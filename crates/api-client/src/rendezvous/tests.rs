use axum::body::Body;
use endpoint::testing::Reply;
use http::{Method, Request};
use serde_json::{Value, json};

use crate::testing::TestApp;

const NEW: &str = "/_matrix/client/unstable/io.element.msc4388/rendezvous";
const OLD: &str = "/_matrix/client/unstable/org.matrix.msc4108/rendezvous";

async fn send(
    app: &TestApp,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Reply {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    endpoint::testing::send(&app.site, request.body(Body::from(body.to_owned())).unwrap()).await
}

fn header<'a>(reply: &'a Reply, name: &str) -> &'a str {
    reply.headers[name].to_str().unwrap()
}

#[tokio::test]
async fn devices_meet_and_take_turns() {
    for app in TestApp::on_each_engine().await {
        let alice = app.user("alice").await;
        assert_eq!(app.get(NEW).await.json(), json!({ "create_available": false }));
        assert_eq!(alice.get(NEW).await.json(), json!({ "create_available": true }));
        let put = async |path: &str, body: Value| app.request(Method::PUT, path, None, &body).await;
        let by_nobody = app.request(Method::POST, NEW, None, &json!({ "data": "" })).await;
        assert_eq!(by_nobody.verdict(), "403 M_FORBIDDEN");
        let made = alice.post(NEW, json!({ "data": "one" })).await.json();
        assert_eq!(
            (&made["sequence_token"], &made["expires_in_ms"]),
            (&json!("1"), &json!(300_000))
        );
        let path = format!("{NEW}/{}", made["id"].as_str().unwrap());
        let found = json!({ "data": "one", "sequence_token": "1", "expires_in_ms": 300_000 });
        assert_eq!(app.get(&path).await.json(), found);

        let two = json!({ "sequence_token": "1", "data": "two" });
        let once = format!("{path}/txn");
        assert_eq!(put(&once, two.clone()).await.json(), json!({ "sequence_token": "2" }));
        assert_eq!(put(&once, two.clone()).await.json(), json!({ "sequence_token": "2" }));
        assert_eq!(put(&path, two.clone()).await.verdict(), "409 M_CONCURRENT_WRITE");
        assert_eq!(put(&format!("{path}/other"), two).await.verdict(), "409 M_CONCURRENT_WRITE");
        let three = json!({ "sequence_token": "2", "data": "three" });
        assert_eq!(put(&path, three).await.json(), json!({ "sequence_token": "3" }));
        let large = json!({ "sequence_token": "3", "data": "x".repeat(4_097) });
        assert_eq!(put(&path, large).await.verdict(), "413 M_TOO_LARGE");
        let navigation =
            send(&app, Method::GET, &path, &[("sec-fetch-mode", "navigate")], "").await;
        assert_eq!(navigation.verdict(), "403 M_FORBIDDEN");

        assert_eq!(app.request(Method::DELETE, &path, None, &Value::Null).await.verdict(), "200");
        assert_eq!(app.get(&path).await.verdict(), "404 M_NOT_FOUND");
        let made = alice.post(NEW, json!({ "data": "" })).await.json();
        app.clock.advance_ms(300_000);
        let path = format!("{NEW}/{}", made["id"].as_str().unwrap());
        assert_eq!(app.get(&path).await.verdict(), "404 M_NOT_FOUND");
    }
}

#[tokio::test]
async fn older_clients_meet_by_headers() {
    let text = ("content-type", "text/plain");
    for app in TestApp::on_each_engine().await {
        let made = send(&app, Method::POST, OLD, &[text], "one").await;
        assert_eq!(made.status, 201);
        let url = made.json()["url"].as_str().unwrap().to_owned();
        let path = url.strip_prefix("https://example.org").unwrap().to_owned();
        let first = header(&made, "etag").to_owned();
        assert!(header(&made, "access-control-expose-headers").contains("ETag"));
        for name in ["expires", "last-modified"] {
            assert!(header(&made, name).ends_with("GMT"), "{name}");
        }
        let read = app.get(&path).await;
        assert_eq!((read.status.as_u16(), &*read.body), (200, &b"one"[..]));
        assert_eq!((header(&read, "content-type"), header(&read, "etag")), ("text/plain", &*first));
        let same = send(&app, Method::GET, &path, &[("if-none-match", &first)], "").await;
        assert_eq!((same.status.as_u16(), same.body.len()), (304, 0));

        let written = send(&app, Method::PUT, &path, &[text, ("if-match", &first)], "two").await;
        assert_eq!(written.status, 202);
        assert_ne!(header(&written, "etag"), first);
        let late = send(&app, Method::PUT, &path, &[text, ("if-match", &first)], "x").await;
        assert_eq!(late.status, 412);
        assert_eq!(late.json()["org.matrix.msc4108.errcode"], "M_CONCURRENT_WRITE");
        assert_eq!(&*app.get(&path).await.body, b"two");
        for (headers, body, verdict) in [
            (vec![text], "x".to_owned(), "400 M_MISSING_PARAM"),
            (vec![("if-match", &*first)], "x".to_owned(), "400 M_MISSING_PARAM"),
            (vec![text, ("if-match", &first)], "x".repeat(4_097), "413 M_TOO_LARGE"),
        ] {
            let reply = send(&app, Method::PUT, &path, &headers, &body).await;
            assert_eq!(reply.verdict(), verdict);
        }
        assert_eq!(send(&app, Method::DELETE, &path, &[], "").await.status, 204);
        assert_eq!(app.get(&path).await.verdict(), "404 M_NOT_FOUND");
    }
}

#[tokio::test]
async fn an_administrator_can_do_without() {
    let without = TestApp::on_each_engine_with(|config| config.rendezvous.enabled = false);
    for app in without.await {
        assert_eq!(app.get(NEW).await.verdict(), "404 M_UNRECOGNIZED");
        let made = send(&app, Method::POST, OLD, &[("content-type", "text/plain")], "").await;
        assert_eq!(made.verdict(), "404 M_UNRECOGNIZED");
    }
}
