//! An SMTP server for tests: it takes everything, and keeps it.
#![expect(clippy::expect_used, clippy::missing_panics_doc, reason = "a test panics to fail")]
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader},
    net::TcpListener,
};

/// A mail as it arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrived {
    /// The recipients of the envelope.
    pub to: Vec<String>,
    /// Headers and body.
    pub data: String,
}

impl Arrived {
    /// The plain text.
    #[must_use]
    pub fn text(&self) -> String {
        let part = self.data.split("Content-Type: text/plain").nth(1).expect("a text");
        let (head, body) = part.split_once("\r\n\r\n").expect("a body");
        let body = body.split("\r\n--").next().unwrap_or_default();
        if head.contains("quoted-printable") {
            return decode(&body.replace("=\r\n", ""));
        }
        assert!(!head.contains("base64"), "it can be read as it is");
        body.to_owned()
    }

    /// The first link in the text.
    #[must_use]
    pub fn link(&self) -> String {
        let text = self.text();
        let start = text.find("http").expect("a link");
        text.get(start..).expect("a link").split_whitespace().next().expect("a link").to_owned()
    }
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'=' {
            bytes.push(byte);
            continue;
        }
        let digits: Vec<u8> = rest.by_ref().take(2).collect();
        let digits = std::str::from_utf8(&digits).expect("digits");
        bytes.push(u8::from_str_radix(digits, 16).expect("hexadecimal digits"));
    }
    String::from_utf8(bytes).expect("UTF-8")
}

/// How it answers.
#[derive(Clone, Copy, Debug)]
pub struct Manner {
    /// To a recipient.
    pub recipient: &'static str,
    /// To a whole mail; empty: it says nothing any more.
    pub mail: &'static str,
}

/// It takes all.
pub const FRIENDLY: Manner = Manner { recipient: "250 OK", mail: "250 OK" };

/// The server. It ends with its runtime.
#[derive(Clone, Debug)]
pub struct Post {
    /// Where it listens, on 127.0.0.1.
    pub port: u16,
    arrived: Arc<Mutex<Vec<Arrived>>>,
    manner: Arc<Mutex<Manner>>,
}

impl Post {
    /// Starts it.
    pub async fn open() -> Self {
        Self::open_as(FRIENDLY).await
    }

    /// Starts one that answers a whole mail with this line.
    pub async fn open_with(verdict: &'static str) -> Self {
        Self::open_as(Manner { mail: verdict, ..FRIENDLY }).await
    }

    async fn open_as(manner: Manner) -> Self {
        let manner = Arc::new(Mutex::new(manner));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let arrived = Arc::<Mutex<Vec<Arrived>>>::default();
        let (keep, answering) = (Arc::clone(&arrived), Arc::clone(&manner));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(converse(stream, Arc::clone(&keep), Arc::clone(&answering)));
            }
        });
        Self { port, arrived, manner }
    }

    /// Answers differently from now on.
    pub fn be(&self, manner: Manner) {
        *self.manner.lock().unwrap_or_else(PoisonError::into_inner) = manner;
    }

    /// The settings with which a node sends its mail here.
    #[must_use]
    pub fn settings(&self) -> config::Email {
        config::Email {
            host: Some("127.0.0.1".to_owned()),
            port: Some(self.port.into()),
            security: config::SmtpSecurity::None,
            from: Some("Longhouse <noreply@example.org>".to_owned()),
            hello_name: Some("example.org".to_owned()),
            ..config::Email::default()
        }
    }

    /// What has arrived since the last call.
    #[must_use]
    pub fn take(&self) -> Vec<Arrived> {
        std::mem::take(&mut *self.arrived.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn first(&self) -> Option<Arrived> {
        let mut arrived = self.arrived.lock().unwrap_or_else(PoisonError::into_inner);
        if arrived.is_empty() { None } else { Some(arrived.remove(0)) }
    }

    /// Waits for one mail.
    pub async fn next(&self) -> Arrived {
        for _ in 0..500 {
            if let Some(arrived) = self.first() {
                return arrived;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("no mail has arrived");
    }
}

/// One connection. Ends when the client does.
pub(crate) async fn converse(
    stream: impl AsyncRead + AsyncWrite,
    keep: Arc<Mutex<Vec<Arrived>>>,
    manner: Arc<Mutex<Manner>>,
) -> Option<()> {
    let (read, mut write) = tokio::io::split(stream);
    let mut lines = BufReader::new(Box::pin(read)).lines();
    write.write_all(b"220 post.test ESMTP\r\n").await.ok()?;
    let mut to = Vec::new();
    while let Some(line) = lines.next_line().await.ok()? {
        let manner = *manner.lock().unwrap_or_else(PoisonError::into_inner);
        let verb = line.get(..4).unwrap_or(&line).to_ascii_uppercase();
        let answer = match verb.as_str() {
            "EHLO" => "250-post.test\r\n250 SMTPUTF8",
            "RCPT" => {
                let address = line.split(['<', '>']).nth(1).unwrap_or_default();
                to.push(address.to_owned());
                manner.recipient
            }
            "DATA" => {
                write.write_all(b"354 Go on\r\n").await.ok()?;
                let mut data = String::new();
                while let Some(line) = lines.next_line().await.ok()?.filter(|line| line != ".") {
                    data.push_str(line.strip_prefix('.').unwrap_or(&line));
                    data.push_str("\r\n");
                }
                if manner.mail.is_empty() {
                    tokio::time::sleep(Duration::from_mins(10)).await;
                }
                if manner.mail.starts_with('2') {
                    let arrived = Arrived { to: std::mem::take(&mut to), data };
                    keep.lock().unwrap_or_else(PoisonError::into_inner).push(arrived);
                }
                manner.mail
            }
            "QUIT" => {
                write.write_all(b"221 Bye\r\n").await.ok()?;
                return None;
            }
            _ => "250 OK",
        };
        write.write_all(format!("{answer}\r\n").as_bytes()).await.ok()?;
    }
    None
}
