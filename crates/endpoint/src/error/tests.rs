use http::header::RETRY_AFTER;
use http_body_util::BodyExt as _;

use super::*;

async fn body(failure: Failure) -> (Response<()>, String) {
    let (parts, body) = failure.into_response().into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    (Response::from_parts(parts, ()), String::from_utf8(bytes.to_vec()).unwrap())
}

#[tokio::test]
async fn a_refusal_says_why() {
    let (response, body) = body(FORBIDDEN.because("not yours")).await;
    assert_eq!(response.status(), 403);
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(body, r#"{"errcode":"M_FORBIDDEN","error":"not yours"}"#);
}

#[tokio::test]
async fn a_breakdown_does_not() {
    let (response, body) = body(INTERNAL.because("disk sda1 is full")).await;
    assert_eq!(response.status(), 500);
    assert_eq!(body, r#"{"errcode":"M_UNKNOWN","error":"Internal server error"}"#);
}

#[tokio::test]
async fn a_limit_says_when_to_come_back_in_body_and_header() {
    let (response, body) = body(Failure::rate_limited(1_500)).await;
    assert_eq!(response.headers()[RETRY_AFTER], "2");
    assert!(body.contains(r#""retry_after_ms":1500"#), "{body}");
}

#[derive(Debug, thiserror::Error)]
enum Sample {
    #[error("no such room")]
    NoRoom,
    #[error("cannot read")]
    Broken(#[source] io::Error),
}

api_error!(Sample:
    Self::NoRoom => NOT_FOUND,
    Self::Broken(_) => INTERNAL,
);

#[tokio::test]
async fn what_may_pass_is_told_from_a_fault_of_ours() {
    let full = Failure::from(Sample::Broken(io::ErrorKind::StorageFull.into()));
    assert_eq!(full.kind, STORAGE_FULL);
    let (response, body) = body(full).await;
    assert_eq!(response.status(), 507);
    assert!(body.contains("no space left"), "{body}");

    let test = db::testing::sqlite();
    let database = test.open().await;
    database.close().await;
    let error = db::Read::query(&database, "SELECT 1", db::params![]).await.unwrap_err();
    let failure = INTERNAL.from_error(&Wrapped::Transparent(Sample2::Database(error)));
    assert_eq!(failure.kind, UNAVAILABLE);
    assert!(failure.why.contains("closed"), "the log has the reason: {}", failure.why);
}

#[derive(Debug, thiserror::Error)]
enum Wrapped {
    #[error(transparent)]
    Transparent(Sample2),
}

#[derive(Debug, thiserror::Error)]
enum Sample2 {
    #[error(transparent)]
    Database(db::Error),
}

#[test]
fn the_log_gets_the_sources_and_the_client_the_kind() {
    let broken = Failure::from(Sample::Broken(io::Error::other("bad sector")));
    assert_eq!((broken.kind, broken.why.as_str()), (INTERNAL, "cannot read: bad sector"));
    assert_eq!(Failure::from(Sample::NoRoom).kind, NOT_FOUND);
}
