//! A request: its address, query, headers and body, read by the extractors that every endpoint uses. Whatever comes in,
//! the answer is not a breakdown.
#![no_main]
use std::sync::{Arc, OnceLock};

use axum::{body::Body, extract::State};
use clock::MockClock;
use endpoint::{
    Auth, ClientAddress, Endpoint, ForwardedBy, Json, JsonOrEmpty, Method, Overload, Path, Query, RateClass,
    Routes, Site, SiteOptions, body,
};
use libfuzzer_sys::fuzz_target;
use protocol::ids::{OwnedEventId, OwnedRoomId, OwnedUserId};
use serde::Deserialize;
use serde_json::{Map, Value, json};

const fn post(paths: &'static [&'static str]) -> Endpoint {
    Endpoint {
        method: Method::Post,
        paths,
        auth: Auth::None,
        rate: RateClass::Unlimited,
        body_bytes_max: body::SMALL,
        spec: "https://spec.matrix.org/v1.16/",
        summary: "Reads what the fuzzer sends.",
    }
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "it is enough that they are read")]
struct Parameters {
    user: Option<OwnedUserId>,
    limit: Option<u32>,
    flag: Option<bool>,
    #[serde(default)]
    via: Vec<String>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "it is enough that they are read")]
struct Content {
    name: Option<String>,
    numbers: Option<Vec<i64>>,
    rest: Option<Map<String, Value>>,
}

async fn typed(
    State(()): State<()>,
    Path(_): Path<(OwnedRoomId, OwnedEventId)>,
    Query(_): Query<Parameters>,
    _: ClientAddress,
    Json(_): Json<Content>,
) -> Json<Value> {
    Json(json!({}))
}

async fn plain(
    Path((room, key)): Path<(String, String)>,
    JsonOrEmpty(body): JsonOrEmpty<Map<String, Value>>,
) -> Json<Value> {
    Json(json!({ "room": room, "key": key, "body": body }))
}

fn site() -> &'static Site {
    static SITE: OnceLock<Site> = OnceLock::new();
    SITE.get_or_init(|| {
        let routes = Routes::new()
            .with(post(&["/typed/{room}/{event}"]), typed, &())
            .with(post(&["/plain/{room}/{*key}"]), plain, &());
        let options = SiteOptions {
            clock: Arc::new(MockClock::default()),
            rate_limits: config::RateLimits::default(),
            forwarded_by: ForwardedBy::default(),
            is_trusted: None,
            overload: Overload::never(),
            run: 1,
        };
        Site::new(options, routes).expect("a site")
    })
}

fuzz_target!(|input: (&str, &str, &str, &[u8])| {
    let (address, query, forwarded, body) = input;
    for prefix in ["/typed/", "/plain/"] {
        let request = http::Request::builder()
            .method("POST")
            .uri(format!("{prefix}{address}?{query}"))
            .header("x-forwarded-for", forwarded)
            .body(Body::from(body.to_vec()));
        let Ok(request) = request else { continue };
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let reply = runtime.block_on(endpoint::testing::send(site(), request));
        assert!(reply.status.as_u16() < 500, "{} {:?}", reply.status, reply.body);
        assert!(reply.status == 200 || reply.json()["errcode"].is_string());
    }
});
