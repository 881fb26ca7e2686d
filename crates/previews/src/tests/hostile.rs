//! Pages that mean harm: S1, S2, B15 and F11 of the faults seen in the field.
use super::*;

/// S1: nobody makes the server ask inside the administrator's network, nor itself, by whichever URL.
#[tokio::test]
async fn inner_addresses_are_never_connected_to() {
    for database in db::testing::engines().await {
        let rig = Rig::new(&database, false).await;
        rig.site.page("/", "text/html", "<title>Secret</title>");
        let port = rig.site.port();
        for host in [
            "127.0.0.1",
            "127.1",
            "0x7f000001",
            "2130706433",
            "0",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "[64:ff9b::7f00:1]",
            "localhost",
            "10.0.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "[fe80::1]",
            "[fd00::1]",
            "127。0。0。1",
        ] {
            assert_failed(&rig.preview(&format!("http://{host}:{port}/")).await, host);
        }
        // Its own public address, if it has one.
        if let Some(own) = own_address() {
            assert_failed(&rig.preview(&format!("http://{own}:{port}/")).await, "its own address");
        }
        assert_eq!(rig.site.asked("/"), 0);
        assert_eq!(rig.site.connections(), 0);
    }
}

fn own_address() -> Option<std::net::IpAddr> {
    let socket = std::net::UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("1.1.1.1:9").ok()?;
    Some(socket.local_addr().ok()?.ip())
}

/// S1 again: redirects, pictures and oEmbed documents are judged as URLs of their own.
#[tokio::test]
async fn what_a_page_refers_to_is_judged_like_the_page() {
    on_each_engine(async |rig: Rig| {
        let inner = &rig.denied;
        inner.page("/secret", "text/html", "<title>Secret</title>");
        inner.page("/secret.png", "image/png", png(2, 2));
        inner.page(
            "/secret.json",
            "application/json",
            r#"{"version": "1.0", "type": "link", "title": "Secret"}"#,
        );
        let secret = |path: &str| inner.url(path);
        assert!(matches!(rig.preview(&secret("/secret")).await, Err(PreviewError::Denied)));
        rig.site.redirect("/go", &secret("/secret"));
        assert_failed(&rig.preview(&rig.site.url("/go")).await, "a redirect");
        rig.site.redirect("/go.png", &secret("/secret.png"));
        let page = format!(
            "<title>Fine</title><meta property=og:image content='{}'>\
             <link rel=alternate type=application/json+oembed href='{}'>",
            rig.site.url("/go.png"),
            secret("/secret.json")
        );
        rig.site.page("/refers", "text/html", page);
        let told = rig.preview(&rig.site.url("/refers")).await.unwrap();
        assert_eq!(told, json!({ "og:title": "Fine" }));
        for reference in [
            "file:///etc/passwd",
            "data:image/png;base64,AAAA",
            "//user:pass@127.0.0.1/x",
            "ftp://x/",
        ] {
            let path = format!("/refers/{}", reference.len());
            rig.site.page(
                &path,
                "text/html",
                format!("<title>Fine</title><meta property=og:image content='{reference}'>"),
            );
            assert_eq!(
                rig.preview(&rig.site.url(&path)).await.unwrap(),
                json!({ "og:title": "Fine" })
            );
        }
        assert_eq!(inner.connections(), 0);
    })
    .await;
}

#[tokio::test]
async fn what_is_no_web_address_is_refused() {
    on_each_engine(async |rig: Rig| {
        let long = format!("http://example.org/{}", "x".repeat(5_000));
        for url in [
            "",
            "x",
            "/relative",
            "file:///etc/passwd",
            "ftp://example.org/",
            "javascript:alert(1)",
            "http://",
            "http://user@example.org/",
            "http://user:pass@example.org/",
            "mxc://example.org/x",
            "http://a b/",
            "http://[::1",
            "http://\0/",
            &long,
        ] {
            let told = rig.preview(url).await;
            assert!(matches!(told, Err(PreviewError::NotHttp)), "{url}: {told:?}");
        }
    })
    .await;
}

