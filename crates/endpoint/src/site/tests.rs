#![expect(unreachable_pub, reason = "the macro makes public lists, here in private modules")]
use std::{net::IpAddr, sync::Arc};

use axum::extract::State;
use clock::MockClock;
use http::header::RETRY_AFTER;
use serde::{Deserialize, Serialize};

use super::*;
use crate::{
    Auth, Authenticated, Authority, Caller, ClientAddress, Endpoint, Failure, Json, JsonOrEmpty,
    OptionalCaller, Path, Presented, Query, RateClass, Refusal, body, endpoints,
    testing::{Reply, anonymous_callers_accepted, registry_faults, send},
};

/// Knows the tokens `alice`, `root` and `gone`.
#[derive(Clone)]
pub(in crate::site) struct Guests;

impl Authority for Guests {
    type Session = String;

    async fn authenticate(
        &self,
        Presented { token, .. }: Presented<'_>,
    ) -> Result<Authenticated<String>, Refusal> {
        match token {
            "alice" | "root" => Ok(Authenticated {
                session: token.to_owned(),
                user: i64::from(token != "root"),
                is_admin: token == "root",
                is_guest: false,
                is_locked: false,
                is_suspended: false,
                is_expired: false,
                is_unlimited: false,
            }),
            "gone" => Err(Refusal::Unknown { soft_logout: true }),
            _ => Err(Refusal::Unknown { soft_logout: false }),
        }
    }
}

const fn get(paths: &'static [&'static str], auth: Auth) -> Endpoint {
    Endpoint {
        method: crate::Method::Get,
        paths,
        auth,
        rate: RateClass::Read,
        body_bytes_max: body::NONE,
        spec: "https://spec.matrix.org/latest/",
        summary: "Answers in a test.",
    }
}

const fn post(paths: &'static [&'static str]) -> Endpoint {
    Endpoint { method: crate::Method::Post, body_bytes_max: 64, ..get(paths, Auth::None) }
}

mod whoami {
    use super::*;
    pub(super) const ENDPOINT: Endpoint = get(&["/v3/whoami", "/r0/whoami"], Auth::User);
    pub(super) async fn handler(
        Caller(name): Caller<String>,
        State(_): State<Guests>,
    ) -> Json<String> {
        Json(name)
    }
}

mod admin {
    use super::*;
    pub(super) const ENDPOINT: Endpoint = get(&["/admin"], Auth::Admin);
    pub(super) async fn handler(_: Caller<String>) -> Json<()> {
        Json(())
    }
}

mod greet {
    use super::*;
    pub(super) const ENDPOINT: Endpoint = get(&["/greet"], Auth::Optional);
    pub(super) async fn handler(
        OptionalCaller(name): OptionalCaller<String>,
    ) -> Json<Option<String>> {
        Json(name)
    }
}

mod careless {
    use super::*;
    pub(super) const ENDPOINT: Endpoint = get(&["/careless"], Auth::None);
    pub(super) async fn handler(_: Caller<String>) -> Json<()> {
        Json(())
    }
}

mod parts {
    use super::*;
    pub(super) const ENDPOINT: Endpoint = get(&["/rooms/{room}/event/{number}"], Auth::None);
    #[derive(Deserialize, Serialize)]
    pub(super) struct Filter {
        dir: Direction,
        limit: Option<u16>,
        #[serde(default)]
        via: Vec<String>,
    }
    #[derive(Deserialize, Serialize)]
    #[serde(rename_all = "lowercase")]
    enum Direction {
        Forward,
        Back,
    }
    pub(super) async fn handler(
        Path((room, number)): Path<(String, u32)>,
        Query(filter): Query<Filter>,
    ) -> Json<(String, u32, Filter)> {
        Json((room, number, filter))
    }
}

mod crash {
    use super::*;
    pub(super) const ENDPOINT: Endpoint = get(&["/crash"], Auth::None);
    pub(super) async fn handler() -> Result<Json<()>, Failure> {
        panic!("the secret is 42")
    }
}

mod echo {
    use super::*;
    pub(super) const ENDPOINT: Endpoint = post(&["/echo"]);
    #[derive(Deserialize, Serialize)]
    pub(super) struct Body {
        text: String,
    }
    pub(super) async fn handler(Json(body): Json<Body>) -> Json<Body> {
        Json(body)
    }
}

