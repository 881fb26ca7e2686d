//! The endpoints over a site without sockets, on both engines.
use std::{
    fmt::Write as _,
    sync::{Arc, LazyLock},
};

use accounts::{
    AccountObserver, Accounts, AfterCommit, ClosedFuture, DeviceChange, ObserverFuture, Settings,
};
use axum::body::Body;
use blobs::Blobs;
use clock::MockClock;
use components::Supervisor;
use config::Secret;
use db::Write;
use endpoint::{
    ForwardedBy, Overload, Routes, Site, SiteOptions,
    testing::{Reply, registry_faults, send},
};
use entropy::SeededEntropy;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::Request;
use media::{Description, Media};
use moderation::{Moderation, Reporter};
use notices::Notices;
use protocol::{
    ids::{OwnedServerName, UserId},
    signing::{ServerKey, Signer},
};
use push::Push;
use rooms::{CreateRoom, Preset, Rooms};
use serde_json::{Value, json};
use sha1::Sha1;
use store::{Store, UserNum};
use telemetry::metrics::Metrics;
use tempfile::TempDir;

use crate::{About, App, Services, local, management, server, shared_secret};

/// A process has one recorder.
static METRICS: LazyLock<Metrics> = LazyLock::new(|| Metrics::begin("1.2.3").unwrap());

const SECRET: &str = "the shared secret";

/// Nothing follows from a change of an account.
struct Nobody;

impl AccountObserver for Nobody {
    fn devices_changed<'a>(
        &'a self,
        _: &'a mut Write,
        _: UserNum,
        _: &'a UserId,
        _: DeviceChange<'a>,
    ) -> ObserverFuture<'a> {
        Box::pin(async {
            let nothing: AfterCommit = Box::new(|_| Vec::new());
            Ok(nothing)
        })
    }

    fn account_closed<'a>(&'a self, _: &'a UserId) -> ClosedFuture<'a> {
        Box::pin(async {})
    }
}

fn notice_settings() -> notices::Settings {
    notices::Settings {
        user_id: UserId::parse("@server:example.org").unwrap(),
        display_name: None,
        avatar_url: None,
        room_name: "Notices".to_owned(),
        room_topic: None,
        room_avatar_url: None,
        auto_join: false,
    }
}

fn media_settings() -> media::Settings {
    media::Settings {
        server_name: "example.org".try_into().unwrap(),
        upload_bytes_max: 1_000,
        pixels_max: 1_000,
        decoder_bytes_max: 1 << 20,
        decoding: media::Decoding::Here,
        decoders: 1,
        quotas: media::Quotas::default(),
        unused_for_ms: None,
        legacy_unauthenticated: false,
    }
}

struct TestSite {
    site: Site,
    accounts: Arc<Accounts>,
    moderation: Arc<Moderation>,
    media: Arc<Media>,
    rooms: Arc<Rooms>,
    _folder: TempDir,
}

fn rooms(store: &Store) -> Arc<Rooms> {
    let name = OwnedServerName::try_from("example.org").unwrap();
    let signer = Signer::new(name.clone(), ServerKey::from_seed("test", [7; 32]).unwrap());
    let push = Push::new(store.clone(), name);
    Rooms::new(store.clone(), Arc::new(signer), rooms::Settings::default(), push)
}

