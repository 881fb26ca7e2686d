use config::Secret;

use super::*;
use crate::testing::Gateway;

fn egress() -> Egress {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    Egress::new(egress::Options {
        allow_private: true,
        allow_own: true,
        extra_ca_file: None,
        connect_timeout: Duration::from_secs(5),
        request_timeout: Duration::from_secs(5),
    })
    .unwrap()
}

fn sms(settings: &config::Sms) -> Arc<Sms> {
    Sms::new(settings, "example.org", egress()).unwrap().unwrap()
}

#[tokio::test]
async fn a_gateway_is_asked_as_the_administrator_says() {
    let told = Gateway::open(&[200, 200, 202]).await;
    let url = &told.url;
    let plain = config::Sms { url: Some(format!("{url}/send")), ..config::Sms::default() };
    sms(&plain).send("447700900123", "012345").await.unwrap();
    let asked = told.next().await;
    assert!(asked.starts_with("POST /send HTTP/1.1"), "{asked}");
    assert!(asked.to_lowercase().contains("content-type: application/json"), "{asked}");
    let body = r#"{"to": "447700900123", "text": "Your code for example.org is 012345"}"#;
    assert!(asked.ends_with(body), "{asked}");

    let form = config::Sms {
        url: Some(format!("{url}/v1/{{{{ phone }}}}")),
        headers: vec![
            Secret::new("Authorization: Basic abc"),
            Secret::new("Content-Type: application/x-www-form-urlencoded"),
        ],
        body: "To=%2B{{ phone | url }}&Body={{ text | url }}".to_owned(),
        text: "\"Code\" & <{{ code }}>".to_owned(),
        ..config::Sms::default()
    };
    sms(&form).send("447700900123", "012345").await.unwrap();
    let asked = told.next().await;
    assert!(asked.starts_with("POST /v1/447700900123 HTTP/1.1"), "{asked}");
    assert!(asked.contains("Basic abc") && !asked.contains("application/json"), "{asked}");
    assert!(asked.ends_with("To=%2B447700900123&Body=%22Code%22%20%26%20%3C012345%3E"), "{asked}");

    let get = config::Sms {
        url: Some(format!("{url}/?to={{{{ phone }}}}&text={{{{ text | url }}}}")),
        method: HttpMethod::Get,
        ..config::Sms::default()
    };
    sms(&get).send("447700900123", "012345").await.unwrap();
    let asked = told.next().await;
    assert!(asked.starts_with("GET /?to=447700900123&text=Your%20code"), "{asked}");
}

#[tokio::test]
async fn a_gateway_that_fails_is_asked_a_second_time() {
    let told = Gateway::open(&[500, 503, 200]).await;
    let sms = sms(&config::Sms { url: Some(told.url.clone()), ..config::Sms::default() });
    let refused = sms.send("447700900123", "1").await;
    assert!(matches!(refused, Err(SendError::Status(status)) if status == 500), "{refused:?}");
    told.next().await;
    sms.post("447700900123".to_owned(), "2".to_owned()).unwrap();
    told.next().await;
    assert!(told.next().await.contains("is 2"));
}

#[test]
fn settings_that_cannot_work_are_found_at_the_start() {
    let settings = |change: fn(&mut config::Sms)| {
        let mut sms = config::Sms { url: Some("https://x".to_owned()), ..config::Sms::default() };
        change(&mut sms);
        check(&sms).map_err(|error| error.to_string())
    };
    settings(|_| ()).unwrap();
    for (change, expected) in [
        ((|sms| sms.body = "{{ number }}".to_owned()) as fn(&mut config::Sms), "sms.body"),
        (|sms| sms.text = "{{ code".to_owned(), "sms.text"),
        (|sms| sms.url = Some("https://x/{{ code }}".to_owned()), "sms.url"),
        (|sms| sms.headers = vec![Secret::new("no header")], "sms.headers"),
        (|sms| sms.headers = vec![Secret::new("a b: c")], "sms.headers"),
    ] {
        let error = settings(change).unwrap_err();
        assert!(error.starts_with(expected), "{error}");
    }
    assert!(Sms::new(&config::Sms::default(), "example.org", egress()).unwrap().is_none());
}