mod maybe {
    use super::*;
    pub(super) const ENDPOINT: Endpoint = post(&["/maybe"]);
    #[derive(Deserialize, Serialize)]
    pub(super) struct Body {
        text: Option<String>,
    }
    pub(super) async fn handler(
        ClientAddress(from): ClientAddress,
        JsonOrEmpty(body): JsonOrEmpty<Body>,
    ) -> Json<(Body, IpAddr)> {
        Json((body, from))
    }
}

/// Handlers that stop half-way until the test lets them go on, and then note that they have come to their end.
mod slow {
    use std::sync::LazyLock;

    use parking_lot::Mutex;
    use tokio::sync::Semaphore;

    use super::*;

    pub(super) static GO_ON: Semaphore = Semaphore::const_new(0);
    pub(super) static DONE: LazyLock<Mutex<Vec<String>>> = LazyLock::new(Mutex::default);

    async fn work(what: String) -> Json<()> {
        let _turn = GO_ON.acquire().await.unwrap();
        DONE.lock().push(what);
        Json(())
    }

    pub(super) mod change {
        use super::*;
        pub(in super::super) const ENDPOINT: Endpoint =
            Endpoint { rate: RateClass::Write, ..post(&["/change/{what}"]) };
        pub(in super::super) async fn handler(Path(what): Path<String>) -> Json<()> {
            work(what).await
        }
    }

    pub(super) mod wait {
        use super::*;
        pub(in super::super) const ENDPOINT: Endpoint = post(&["/wait/{what}"]);
        pub(in super::super) async fn handler(Path(what): Path<String>) -> Json<()> {
            work(what).await
        }
    }
}

mod first {
    crate::endpoints! { super::Guests: whoami, admin, greet, careless }
    use super::{admin, careless, greet, whoami};
}

mod second {
    crate::endpoints! { super::Guests: parts, crash, echo, maybe, change, wait }
    use super::{
        crash, echo, maybe, parts,
        slow::{change, wait},
    };
}

endpoints! { Guests => first, second }

fn site(read: Option<config::Rate>) -> (Site, Arc<MockClock>) {
    site_that_trusts(read, None)
}

fn site_that_trusts(
    read: Option<config::Rate>,
    is_trusted: Option<Trusted>,
) -> (Site, Arc<MockClock>) {
    let clock = Arc::new(MockClock::default());
    let mut rate_limits = config::RateLimits::default();
    rate_limits.read = read.unwrap_or(rate_limits.read);
    let options = SiteOptions {
        clock: clock.clone(),
        rate_limits,
        forwarded_by: ForwardedBy::default(),
        overload: Overload::never(),
        is_trusted,
        run: 7,
    };
    (Site::new(options, routes(&Guests)).unwrap(), clock)
}

async fn ask(method: &str, uri: &str, token: Option<&str>, body: &str) -> Reply {
    ask_site(&site(None).0, method, uri, token, body).await
}

async fn ask_site(site: &Site, method: &str, uri: &str, token: Option<&str>, body: &str) -> Reply {
    let mut request = http::Request::builder().method(method).uri(uri);
    if let Some(token) = token {
        request = request.header("authorization", token);
    }
    send(site, request.body(Body::from(body.to_owned())).unwrap()).await
}

#[tokio::test]
async fn the_registry_lists_every_area_and_serves_every_alias() {
    assert_eq!(ENDPOINTS.len(), 10);
    assert_eq!(ENDPOINTS[4].path(), "/rooms/{room}/event/{number}");
    assert_eq!(registry_faults(ENDPOINTS), Vec::<String>::new());
    for uri in ["/v3/whoami", "/r0/whoami"] {
        let reply = ask("GET", uri, Some("Bearer alice"), "").await;
        assert_eq!((reply.status.as_u16(), reply.json()), (200, "alice".into()));
        assert_eq!(reply.headers["content-type"], "application/json");
    }
}

