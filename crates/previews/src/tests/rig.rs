//! The service on each engine, and sites for it to ask.
use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use blobs::Blobs;
use clock::MockClock;
use db::testing::TestDatabase;
use entropy::SeededEntropy;
use parking_lot::Mutex;
use protocol::ids::ServerName;
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::sleep,
};

use super::*;

/// The service, two sites, and how long previews last.
pub(crate) struct Rig {
    pub(crate) previews: Arc<Previews>,
    pub(crate) media: Arc<Media>,
    pub(crate) clock: Arc<MockClock>,
    pub(crate) site: Site,
    /// One that the rules deny.
    pub(crate) denied: Site,
    pub(crate) folder: TempDir,
    pub(crate) lifetime_ms: i64,
    pub(crate) kept_for_ms: i64,
}

impl Rig {
    /// With `allow_private`, the sites can be reached.
    pub(crate) async fn new(database: &TestDatabase, allow_private: bool) -> Self {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let clock = Arc::new(MockClock::at_ms(1_700_000_000_000));
        let store = Store::open(database.open().await, clock.clone(), SeededEntropy::shared(1));
        let store = store.await.unwrap();
        let folder = TempDir::new().unwrap();
        let blobs = Blobs::open(folder.path().to_owned(), SeededEntropy::shared(2)).await.unwrap();
        let media = media::Settings {
            server_name: ServerName::parse("server.example").unwrap(),
            upload_bytes_max: 1_000_000,
            pixels_max: 4_000_000,
            decoder_bytes_max: 32 << 20,
            decoding: media::Decoding::Here,
            decoders: 2,
            quotas: media::Quotas::default(),
            unused_for_ms: None,
            legacy_unauthenticated: false,
        };
        let media = Arc::new(Media::new(store.clone(), blobs, media));
        let options = egress::Options {
            allow_private,
            allow_own: false,
            extra_ca_file: None,
            connect_timeout: Duration::from_secs(1),
            request_timeout: Duration::from_secs(2),
        };
        let (site, denied) = (Site::open().await, Site::open().await);
        let pattern = |text: String| Pattern::parse(&text).unwrap();
        let rules = Rules {
            allow: vec![pattern(format!("*:{}", site.port)), pattern(format!("*:{}", denied.port))],
            deny: vec![pattern(format!("127.0.0.1:{}", denied.port))],
        };
        let (lifetime_ms, kept_for_ms) = (60_000, 24 * 60 * 60 * 1_000);
        let settings = Settings {
            rules,
            page_bytes_max: 3_000_000,
            picture_bytes_max: 1_000_000,
            accept_language: "de, en;q=0.5".to_owned(),
            lifetime_ms,
            kept_for_ms,
            fetches_max: 4,
            time_max: Duration::from_secs(20),
            request_time_max: Duration::from_secs(2),
        };
        let egress = Egress::new(options).unwrap();
        let previews = Arc::new(Previews::new(store, Arc::clone(&media), egress, settings));
        Self { previews, media, clock, site, denied, folder, lifetime_ms, kept_for_ms }
    }

    pub(crate) async fn preview(&self, url: &str) -> Result<Value, PreviewError> {
        let told = self.previews.preview(url, None).await?;
        Ok(serde_json::from_str(&told).unwrap())
    }

    pub(crate) async fn preview_at(&self, url: &str, at_ms: i64) -> Result<Value, PreviewError> {
        let told = self.previews.preview(url, Some(at_ms)).await?;
        Ok(serde_json::from_str(&told).unwrap())
    }
}

/// Runs a test on a fresh service on each engine; its sites can be reached.
pub(crate) async fn on_each_engine(test: impl AsyncFn(Rig)) {
    for database in db::testing::engines().await {
        test(Rig::new(&database, true).await).await;
    }
}

/// The beginning of a PNG of this size, which is all that is looked at.
pub(crate) fn png(width: u32, height: u32) -> Vec<u8> {
    let mut file = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    file.extend_from_slice(&width.to_be_bytes());
    file.extend_from_slice(&height.to_be_bytes());
    file.extend_from_slice(&[8, 2, 0, 0, 0, 0, 0, 0, 0]);
    file
}

/// What is sent for a path: all of it, and then perhaps something more.
#[derive(Clone)]
struct Answer {
    bytes: Vec<u8>,
    then: Then,
}

#[derive(Clone, Copy)]
enum Then {
    Close,
    /// Begins after a while.
    Late(Duration),
    /// Goes on for ever, as fast as it can.
    Endless,
    /// Goes on for ever, slowly.
    Drip,
    /// Stays open and says nothing more.
    Silent,
}

