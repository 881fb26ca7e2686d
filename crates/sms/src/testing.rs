//! An SMS gateway for tests.
#![expect(clippy::expect_used, clippy::missing_panics_doc, reason = "a test panics to fail")]
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::{Mutex, mpsc},
};

/// The gateway. It ends with its runtime.
#[derive(Debug)]
pub struct Gateway {
    /// Where it is asked.
    pub url: String,
    told: Mutex<mpsc::UnboundedReceiver<String>>,
}

impl Gateway {
    /// Starts one that answers each request with the next of these statuses, and with 200 after the last one.
    pub async fn open(statuses: &'static [u16]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let (tell, told) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            let mut statuses = statuses.iter().copied();
            while let Ok((stream, _)) = listener.accept().await {
                let request = answer(stream, statuses.next().unwrap_or(200)).await;
                if tell.send(request).is_err() {
                    return;
                }
            }
        });
        Self { url, told: Mutex::new(told) }
    }

    /// Waits for a request: all of it, as text.
    pub async fn next(&self) -> String {
        self.told.lock().await.recv().await.expect("a request")
    }

    /// Whether nothing was asked since.
    pub async fn is_quiet(&self) -> bool {
        self.told.lock().await.try_recv().is_err()
    }
}

async fn answer(mut stream: TcpStream, status: u16) -> String {
    let mut request = Vec::new();
    let mut piece = vec![0; 4096];
    loop {
        let length = stream.read(&mut piece).await.expect("a request");
        request.extend_from_slice(piece.get(..length).unwrap_or_default());
        let text = String::from_utf8_lossy(&request).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let announced = head.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("content-length").then(|| value.parse().ok()).flatten()
        });
        if length == 0 || body.len() >= announced.unwrap_or(0) {
            break;
        }
    }
    let head = format!("HTTP/1.1 {status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await.expect("an answer");
    String::from_utf8(request).expect("text")
}
