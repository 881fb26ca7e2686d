use std::sync::Mutex as StdMutex;

use clock::MockClock;
use config::{Lifetime, Secret, SmtpSecurity};
use entropy::SeededEntropy;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::{ServerConfig, pki_types::PrivateKeyDer};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::{
    Digest, Kind,
    testing::{Arrived, FRIENDLY, Manner, Post, converse},
};

fn mailer(email: &Email) -> Arc<Mailer> {
    let clock = Arc::new(MockClock::at_ms(1_700_000_000_000));
    Mailer::new(email, "example.org:8448", clock, SeededEntropy::shared(1)).unwrap().unwrap()
}

fn header_of<'a>(mail: &'a Arrived, name: &str) -> &'a str {
    let mut lines = mail.data.lines();
    lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).unwrap_or_default()
}

#[tokio::test]
async fn a_mail_arrives_with_its_headers_and_both_parts() {
    let post = Post::open().await;
    let mailer = mailer(&post.settings());
    for _ in 0..3 {
        mailer.send("alice@example.org", &Kind::Register.sample()).await.unwrap();
    }
    let arrived = post.take();
    assert_eq!(arrived.len(), 3);
    let mail = &arrived[0];
    assert_eq!(mail.to, ["alice@example.org"]);
    assert_eq!(header_of(mail, "From"), "Longhouse <noreply@example.org>");
    assert_eq!(header_of(mail, "To"), "alice@example.org");
    assert_eq!(header_of(mail, "Auto-Submitted"), "auto-generated");
    assert_eq!(header_of(mail, "Date"), "Tue, 14 Nov 2023 22:13:20 +0000");
    assert!(header_of(mail, "Message-ID").ends_with("@example.org>"));
    assert_ne!(header_of(mail, "Message-ID"), header_of(&arrived[1], "Message-ID"));
    assert!(mail.data.contains("Content-Type: text/html"));
    assert_eq!(mail.link(), "https://example.org/verify?sid=a&token=b");
}

/// A11: whatever is given as an address or a value, there is one recipient and no header more.
#[tokio::test]
async fn nobody_can_add_a_header_or_a_recipient() {
    let post = Post::open().await;
    let mailer = mailer(&post.settings());
    let letter = Kind::AddressInUse.sample();
    for address in [
        "a@example.org\r\nBcc: b@example.org",
        "a@example.org>, <b@example.org",
        "a@example.org, b@example.org",
        "a@example.org\0",
        "a b@example.org",
        "",
        "@example.org",
    ] {
        let sent = mailer.send(address, &letter).await;
        assert!(matches!(sent, Err(SendError::Address(_))), "{address:?}: {sent:?}");
    }
    assert_eq!(post.take(), []);
    let hostile = letter.with("user_id", "x\r\n.\r\nMAIL FROM:<x@y>\r\nBcc: b@example.org");
    mailer.send("a@example.org", &hostile).await.unwrap();
    let arrived = post.take();
    assert_eq!(arrived.len(), 1);
    assert_eq!(arrived[0].to, ["a@example.org"]);
    let headers = arrived[0].data.split("\r\n\r\n").next().unwrap();
    assert!(!headers.contains("Bcc"), "{headers}");
}

#[tokio::test]
async fn what_the_server_says_is_told() {
    for (verdict, may_pass) in [("550 5.7.1 not you", false), ("451 4.3.0 later", true)] {
        let post = Post::open_with(verdict).await;
        let sent = mailer(&post.settings()).send("a@example.org", &Letter::new(Kind::Test)).await;
        let error = sent.unwrap_err();
        assert_eq!(error.may_pass(), may_pass);
        let told = error.to_string();
        assert!(told.contains(&verdict[10..]), "{told}");
    }
    let mut closed = Post::open().await.settings();
    closed.port = Some(1);
    let error = mailer(&closed).send("a@example.org", &Letter::new(Kind::Test)).await.unwrap_err();
    assert!(error.may_pass() && error.to_string().contains("refused"), "{error}");
}

/// RFC 8058: by the header programs end the mail, over HTTPS only. Nothing in it can become another header.
#[tokio::test]
async fn a_digest_says_how_it_is_ended() {
    let post = Post::open().await;
    let mailer = mailer(&post.settings());
    for (link, one_click) in [
        ("https://example.org/unsubscribe?token=abc", "List-Unsubscribe=One-Click"),
        ("http://localhost:8008/unsubscribe?token=abc", ""),
        ("https://example.org/?a\r\nBcc: b@example.org", "List-Unsubscribe=One-Click"),
    ] {
        let digest = Digest { unsubscribe_link: link.to_owned(), ..Digest::sample() };
        mailer.send("alice@example.org", &digest.letter()).await.unwrap();
        let mail = post.next().await;
        let headers = mail.data.split("\r\n\r\n").next().unwrap();
        assert!(!headers.lines().any(|line| line.starts_with("Bcc")), "{headers}");
        assert_eq!(header_of(&mail, "List-Unsubscribe-Post"), one_click);
        if !link.contains('\r') {
            assert_eq!(header_of(&mail, "List-Unsubscribe"), format!("<{link}>"));
        }
    }
}