impl TestSite {
    async fn new(database: &db::testing::TestDatabase, secret: Option<&str>) -> Self {
        let clock = Arc::new(MockClock::default());
        let store = Store::open(database.open().await, clock.clone(), SeededEntropy::shared(1))
            .await
            .unwrap();
        let accounts = config::Accounts { argon2_iterations: 1, ..config::Accounts::default() };
        let accounts = config::Accounts { argon2_memory: config::Bytes(8192), ..accounts };
        let registration = config::Registration {
            shared_secret: secret.map(Secret::new),
            ..config::Registration::default()
        };
        let settings = Settings::new("example.org".try_into().unwrap(), &accounts, &registration);
        let rooms = rooms(&store);
        let for_notices = (store.clone(), Arc::clone(&rooms));
        let moderation = Arc::new(Moderation::new(store.clone(), Arc::clone(&rooms)));
        let accounts = Arc::new(Accounts::new(store.clone(), settings, Arc::new(Nobody)).unwrap());
        let folder = TempDir::new().unwrap();
        let blobs = Blobs::open(folder.path().to_owned(), SeededEntropy::shared(2)).await.unwrap();
        let media = Arc::new(Media::new(store, blobs, media_settings()));
        let app = App::new(Services {
            accounts: accounts.clone(),
            moderation: moderation.clone(),
            notices: Arc::new(Notices::new(
                for_notices.0,
                accounts.clone(),
                for_notices.1,
                Some(notice_settings()),
            )),
            rooms: rooms.clone(),
            mail: None,
            media: media.clone(),
            components: Arc::new(Supervisor::new(Vec::new()).unwrap()),
            metrics: METRICS.clone(),
            clock: clock.clone(),
            about: About {
                version: "1.2.3".to_owned(),
                server_name: "example.org".to_owned(),
                database: "sqlite:x.db".to_owned(),
                folder: "/data".to_owned(),
                started_ms: 0,
                process: 1,
                listeners: Vec::new(),
            },
        });
        let routes = Routes::new()
            .merge(server::routes(&app))
            .merge(shared_secret::routes(&app))
            .merge(management::routes(&app))
            .merge(local::routes(&app));
        let options = SiteOptions {
            clock,
            rate_limits: config::RateLimits { enabled: false, ..config::RateLimits::default() },
            forwarded_by: ForwardedBy::default(),
            overload: Overload::never(),
            is_trusted: None,
            run: 1,
        };
        let site = Site::new(options, routes).unwrap();
        Self { site, accounts, moderation, media, rooms, _folder: folder }
    }

    async fn call(&self, method: &str, path: &str, body: Value) -> Reply {
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let request = Request::builder().method(method).uri(path).body(body).unwrap();
        send(&self.site, request).await
    }

    async fn nonce(&self) -> String {
        let reply = self.call("GET", REGISTER, Value::Null).await;
        reply.json()["nonce"].as_str().unwrap().to_owned()
    }
}

const REGISTER: &str = "/_synapse/admin/v1/register";
const USERS: &str = "/_longhouse/local/v1/users";
const MEDIA: &str = "/_longhouse/local/v1/media";

fn mac(secret: &str, parts: &[&str]) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(parts.join("\0").as_bytes());
    mac.finalize().into_bytes().iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    })
}

fn registration(nonce: &str, name: &str, secret: &str) -> Value {
    let mac = mac(secret, &[nonce, name, "a password", "admin"]);
    json!({ "nonce": nonce, "username": name, "password": "a password", "admin": true, "mac": mac })
}

#[tokio::test]
async fn shared_secret_registration_makes_an_administrator() {
    for database in db::testing::engines().await {
        let site = TestSite::new(&database, Some(SECRET)).await;
        let nonce = site.nonce().await;
        let reply = site.call("POST", REGISTER, registration(&nonce, "alice", SECRET)).await;
        assert_eq!(reply.verdict(), "200", "{:?}", reply.json());
        assert_eq!(reply.json()["user_id"], "@alice:example.org");
        assert_eq!(reply.json()["home_server"], "example.org");
        let token = reply.json()["access_token"].as_str().unwrap().to_owned();
        assert!(site.accounts.authenticate(&token).await.unwrap().is_admin);

        let again = site.call("POST", REGISTER, registration(&nonce, "bob", SECRET)).await;
        assert_eq!(again.verdict(), "400 M_UNKNOWN", "a nonce serves once");
        let nonce = site.nonce().await;
        let twice = site.call("POST", REGISTER, registration(&nonce, "alice", SECRET)).await;
        assert_eq!(twice.verdict(), "400 M_USER_IN_USE");
        let nonce = site.nonce().await;
        let wrong = site.call("POST", REGISTER, registration(&nonce, "bob", "another")).await;
        assert_eq!(wrong.verdict(), "403 M_FORBIDDEN");
        assert!(site.accounts.find_by_name("bob").await.unwrap().is_none());
    }
}