/// S2: whatever an answer does, it ends by bytes or by time, and takes little memory.
#[tokio::test]
async fn endless_slow_lying_and_circling_answers_end() {
    on_each_engine(async |rig: Rig| {
        let began = Instant::now();
        rig.site.endless("/endless", "text/html", "<title>Endless</title>");
        assert_eq!(
            rig.preview(&rig.site.url("/endless")).await.unwrap(),
            json!({ "og:title": "Endless" })
        );
        rig.site.drip("/drip", "text/html", "<title>Drip</title>");
        assert_eq!(
            rig.preview(&rig.site.url("/drip")).await.unwrap(),
            json!({ "og:title": "Drip" })
        );
        rig.site.silent("/silent");
        assert_failed(&rig.preview(&rig.site.url("/silent")).await, "silent");
        rig.site.redirect("/circle", "/circle");
        assert_failed(&rig.preview(&rig.site.url("/circle")).await, "circle");
        assert!(rig.site.asked("/circle") <= 6);
        rig.site.gzip("/gzip", &[0x1f; 100]);
        assert_failed(&rig.preview(&rig.site.url("/gzip")).await, "gzip");
        rig.site.lying("/lying", "text/html", "<title>Lying</title>");
        assert_eq!(
            rig.preview(&rig.site.url("/lying")).await.unwrap(),
            json!({ "og:title": "Lying" })
        );

        // An endless picture is given up; the page is told without.
        let mut endless = png(10, 10);
        endless.extend_from_slice(&[0; 1_000]);
        rig.site.endless("/endless.png", "image/png", endless);
        rig.site.page(
            "/page",
            "text/html",
            "<title>P</title><meta property=og:image content=/endless.png>",
        );
        assert_eq!(rig.preview(&rig.site.url("/page")).await.unwrap(), json!({ "og:title": "P" }));
        assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
        // Nothing of it stays behind.
        assert_eq!(std::fs::read_dir(rig.folder.path().join("uploads")).unwrap().count(), 0);
        assert_eq!(std::fs::read_dir(rig.folder.path().join("objects")).unwrap().count(), 0);
    })
    .await;
}

/// F11 and B15: a page nested a million deep, and a picture that says it has more pixels than anybody decodes.
#[tokio::test]
async fn bombs_do_not_go_off() {
    on_each_engine(async |rig: Rig| {
        let deep = format!("<title>Deep</title>{}", "<b>".repeat(1_000_000));
        rig.site.page("/deep", "text/html", deep);
        let began = Instant::now();
        assert_eq!(
            rig.preview(&rig.site.url("/deep")).await.unwrap(),
            json!({ "og:title": "Deep" })
        );
        assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());

        rig.site.page("/big", "text/html", "<meta property=og:image content=/big.png>");
        rig.site.page("/big.png", "image/png", png(60_000, 60_000));
        let told = rig.preview(&rig.site.url("/big")).await.unwrap();
        assert_eq!(told["og:image:width"], 60_000);
        let media_id = told["og:image"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
        let size = media::thumbnails::Size {
            width: 64,
            height: 64,
            method: media::thumbnails::Method::Crop,
        };
        let thumbnail = rig.media.thumbnail("server.example", &media_id, 0, size, false).await;
        assert!(
            matches!(thumbnail, Err(media::thumbnails::ThumbnailError::TooLarge)),
            "{thumbnail:?}"
        );
    })
    .await;
}

#[tokio::test]
async fn more_pages_than_are_waited_for_are_told_to_come_back() {
    on_each_engine(async |rig: Rig| {
        rig.site.silent("/silent");
        let urls: Vec<_> = (0..300).map(|n| rig.site.url(&format!("/silent?{n}"))).collect();
        let began = urls
            .iter()
            .map(|url| tokio::time::timeout(Duration::from_millis(500), rig.preview(url)));
        let told = futures_util::future::join_all(began).await;
        let busy = told.iter().filter(|told| matches!(told, Ok(Err(PreviewError::Busy)))).count();
        assert_eq!(busy, 300 - 256);
        assert!(rig.site.at_once() <= 4, "{}", rig.site.at_once());
    })
    .await;
}