/// A web site.
pub(crate) struct Site {
    port: u16,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    answers: Mutex<HashMap<String, Answer>>,
    asked: Mutex<HashMap<String, usize>>,
    connections: AtomicUsize,
    open: AtomicUsize,
    open_most: AtomicUsize,
}

impl Site {
    async fn open() -> Self {
        let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let state = Arc::clone(&shared);
                tokio::spawn(async move {
                    state.connections.fetch_add(1, Ordering::SeqCst);
                    let open = state.open.fetch_add(1, Ordering::SeqCst) + 1;
                    state.open_most.fetch_max(open, Ordering::SeqCst);
                    state.serve(stream).await;
                    state.open.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        Self { port, state }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// How often a path was asked.
    pub(crate) fn asked(&self, path: &str) -> usize {
        self.state.asked.lock().get(path).copied().unwrap_or(0)
    }

    pub(crate) fn connections(&self) -> usize {
        self.state.connections.load(Ordering::SeqCst)
    }

    /// The most connections that were open at the same time.
    pub(crate) fn at_once(&self) -> usize {
        self.state.open_most.load(Ordering::SeqCst)
    }

    fn set(&self, path: &str, head: &str, body: impl AsRef<[u8]>, then: Then) {
        let mut bytes = format!("HTTP/1.1 {head}\r\nConnection: close\r\n\r\n").into_bytes();
        bytes.extend_from_slice(body.as_ref());
        self.state.answers.lock().insert(path.to_owned(), Answer { bytes, then });
    }

    fn set_ok(&self, path: &str, content_type: &str, body: impl AsRef<[u8]>, then: Then) {
        self.set(path, &format!("200 OK\r\nContent-Type: {content_type}"), body, then);
    }

    pub(crate) fn page(&self, path: &str, content_type: &str, body: impl AsRef<[u8]>) {
        self.set_ok(path, content_type, body, Then::Close);
    }

    pub(crate) fn slow(&self, path: &str, body: &str, after: Duration) {
        self.set_ok(path, "text/html", body, Then::Late(after));
    }

    pub(crate) fn redirect(&self, path: &str, to: &str) {
        self.set(path, &format!("302 Found\r\nLocation: {to}"), "", Then::Close);
    }

    pub(crate) fn endless(&self, path: &str, content_type: &str, body: impl AsRef<[u8]>) {
        self.set_ok(path, content_type, body, Then::Endless);
    }

    pub(crate) fn drip(&self, path: &str, content_type: &str, body: impl AsRef<[u8]>) {
        self.set_ok(path, content_type, body, Then::Drip);
    }

    /// Takes the request and never answers.
    pub(crate) fn silent(&self, path: &str) {
        let answer = Answer { bytes: Vec::new(), then: Then::Silent };
        self.state.answers.lock().insert(path.to_owned(), answer);
    }

    /// Says that it is compressed.
    pub(crate) fn gzip(&self, path: &str, body: &[u8]) {
        self.set(
            path,
            "200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip",
            body,
            Then::Close,
        );
    }

    /// Says that it is longer than it is.
    pub(crate) fn lying(&self, path: &str, content_type: &str, body: &str) {
        let head = format!("200 OK\r\nContent-Type: {content_type}\r\nContent-Length: 99999999999");
        self.set(path, &head, body, Then::Close);
    }
}

impl State {
    async fn serve(&self, mut stream: TcpStream) {
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            match stream.read_u8().await {
                Ok(byte) => request.push(byte),
                Err(_) => return,
            }
        }
        let request = String::from_utf8(request).unwrap();
        let target = request.split(' ').nth(1).unwrap().to_owned();
        assert!(request.to_lowercase().contains("accept-language: de, en;q=0.5"), "{request}");
        *self.asked.lock().entry(target.clone()).or_default() += 1;
        let path = target.split('?').next().unwrap();
        let answer = {
            let answers = self.answers.lock();
            answers.get(&target).or_else(|| answers.get(path)).cloned()
        };
        let Some(Answer { bytes, then }) = answer else {
            let _ = stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n").await;
            return;
        };
        if let Then::Late(after) = then {
            sleep(after).await;
        }
        let mut result = stream.write_all(&bytes).await;
        let mut rest = [0; 4_096];
        while result.is_ok() {
            result = match then {
                Then::Close | Then::Late(_) => return,
                Then::Endless => stream.write_all(&[b'x'; 4_096]).await,
                Then::Drip => {
                    sleep(Duration::from_millis(20)).await;
                    stream.write_all(b"x").await
                }
                // Until the other side hangs up.
                Then::Silent => match stream.read(&mut rest).await {
                    Ok(0) | Err(_) => return,
                    Ok(_) => Ok(()),
                },
            };
        }
    }
}
