use crate::testing::{TestApp, encode};

const PATHS: [&str; 3] = [
    "/_matrix/client/v1/media/preview_url",
    "/_matrix/media/v3/preview_url",
    "/_matrix/media/r0/preview_url",
];

#[tokio::test]
async fn a_server_that_makes_no_previews_says_so() {
    for app in TestApp::on_each_engine().await {
        let alice = app.user("alice").await;
        for path in PATHS {
            let reply = alice.get(&format!("{path}?url=https%3A%2F%2Fexample.org")).await;
            assert_eq!(reply.verdict(), "404 M_UNRECOGNIZED");
        }
    }
}

#[tokio::test]
async fn what_is_not_asked_and_what_does_not_answer_is_told_apart() {
    let servers = TestApp::on_each_engine_with(|config| {
        config.url_previews.enabled = true;
        config.url_previews.deny = vec!["*.corp.example".to_owned()];
    });
    for app in servers.await {
        let alice = app.user("alice").await;
        for path in PATHS {
            for (url, verdict) in [
                ("http://wiki.corp.example/", "403 M_FORBIDDEN"),
                ("http://example.org:22/", "403 M_FORBIDDEN"),
                ("file:///etc/passwd", "400 M_INVALID_PARAM"),
                ("http://10.0.0.1/", "502 M_UNKNOWN"),
                ("http://127.0.0.1/", "502 M_UNKNOWN"),
            ] {
                let reply = alice.get(&format!("{path}?url={}&ts=1", encode(url))).await;
                assert_eq!(reply.verdict(), verdict, "{url}");
                // Nobody learns why, nor that there is something at an inner address.
                assert!(!reply.json()["error"].as_str().unwrap().contains("refused"), "{url}");
            }
            assert_eq!(alice.get(path).await.verdict(), "400 M_MISSING_PARAM");
            let reply = alice.get(&format!("{path}?url=https%3A%2F%2Fexample.org&ts=now")).await;
            assert_eq!(reply.verdict(), "400 M_INVALID_PARAM");
            let reply = app.get(&format!("{path}?url=https%3A%2F%2Fexample.org")).await;
            assert_eq!(reply.verdict(), "401 M_MISSING_TOKEN");
        }
    }
}