#[tokio::test]
async fn tokens_come_by_header_or_query_and_are_refused_with_their_code() {
    assert_eq!(ask("GET", "/v3/whoami", Some("bearer  alice"), "").await.verdict(), "200");
    assert_eq!(ask("GET", "/v3/whoami?access_token=ali%63e", None, "").await.verdict(), "200");
    for token in [None, Some("alice"), Some("Bearer "), Some("Basic alice"), Some("Bearer")] {
        assert_eq!(ask("GET", "/v3/whoami", token, "").await.verdict(), "401 M_MISSING_TOKEN");
    }
    let gone = ask("GET", "/v3/whoami", Some("Bearer gone"), "").await;
    assert_eq!(gone.verdict(), "401 M_UNKNOWN_TOKEN");
    assert_eq!(gone.json()["soft_logout"], true);
    let wrong = ask("GET", "/v3/whoami", Some("Bearer x"), "").await;
    assert_eq!(wrong.json()["soft_logout"], false);
    assert_eq!(ask("GET", "/admin", Some("Bearer alice"), "").await.verdict(), "403 M_FORBIDDEN");
    assert_eq!(ask("GET", "/admin", Some("Bearer root"), "").await.verdict(), "200");
    assert_eq!(ask("GET", "/greet", None, "").await.json(), serde_json::Value::Null);
    assert_eq!(ask("GET", "/greet", Some("Bearer alice"), "").await.json(), "alice");
    assert_eq!(ask("GET", "/greet", Some("Bearer x"), "").await.verdict(), "401 M_UNKNOWN_TOKEN");
}

#[tokio::test]
async fn a_handler_whose_registry_entry_promises_less_is_found() {
    let reply = ask("GET", "/careless", Some("Bearer alice"), "").await;
    assert_eq!(reply.verdict(), "500 M_UNKNOWN");
    assert_eq!(anonymous_callers_accepted(&site(None).0, ENDPOINTS).await, Vec::<String>::new());
    // A registry that calls an open endpoint private.
    let lie = Endpoint { auth: Auth::User, ..echo::ENDPOINT };
    assert_eq!(anonymous_callers_accepted(&site(None).0, &[lie]).await.len(), 2);
}

#[tokio::test]
async fn parts_of_the_path_and_query_are_decoded_and_typed() {
    let reply = ask(
        "GET",
        "/rooms/%21a%2Fb%3Ax%20y+z/event/7?dir=back&via=a&limit=3&via=b%2Bc+d",
        None,
        "",
    )
    .await;
    assert_eq!(
        reply.json().to_string(),
        r#"["!a/b:x y+z",7,{"dir":"back","limit":3,"via":["a","b+c d"]}]"#
    );
    for (uri, expected) in [
        ("/rooms/%ff/event/7?dir=back", "400 M_INVALID_PARAM"),
        ("/rooms/a%00b/event/7?dir=back", "400 M_INVALID_PARAM"),
        ("/rooms/a/event/-7?dir=back", "400 M_INVALID_PARAM"),
        ("/rooms/a/event/4294967296?dir=back", "400 M_INVALID_PARAM"),
        ("/rooms/a/event/7", "400 M_MISSING_PARAM"),
        ("/rooms/a/event/7?dir=sideways", "400 M_INVALID_PARAM"),
        ("/rooms/a/event/7?dir=back&limit=ten", "400 M_INVALID_PARAM"),
        ("/rooms/a/event/7?dir=%ff", "400 M_INVALID_PARAM"),
        ("/rooms/a/event/7?dir=back&via=%00", "400 M_INVALID_PARAM"),
        ("/rooms/a/b/event/7?dir=back", "404 M_UNRECOGNIZED"),
        ("/rooms/a/event/7?dir=back&&=&x&limit=3", "200"),
    ] {
        let reply = ask("GET", uri, None, "").await;
        assert_eq!(reply.verdict(), expected, "{uri}");
    }
    let limit = ask("GET", "/rooms/a/event/7?dir=back&limit=ten", None, "").await;
    assert_eq!(limit.json()["error"], "limit in the query: expected a non-negative integer");
}

