//! Addresses that must not be reached (faults.md S1) and answers that must end (S2), against real
//! sockets on the loopback interface.
use std::{
    io::Write as _,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use crate::{Answer, Egress, Error, Looking, Lookup, Options, Request};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::sleep,
};

/// Answers every name with the addresses it was made with: first one, then the other.
struct Rebinding {
    answers: Vec<IpAddr>,
    asked: AtomicUsize,
}

impl Lookup for Rebinding {
    fn lookup(&self, _name: String) -> Looking {
        let turn = self.asked.fetch_add(1, Ordering::SeqCst);
        let answer = self.answers[turn.min(self.answers.len() - 1)];
        Box::pin(async move { Ok(vec![answer]) })
    }
}

fn resolving_to(answers: &[IpAddr]) -> Arc<Rebinding> {
    Arc::new(Rebinding { answers: answers.to_vec(), asked: AtomicUsize::new(0) })
}

fn options(allow_private: bool) -> Options {
    Options {
        allow_private,
        allow_own: true,
        extra_ca_file: None,
        connect_timeout: Duration::from_millis(300),
        request_timeout: Duration::from_secs(2),
    }
}

fn client(allow_private: bool) -> Egress {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    Egress::with_lookup(options(allow_private), resolving_to(&[Ipv4Addr::LOCALHOST.into()]))
        .unwrap()
}

/// A server that answers every connection with `answer`, and counts them.
async fn server<F, Task>(answer: F) -> (SocketAddr, Arc<AtomicUsize>)
where
    F: Fn(TcpStream) -> Task + Send + 'static,
    Task: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let connections = Arc::new(AtomicUsize::new(0));
    let count = connections.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            let mut request = [0; 1024];
            let _ = stream.read(&mut request).await;
            tokio::spawn(answer(stream));
        }
    });
    (address, connections)
}

async fn get(client: &Egress, url: String, redirects_max: usize) -> Result<Answer, Error> {
    client.send(Request { redirects_max, ..Request::get(url, 64 * 1024) }).await
}

async fn hello(mut stream: TcpStream) {
    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello").await;
}

#[tokio::test]
async fn every_spelling_of_an_inner_address_is_refused_before_connecting() {
    let (address, connections) = server(hello).await;
    let client = client(false);
    let port = address.port();
    for host in [
        "127.0.0.1",
        "127.1",
        "0x7f.0.0.1",
        "0x7f000001",
        "017700000001",
        "2130706433",
        "0",
        "0.0.0.0",
        "127。0。0。1",
        "①②⑦.0.0.1",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[2001:0:4136:e378::1]",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "[fe80::1]",
        "[fd00:ec2::254]",
        "localhost",
        "rebind.example",
        "user@127.0.0.1",
        "1.1.1.1@127.0.0.1",
    ] {
        let result = get(&client, format!("http://{host}:{port}/"), 0).await;
        assert!(matches!(result, Err(Error::Refused { .. })), "{host}: {result:?}");
    }
    assert_eq!(connections.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_name_that_changes_its_address_gains_nothing() {
    let (address, connections) = server(hello).await;
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    // The documentation block is refused as well, so the first answer here is one that only fails
    // to connect: an address of the outside world that answers nothing on this port.
    let outside = IpAddr::from(Ipv4Addr::new(1, 1, 1, 1));
    let lookup = resolving_to(&[outside, Ipv4Addr::LOCALHOST.into()]);
    let client = Egress::with_lookup(options(false), lookup.clone()).unwrap();
    for _ in 0..3 {
        let url = format!("http://rebind.example:{}/", address.port());
        assert!(get(&client, url, 0).await.is_err());
    }
    assert!(lookup.asked.load(Ordering::SeqCst) >= 2);
    assert_eq!(connections.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn other_schemes_are_refused() {
    let client = client(true);
    for url in ["file:///etc/passwd", "ftp://example.org/", "gopher://a/", "/relative", "http://"] {
        let result = get(&client, url.to_owned(), 0).await;
        assert!(matches!(result, Err(Error::NotHttp(_))), "{url}: {result:?}");
    }
}

#[tokio::test]
async fn redirects_are_answers_unless_asked_for_and_are_checked_at_every_hop() {
    let (address, connections) = server(|mut stream| async move {
        let answer =
            "HTTP/1.1 302 Found\r\nLocation: http://10.0.0.1/\r\nContent-Length: 0\r\n\r\n";
        let _ = stream.write_all(answer.as_bytes()).await;
    })
    .await;
    let answer = get(&client(true), format!("http://{address}/"), 0).await.unwrap();
    assert_eq!(answer.status.as_u16(), 302);
    assert_eq!(connections.load(Ordering::SeqCst), 1);

    // With `allow_private` off nothing on this machine can be the first hop, so the second hop's
    // check is the literal check that the test above covers; here the loop must end.
    let (address, connections) = server(|mut stream| async move {
        let answer = "HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n";
        let _ = stream.write_all(answer.as_bytes()).await;
    })
    .await;
    let result = get(&client(true), format!("http://{address}/"), 3).await;
    assert!(matches!(result, Err(Error::Redirects(3))), "{result:?}");
    assert!(connections.load(Ordering::SeqCst) <= 4);
}

#[tokio::test]
async fn endless_slow_and_lying_bodies_end() {
    let (endless, _) = server(|mut stream| async move {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
        while stream.write_all(&[b'x'; 4096]).await.is_ok() {}
    })
    .await;
    let result = get(&client(true), format!("http://{endless}/"), 0).await;
    assert!(matches!(result, Err(Error::TooLong { max: 65_536 })), "{result:?}");

    let (slow, _) = server(|mut stream| async move {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
        while stream.write_all(b"x").await.is_ok() {
            sleep(Duration::from_millis(50)).await;
        }
    })
    .await;
    let began = Instant::now();
    let result = get(&client(true), format!("http://{slow}/"), 0).await;
    assert!(matches!(result, Err(Error::Timeout(_))), "{result:?}");
    assert!(began.elapsed() < Duration::from_secs(4));

    let (huge, _) = server(|mut stream| async move {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n").await;
        sleep(Duration::from_secs(5)).await;
    })
    .await;
    let result = get(&client(true), format!("http://{huge}/"), 0).await;
    assert!(matches!(result, Err(Error::TooLong { .. })), "{result:?}");

    let (short, _) = server(|mut stream| async move {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort").await;
    })
    .await;
    let result = get(&client(true), format!("http://{short}/"), 0).await;
    assert!(matches!(result, Err(Error::Failed(_))), "{result:?}");
}

#[tokio::test]
async fn compressed_bodies_are_not_inflated() {
    let (address, _) = server(|mut stream| async move {
        let mut answer = Vec::new();
        let head = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 20\r\n\r\n";
        write!(answer, "{head}").unwrap();
        answer.extend_from_slice(&[0x1f; 20]);
        let _ = stream.write_all(&answer).await;
    })
    .await;
    let answer = get(&client(true), format!("http://{address}/"), 0).await.unwrap();
    assert_eq!(answer.body.len(), 20);
}

#[tokio::test]
async fn an_ordinary_answer_arrives() {
    let (address, _) = server(hello).await;
    let answer = get(&client(true), format!("http://name.example:{}/", address.port()), 0).await;
    assert_eq!(answer.unwrap().body, "hello");
}