#[tokio::test]
async fn without_a_secret_nobody_registers_with_one() {
    for database in db::testing::engines().await {
        let site = TestSite::new(&database, None).await;
        let reply = site.call("GET", REGISTER, Value::Null).await;
        assert_eq!(reply.verdict(), "400 M_UNKNOWN");
        let reply = site.call("POST", REGISTER, registration("", "alice", "")).await;
        assert_eq!(reply.verdict(), "400 M_UNKNOWN");
    }
}

#[tokio::test]
async fn the_command_line_manages_users() {
    for database in db::testing::engines().await {
        let site = TestSite::new(&database, None).await;
        let new = json!({ "name": "alice", "password": "a password", "admin": false });
        let reply = site.call("POST", USERS, new.clone()).await;
        assert_eq!(reply.json()["user_id"], "@alice:example.org");
        assert_eq!(site.call("POST", USERS, new).await.verdict(), "400 M_USER_IN_USE");

        let alice = format!("{USERS}/@alice:example.org");
        let reply = site.call("PUT", &format!("{alice}/admin"), json!({ "admin": true })).await;
        assert_eq!(reply.verdict(), "200");
        let list = site.call("GET", USERS, Value::Null).await.json();
        assert_eq!(list["users"][0]["admin"], true);

        let password = json!({ "password": "another password", "logout_devices": true });
        assert_eq!(site.call("PUT", &format!("{alice}/password"), password).await.verdict(), "200");
        let login = async |password| {
            site.accounts
                .login_with_password("alice", password, accounts::login::DeviceRequest::default())
                .await
        };
        assert!(login("a password").await.is_err());
        login("another password").await.unwrap();

        let status = site.call("GET", "/_longhouse/local/v1/status", Value::Null).await.json();
        assert_eq!(status["users"], 1);
        let reply =
            site.call("POST", &format!("{alice}/deactivate"), json!({ "erase": false })).await;
        assert_eq!(reply.verdict(), "200");
        assert!(login("another password").await.is_err());
        let reply = site.call("PUT", &format!("{alice}/admin"), json!({ "admin": true })).await;
        assert_eq!(reply.verdict(), "403 M_USER_DEACTIVATED");
        let other =
            site.call("PUT", &format!("{USERS}/@a:b/admin"), json!({ "admin": true })).await;
        assert_eq!(other.verdict(), "404 M_NOT_FOUND");
    }
}

#[tokio::test]
async fn health_and_metrics_answer() {
    let site = TestSite::new(&db::testing::sqlite(), None).await;
    assert_eq!(site.call("GET", "/health", Value::Null).await.body, "OK");
    let metrics = site.call("GET", "/metrics", Value::Null).await;
    assert!(String::from_utf8_lossy(&metrics.body).contains("longhouse_build_info"));
}

#[test]
fn the_registry_is_whole() {
    for endpoints in
        [server::ENDPOINTS, shared_secret::ENDPOINTS, management::ENDPOINTS, local::ENDPOINTS]
    {
        assert_eq!(registry_faults(endpoints), Vec::<String>::new());
    }
}

#[tokio::test]
async fn accounts_are_locked_and_suspended() {
    for database in db::testing::engines().await {
        let site = TestSite::new(&database, None).await;
        let users = "/_longhouse/local/v1/users";
        let body = json!({ "name": "alice", "password": "correct horse", "admin": false });
        assert_eq!(site.call("POST", users, body).await.verdict(), "200");
        for what in ["locked", "suspended", "shadow_banned"] {
            let path = format!("{users}/alice/{what}");
            for is in [true, false] {
                let reply = site.call("PUT", &path, json!({ what: is })).await;
                assert_eq!(reply.json()[what], is, "{what}");
            }
            let nobody =
                site.call("PUT", &format!("{users}/bob/{what}"), json!({ what: true })).await;
            assert_eq!(nobody.verdict(), "404 M_NOT_FOUND");
        }
    }
}