#[tokio::test]
async fn bodies_are_bounded_and_typed() {
    assert_eq!(ask("POST", "/echo", None, r#"{"text":"hi"}"#).await.verdict(), "200");
    assert_eq!(ask("POST", "/echo", None, "").await.verdict(), "400 M_NOT_JSON");
    assert_eq!(ask("POST", "/echo", None, r#"{"text":1}"#).await.verdict(), "400 M_BAD_JSON");
    let long = format!(r#"{{"text":"{}"}}"#, "x".repeat(64));
    assert_eq!(ask("POST", "/echo", None, &long).await.verdict(), "413 M_TOO_LARGE");
    assert_eq!(
        ask("POST", "/maybe", None, "").await.json().to_string(),
        r#"[{"text":null},"127.0.0.1"]"#
    );
}

#[tokio::test]
async fn a_body_in_pieces_is_put_together_and_stopped_at_the_limit() {
    let pieces = |pieces: Vec<&'static str>| {
        let stream = futures_util::stream::iter(pieces.into_iter().map(Ok::<_, std::io::Error>));
        http::Request::post("/echo").body(Body::from_stream(stream)).unwrap()
    };
    let site = site(None).0;
    let reply = send(&site, pieces(vec!["{\"te", "xt\":", "\"hi\"}"])).await;
    assert_eq!(reply.json()["text"], "hi");
    assert_eq!(send(&site, pieces(vec!["          "; 100])).await.verdict(), "413 M_TOO_LARGE");
}

#[tokio::test]
async fn every_reply_has_cors_and_a_request_id() {
    for (method, uri, expected) in [
        ("GET", "/greet", "200"),
        ("HEAD", "/greet", "200"),
        ("GET", "/nowhere", "404 M_UNRECOGNIZED"),
        ("DELETE", "/greet", "405 M_UNRECOGNIZED"),
        ("BREW", "/greet", "405 M_UNRECOGNIZED"),
        ("OPTIONS", "/greet", "204"),
        ("OPTIONS", "/nowhere", "204"),
        ("GET", "/v3/whoami", "401 M_MISSING_TOKEN"),
        ("GET", "/crash", "500 M_UNKNOWN"),
    ] {
        let reply = ask(method, uri, None, "").await;
        assert_eq!(reply.verdict(), expected, "{method} {uri}");
        assert_eq!(reply.headers["access-control-allow-origin"], "*", "{method} {uri}");
        let allowed = reply.headers["access-control-allow-headers"].to_str().unwrap();
        assert!(allowed.contains("Authorization"), "{allowed}");
        assert_eq!(reply.headers["x-content-type-options"], "nosniff");
        assert_eq!(reply.headers["x-request-id"], "00000007-1");
    }
    assert_eq!(ask("DELETE", "/greet", None, "").await.headers["allow"], "GET");
    assert!(ask("HEAD", "/greet", None, "").await.body.is_empty());
}

#[tokio::test]
async fn a_panic_is_one_reply_and_tells_nothing() {
    let site = site(None).0;
    let reply = ask_site(&site, "GET", "/crash", None, "").await;
    assert_eq!(reply.json()["error"], "Internal server error");
    assert_eq!(ask_site(&site, "GET", "/greet", None, "").await.verdict(), "200");
}

#[tokio::test]
async fn a_change_is_finished_when_the_client_hangs_up_and_a_wait_is_not() {
    let site = site(None).0;
    for uri in ["/wait/in_vain", "/change/a_bit", "/wait/longer", "/change/more"] {
        let begun = ask_site(&site, "POST", uri, None, "");
        let heard = tokio::time::timeout(std::time::Duration::from_millis(20), begun).await;
        assert!(heard.is_err(), "it is still at it: {uri}");
    }
    slow::GO_ON.add_permits(1);
    while slow::DONE.lock().len() < 2 {
        tokio::task::yield_now().await;
    }
    // Whoever still waited for a turn would get one before this.
    let last = ask_site(&site, "POST", "/wait/not_in_vain", None, "").await;
    assert_eq!(last.verdict(), "200");
    assert_eq!(*slow::DONE.lock(), ["a_bit", "more", "not_in_vain"]);
}

#[tokio::test]
async fn each_user_and_each_address_has_an_allowance() {
    let (site, clock) = site(Some(config::Rate { per_second: 1.0, burst: 2 }));
    let ask = |uri: &'static str, token| ask_site(&site, "GET", uri, token, "");
    for _ in 0..2 {
        assert_eq!(ask("/v3/whoami", Some("Bearer alice")).await.verdict(), "200");
        assert_eq!(ask("/v3/whoami", Some("Bearer root")).await.verdict(), "200");
        assert_eq!(ask("/greet", None).await.verdict(), "200");
    }
    let refused = ask("/v3/whoami", Some("Bearer alice")).await;
    assert_eq!(refused.verdict(), "429 M_LIMIT_EXCEEDED");
    assert_eq!(refused.json()["retry_after_ms"], 1_000);
    assert_eq!(refused.headers[RETRY_AFTER], "1");
    assert_eq!(ask("/greet", None).await.verdict(), "429 M_LIMIT_EXCEEDED");
    clock.advance_ms(1_000);
    assert_eq!(ask("/v3/whoami", Some("Bearer alice")).await.verdict(), "200");
}

#[test]
fn two_endpoints_at_one_place_are_refused() {
    let options = SiteOptions {
        clock: Arc::new(MockClock::default()),
        rate_limits: config::RateLimits::default(),
        forwarded_by: ForwardedBy::default(),
        overload: Overload::never(),
        is_trusted: None,
        run: 0,
    };
    let twice = routes(&Guests).with(echo::ENDPOINT, echo::handler, &Guests);
    let conflict = Site::new(options, twice).err().unwrap().to_string();
    assert_eq!(conflict, "POST /echo: there is another endpoint");
}

#[tokio::test]
async fn the_address_of_a_trusted_token_is_not_limited() {
    let few = config::Rate { per_second: 0.001, burst: 1 };
    let trusted: Trusted = Arc::new(|token| token == "bridge");
    let (site, _) = site_that_trusts(Some(few), Some(trusted));
    let ask = async |query: &str, token: Option<&str>| {
        let uri = format!("/rooms/a/event/7?dir=back{query}");
        ask_site(&site, "GET", &uri, token, "").await.verdict()
    };
    for _ in 0..3 {
        assert_eq!(ask("", Some("Bearer bridge")).await, "200");
        assert_eq!(ask("&access_token=bridge", None).await, "200");
    }
    assert_eq!(ask("", Some("Bearer other")).await, "200");
    assert_eq!(ask("", Some("Bearer other")).await, "429 M_LIMIT_EXCEEDED");
}

#[tokio::test]
async fn too_much_to_do_is_said_at_once_and_is_over_when_it_is_done() {
    let queued = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = Arc::clone(&queued);
    let overload = Overload {
        requests_max: 1,
        writes_max: 5,
        queued_writes: Arc::new(move || counted.load(Ordering::SeqCst)),
        retry_after_ms: 2_000,
    };
    let options = SiteOptions {
        clock: Arc::new(MockClock::default()),
        rate_limits: config::RateLimits::default(),
        forwarded_by: ForwardedBy::default(),
        overload,
        is_trusted: None,
        run: 7,
    };
    let site = Site::new(options, routes(&Guests)).unwrap();
    let ask = async |method: &str, uri: &str| {
        ask_site(&site, method, uri, Some("Bearer alice"), "{}").await
    };
    let busy = site.0.load.admit(&whoami::ENDPOINT).unwrap();
    let refused = ask("GET", "/v3/whoami").await;
    assert_eq!(refused.verdict(), "429 M_LIMIT_EXCEEDED");
    assert_eq!(refused.json()["retry_after_ms"], 2_000);
    assert_eq!(refused.headers[RETRY_AFTER], "2");
    // What is never limited is served, and so is whoever only wants to know what is allowed.
    assert!(
        site.0.load.admit(&Endpoint { rate: RateClass::Unlimited, ..whoami::ENDPOINT }).is_ok()
    );
    assert!(site.0.load.admit(&Endpoint { paths: &["/v3/sync"], ..whoami::ENDPOINT }).is_ok());
    assert!(site.0.load.admit(&Endpoint { auth: Auth::Local, ..whoami::ENDPOINT }).is_ok());
    drop(busy);
    assert_eq!(ask("GET", "/v3/whoami").await.verdict(), "200");
    // A body that is on its way keeps nobody out.
    let sending = site.0.load.admit(&echo::ENDPOINT).unwrap();
    assert_eq!(ask("GET", "/v3/whoami").await.verdict(), "200");
    sending.begin();
    assert_eq!(ask("GET", "/v3/whoami").await.verdict(), "429 M_LIMIT_EXCEEDED");
    drop(sending);
    queued.store(5, Ordering::SeqCst);
    let writing = Endpoint { rate: RateClass::Write, ..echo::ENDPOINT };
    assert!(site.0.load.admit(&writing).is_err(), "the database has enough to do");
    assert_eq!(ask("GET", "/v3/whoami").await.verdict(), "200");
    queued.store(4, Ordering::SeqCst);
    assert!(site.0.load.admit(&writing).is_ok());
}