#[tokio::test]
async fn a_refused_address_is_told_from_a_refused_mail() {
    let post = Post::open().await;
    let mailer = mailer(&post.settings());
    for (manner, fault, refuses) in [
        (Manner { recipient: "550 5.1.1 who?", ..FRIENDLY }, Fault::Address, true),
        (Manner { recipient: "550 who?", ..FRIENDLY }, Fault::Unclear, true),
        (Manner { recipient: "550 5.7.1 no relay", ..FRIENDLY }, Fault::Mail, true),
        (Manner { recipient: "450 later", ..FRIENDLY }, Fault::Passing, false),
        (Manner { mail: "554 spam", ..FRIENDLY }, Fault::Unclear, false),
        (Manner { mail: "451 later", ..FRIENDLY }, Fault::Passing, false),
    ] {
        post.be(manner);
        let sent = mailer.send("a@example.org", &Letter::new(Kind::Test)).await;
        assert_eq!(sent.unwrap_err().fault(), fault, "{manner:?}");
        assert_eq!(mailer.refuses("a@example.org").await, refuses, "{manner:?}");
    }
    assert_eq!(post.take(), []);
}

#[tokio::test]
async fn a_server_that_says_nothing_does_not_hold_up_for_ever() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut email = Post::open().await.settings();
    email.port = Some(listener.local_addr().unwrap().port().into());
    email.timeout = Lifetime::seconds(1);
    let mailer = Mailer { within: Duration::from_millis(100), ..unwrapped(mailer(&email)) };
    for _ in 0..2 {
        let sent = mailer.send("a@example.org", &Letter::new(Kind::Test)).await;
        assert!(matches!(sent, Err(SendError::Timeout { .. })), "{sent:?}");
    }
}

fn unwrapped(mailer: Arc<Mailer>) -> Mailer {
    Arc::into_inner(mailer).unwrap()
}

/// A server with a certificate of its own, encrypted from the beginning.
async fn tls_post() -> (Email, String, Arc<StdMutex<Vec<Arrived>>>) {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let arrived = Arc::<StdMutex<Vec<Arrived>>>::default();
    let keep = Arc::clone(&arrived);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, keep) = (acceptor.clone(), Arc::clone(&keep));
            tokio::spawn(async move {
                let stream = acceptor.accept(stream).await.ok()?;
                converse(stream, keep, Arc::new(StdMutex::new(FRIENDLY))).await
            });
        }
    });
    let mut email = Post::open().await.settings();
    email.host = Some("localhost".to_owned());
    email.port = Some(port.into());
    email.security = SmtpSecurity::Tls;
    (email, cert.pem(), arrived)
}

/// A11, CVE-2023-38686: nothing is sent to a server whose certificate is not trusted.
#[tokio::test]
async fn the_certificate_is_checked() {
    let (mut email, pem, arrived) = tls_post().await;
    let letter = Letter::new(Kind::Test);
    let error = mailer(&email).send("a@example.org", &letter).await.unwrap_err().to_string();
    assert!(error.contains("certificate"), "{error}");
    assert!(arrived.lock().unwrap().is_empty());

    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, pem).unwrap();
    email.ca_file = Some(file);
    mailer(&email).send("a@example.org", &letter).await.unwrap();
    assert_eq!(arrived.lock().unwrap().len(), 1);

    // The same server under a name that its certificate does not have.
    email.host = Some("127.0.0.1".to_owned());
    let error = mailer(&email).send("a@example.org", &letter).await.unwrap_err().to_string();
    assert!(error.contains("certificate"), "{error}");
}

/// A server that does not offer encryption gets neither password nor mail.
#[tokio::test]
async fn starttls_does_not_fall_back_to_plain_text() {
    let post = Post::open().await;
    let email = Email {
        security: SmtpSecurity::Starttls,
        username: Some("alice".to_owned()),
        password: Some(Secret::new("word")),
        ..post.settings()
    };
    mailer(&email).send("a@example.org", &Letter::new(Kind::Test)).await.unwrap_err();
    assert_eq!(post.take(), []);
}

#[test]
fn settings_that_cannot_work_are_found_at_the_start() {
    let mut email = Email { from: Some("nobody".to_owned()), ..Email::default() };
    assert!(matches!(crate::check(&email), Err(SetupError::From { .. })));
    email.from = Some("Chat <chat@example.org>".to_owned());
    crate::check(&email).unwrap();
    email.ca_file = Some("/nonexistent/ca.pem".into());
    let error = crate::check(&email).unwrap_err().to_string();
    assert!(error.starts_with("email.ca_file: /nonexistent/ca.pem"), "{error}");
}
