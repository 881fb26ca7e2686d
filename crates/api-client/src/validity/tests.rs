//! Accounts that end, as clients and people see it.
use accounts::validity::Renewal;
use http::Method;
use mail::testing::Post;
use protocol::Threepid;
use serde_json::json;
use store::user_threepids::{self, ThreepidRow};

use crate::testing::{TestApp, TestUser, encode};

const DAY_MS: i64 = 86_400_000;
const RENEW: &str = "/_longhouse/client/v1/account_validity/renew";
const SEND_MAIL: &str = "/_matrix/client/unstable/account_validity/send_mail";

async fn servers() -> (Vec<TestApp>, Post) {
    let post = Post::open().await;
    let ending = |config: &mut config::Config| {
        config.email = post.settings();
        config.account_validity.period = Some(config::Lifetime::seconds(30 * 86_400));
    };
    (TestApp::on_each_engine_with(ending).await, post)
}

async fn give_address(app: &TestApp, user: &TestUser) {
    let threepid = Threepid::parse("email", "alice@example.org").unwrap();
    let mut write = db::Write::new();
    let row = ThreepidRow { threepid, validated_at: 1, added_at: 1 };
    user_threepids::insert(&mut write, &user.id, &row);
    app.app.rooms.store().db.write(write).await.unwrap();
}

#[tokio::test]
async fn whoever_has_not_renewed_their_account_can_only_log_out_or_renew_it() {
    let (apps, post) = servers().await;
    for app in apps {
        let alice = app.user("alice").await;
        give_address(&app, &alice).await;
        app.clock.advance_ms(29 * DAY_MS);
        assert_eq!(alice.get("/account/whoami").await.verdict(), "200");
        app.clock.advance_ms(DAY_MS);
        for path in ["/account/whoami", "/sync", "/joined_rooms", "/account/3pid"] {
            let refused = alice.get(path).await;
            assert_eq!(refused.verdict(), "403 ORG_MATRIX_EXPIRED_ACCOUNT", "{path}");
        }
        let refused = alice.post("/createRoom", json!({})).await;
        assert_eq!(refused.verdict(), "403 ORG_MATRIX_EXPIRED_ACCOUNT");
        assert_eq!(alice.post(SEND_MAIL, json!({})).await.verdict(), "200");
        let link = post.next().await.link();
        let path = format!("/_longhouse{}", link.split_once("/_longhouse").unwrap().1);
        let page = app.get(&path).await;
        assert_eq!(page.status, 200);
        assert!(String::from_utf8_lossy(&page.body).contains("<form"));
        assert_eq!(alice.get("/account/whoami").await.status, 403, "a page only asks");
        let form = path.split_once('?').unwrap().1.to_owned();
        let done = app.request_raw(Method::POST, RENEW, None, form.clone().into()).await;
        assert_eq!(done.status, 200);
        assert_eq!(alice.get("/account/whoami").await.verdict(), "200", "all is as it was");
        let again = app.request_raw(Method::POST, RENEW, None, form.into()).await;
        assert_eq!(again.status, 400, "it is used up");
        app.clock.advance_ms(31 * DAY_MS);
        app.app.accounts.renew(&alice.id, Renewal::Usual).await.unwrap();
        assert_eq!(alice.get("/account/whoami").await.verdict(), "200");
        app.clock.advance_ms(31 * DAY_MS);
        let out = alice.post("/logout", json!({})).await;
        assert_eq!(out.verdict(), "200", "{}", out.json());
    }
}

#[tokio::test]
async fn whoever_has_not_renewed_their_account_is_not_found_by_others() {
    let (apps, _post) = servers().await;
    for app in apps {
        let alice = app.user("alice").await;
        let room = alice.create_room(json!({ "preset": "public_chat" })).await;
        app.clock.advance_ms(29 * DAY_MS);
        let bob = app.user("bob").await;
        bob.join(&room).await;
        let found = async || {
            let page = bob.post("/user_directory/search", json!({ "search_term": "alice" })).await;
            page.json()["results"].as_array().unwrap().len()
        };
        assert_eq!(found().await, 1);
        app.clock.advance_ms(DAY_MS);
        assert_eq!(found().await, 0);
        app.app.accounts.renew(&alice.id, Renewal::Usual).await.unwrap();
        assert_eq!(found().await, 1);
    }
}

#[tokio::test]
async fn a_page_shows_nothing_of_what_is_not_its_own() {
    let (apps, _post) = servers().await;
    for app in apps {
        let page = app.get(&format!("{RENEW}?token={}", encode("\"><script>"))).await;
        assert_eq!(page.status, 200);
        assert!(!String::from_utf8_lossy(&page.body).contains("<script>"));
        assert_eq!(app.get(RENEW).await.status, 400);
        let wrong = app.request_raw(Method::POST, RENEW, None, "token=x".into()).await;
        assert_eq!(wrong.status, 400);
    }
}

#[tokio::test]
async fn a_mail_needs_an_address_and_an_account_that_ends() {
    let (apps, _post) = servers().await;
    for app in apps {
        let alice = app.user("alice").await;
        let refused = alice.post(SEND_MAIL, json!({})).await;
        assert_eq!(refused.verdict(), "400 M_THREEPID_NOT_FOUND");
        let nobody = app.request(Method::POST, SEND_MAIL, None, &json!({})).await;
        assert_eq!(nobody.verdict(), "401 M_MISSING_TOKEN");
    }
    for app in TestApp::on_each_engine().await {
        let alice = app.user("alice").await;
        assert_eq!(alice.post(SEND_MAIL, json!({})).await.verdict(), "404 M_NOT_FOUND");
    }
}