#[tokio::test]
async fn reports_are_listed() {
    for database in db::testing::engines().await {
        let site = TestSite::new(&database, None).await;
        let users = "/_longhouse/local/v1/users";
        let body = json!({ "name": "alice", "password": "correct horse", "admin": false });
        assert_eq!(site.call("POST", users, body).await.verdict(), "200");
        let alice = site.accounts.find_by_name("alice").await.unwrap().unwrap();
        let reporter = Reporter { user_id: alice.name.clone(), user_num: alice.user_num };
        site.moderation.report_user(&reporter, &alice.name, "myself").await.unwrap();
        let path = "/_longhouse/local/v1/reports";
        let listed = site.call("GET", path, Value::Null).await.json();
        assert_eq!(listed["reports"][0]["reporter"], "@alice:example.org");
        assert_eq!(listed["reports"][0]["reason"], "myself");
        let behind = format!("{path}?after={}", listed["reports"][0]["id"]);
        let rest = site.call("GET", &behind, Value::Null).await.json();
        assert_eq!(rest, json!({ "reports": [] }));
    }
}

#[tokio::test]
async fn the_command_line_moderates_media() {
    for database in db::testing::engines().await {
        let site = TestSite::new(&database, None).await;
        let alice = json!({ "name": "alice", "password": "correct horse", "admin": false });
        assert_eq!(site.call("POST", USERS, alice).await.verdict(), "200");
        let alice = UserId::parse("@alice:example.org").unwrap();
        let alice = site.media.uploader_num(&alice).await.unwrap().unwrap();
        let mut ids = Vec::new();
        for content in ["one", "one", "two"] {
            let body = futures_util::stream::iter([Ok::<_, String>(content.into())]);
            ids.push(site.media.upload(alice, Description::default(), body).await.unwrap());
        }
        let list = async |query: &str| {
            site.call("GET", &format!("{MEDIA}{query}"), Value::Null).await.json()
        };
        let all = list("").await["media"].as_array().unwrap().clone();
        assert_eq!(all.len(), 3);
        assert!(all.iter().all(|one| one["uploader"] == "@alice:example.org" && one["bytes"] == 3));
        assert_eq!(list("?user=alice").await["media"], json!(all));
        assert_eq!(
            list(&format!("?after={}", ids.iter().max().unwrap())).await["media"],
            json!([])
        );

        let change = async |id: &str, what: &str, body: Value| {
            site.call("PUT", &format!("{MEDIA}/{id}/{what}"), body).await
        };
        let hidden = change(&ids[0], "quarantine", json!({ "quarantined": true })).await;
        assert_eq!(hidden.json(), json!({ "media": 2 }));
        assert!(site.media.find("example.org", &ids[1], 0).await.is_err());
        let shown = change(&ids[1], "quarantine", json!({ "quarantined": false })).await;
        assert_eq!(shown.json(), json!({ "media": 2 }));
        assert!(site.media.find("example.org", &ids[0], 0).await.is_ok());
        let protected = change(&ids[2], "protection", json!({ "protected": true })).await;
        assert_eq!(protected.verdict(), "200");
        let refused = change(&ids[2], "quarantine", json!({ "quarantined": true })).await;
        assert_eq!(refused.verdict(), "403 M_FORBIDDEN");

        let usage = async || {
            site.call("GET", &format!("{USERS}/alice/media_usage"), Value::Null).await.json()
        };
        assert_eq!(usage().await["bytes"], 9);
        let path = format!("{MEDIA}/{}", ids[0]);
        assert_eq!(site.call("DELETE", &path, Value::Null).await.json(), json!({ "media": 1 }));
        assert_eq!(site.call("DELETE", &path, Value::Null).await.verdict(), "404 M_NOT_FOUND");
        assert_eq!(usage().await["files"], 2);
        let path = format!("{USERS}/alice/media_quota");
        let own = site.call("PUT", &path, json!({ "bytes": 6 })).await.json();
        assert_eq!(
            own,
            json!({ "user_id": "@alice:example.org", "files": 2, "bytes": 6, "quota_bytes": 6 })
        );
        let body = futures_util::stream::iter([Ok::<_, String>("x".into())]);
        assert!(site.media.upload(alice, Description::default(), body).await.is_err());
        for what in ["quarantine", "protection"] {
            let unknown =
                change("nobodyHasThis", what, json!({ "quarantined": true, "protected": true }))
                    .await;
            assert_eq!(unknown.verdict(), "404 M_NOT_FOUND");
        }
    }
}

#[tokio::test]
async fn the_command_line_manages_rooms() {
    for database in db::testing::engines().await {
        let site = TestSite::new(&database, None).await;
        let rooms = "/_longhouse/local/v1/rooms";
        let alice = UserId::parse("@alice:example.org").unwrap();
        let wish =
            CreateRoom { name: Some("Name".to_owned()), ..CreateRoom::of(Preset::PublicChat) };
        let room = site.rooms.create_room(&alice, wish).await.unwrap();
        let listed = site.call("GET", rooms, Value::Null).await.json();
        assert_eq!(listed["rooms"][0]["room_id"], room.as_str());
        assert_eq!(
            (&listed["rooms"][0]["name"], &listed["rooms"][0]["joined"]),
            (&json!("Name"), &json!(1))
        );
        let behind = format!("{rooms}?after={}", listed["rooms"][0]["number"]);
        assert_eq!(site.call("GET", &behind, Value::Null).await.json(), json!({ "rooms": [] }));
        let path = format!("{rooms}/{room}");
        let shown = site.call("GET", &path, Value::Null).await.json();
        assert_eq!((&shown["joined"], &shown["blocked"]), (&json!(1), &json!(false)));
        let body = json!({ "blocked": true, "message": "Not here." });
        let blocked = site.call("PUT", &format!("{path}/block"), body).await.json();
        assert_eq!(blocked["block_message"], "Not here.");
        let body = json!({ "before_event": "$nothing" });
        let unknown = site.call("POST", &format!("{path}/purge"), body).await;
        assert_eq!(unknown.verdict(), "404 M_NOT_FOUND");
        let body = json!({ "before_ms": 0 });
        let job = site.call("POST", &format!("{path}/purge"), body).await.json();
        assert_eq!((&job["kind"], &job["status"]), (&json!("purge"), &json!("open")));
        let body = json!({ "block": false, "message": null, "new_room": null });
        let job = site.call("POST", &format!("{path}/delete"), body).await.json();
        site.rooms.run_open_jobs().await.unwrap();
        let path = format!("/_longhouse/local/v1/room_jobs/{}", job["job"]);
        assert_eq!(site.call("GET", &path, Value::Null).await.json()["status"], "done");
        let jobs = site.call("GET", "/_longhouse/local/v1/room_jobs", Value::Null).await.json();
        assert_eq!(jobs["jobs"].as_array().unwrap().len(), 2);
        assert_eq!(site.call("GET", rooms, Value::Null).await.json(), json!({ "rooms": [] }));
        for wrong in ["nonsense", "!unknown:example.org"] {
            let gone = site
                .call(
                    "POST",
                    &format!("{rooms}/{wrong}/delete"),
                    json!({ "block": false, "message": null, "new_room": null }),
                )
                .await;
            assert_eq!(gone.verdict(), "404 M_NOT_FOUND");
        }
        let shown = site.call("GET", &format!("{rooms}/{room}"), Value::Null).await.json();
        assert_eq!((&shown["known"], &shown["blocked"]), (&json!(false), &json!(true)));
    }
}
