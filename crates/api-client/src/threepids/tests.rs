//! The life of an address, as a client sees it.
use endpoint::testing::Reply;
use http::Method;
use mail::testing::{Arrived, Post};
use serde_json::{Value, json};

use crate::testing::{TestApp, TestUser};

const SECRET: &str = "secret-of-a-client";

/// Servers that send their mail to one place.
async fn servers(change: impl Fn(&mut config::Config)) -> (Vec<TestApp>, Post) {
    let post = Post::open().await;
    let settings = |config: &mut config::Config| {
        config.email = post.settings();
        config.registration.mode = config::RegistrationMode::Open;
        change(config);
    };
    (TestApp::on_each_engine_with(settings).await, post)
}

fn ask(address: &str) -> Value {
    json!({ "client_secret": SECRET, "email": address, "send_attempt": 1 })
}

/// The part of a link behind the server's name.
fn path_of(mail: &Arrived) -> String {
    let link = mail.link();
    format!("/_longhouse{}", link.split_once("/_longhouse").unwrap().1)
}

/// Opens the page of a link, and answers its question.
async fn confirm(app: &TestApp, mail: &Arrived) -> Reply {
    let path = path_of(mail);
    let page = app.get(&path).await;
    assert_eq!(page.status, 200);
    let html = String::from_utf8(page.body.to_vec()).unwrap();
    let field = |name: &str| {
        let start = html.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap();
        start.split('"').next().unwrap().to_owned()
    };
    let form = format!("sid={}&token={}", field("sid"), field("token"));
    app.request_raw(Method::POST, "/_longhouse/client/v1/verify", None, form.into()).await
}

async fn prove(app: &TestApp, post: &Post, path: &str, address: &str) -> Value {
    let asked = app.request(Method::POST, path, None, &ask(address)).await;
    assert_eq!(asked.verdict(), "200", "{}", asked.json());
    let confirmed = confirm(app, &post.next().await).await;
    assert_eq!(confirmed.status, 200);
    json!({ "sid": asked.json()["sid"], "client_secret": SECRET })
}

fn password(user: &TestUser) -> Value {
    let identifier = json!({ "type": "m.id.user", "user": user.id });
    json!({ "type": "m.login.password", "identifier": identifier, "password": user.password })
}

fn with(mut body: Value, name: &str, value: Value) -> Value {
    body[name] = value;
    body
}

#[tokio::test]
async fn an_address_is_added_used_and_removed() {
    let (apps, post) = servers(|_| ()).await;
    for app in apps {
        let alice = app.user("alice").await;
        let path = "/account/3pid/email/requestToken";
        let creds = prove(&app, &post, path, "Alice@Example.org").await;
        let asked = alice.post("/account/3pid/add", creds.clone()).await;
        assert_eq!(asked.status, 401);
        assert_eq!(asked.json()["flows"][0]["stages"], json!(["m.login.password"]));
        let body = with(creds.clone(), "auth", password(&alice));
        assert_eq!(alice.post("/account/3pid/add", body.clone()).await.verdict(), "200");
        let again = alice.post("/account/3pid/add", body).await;
        assert_eq!(again.verdict(), "403 M_THREEPID_AUTH_FAILED");

        let listed = alice.get("/account/3pid").await.json();
        let expected = json!({ "medium": "email", "address": "alice@example.org" });
        let listed = &listed["threepids"][0];
        assert_eq!(
            (&listed["medium"], &listed["address"]),
            (&expected["medium"], &expected["address"])
        );
        assert!(listed["added_at"].is_i64() && listed["validated_at"].is_i64(), "{listed}");

        let identifier =
            json!({ "type": "m.id.thirdparty", "medium": "email", "address": "ALICE@example.org" });
        let login = json!({
            "type": "m.login.password", "identifier": identifier, "password": alice.password,
        });
        let old = json!({
            "type": "m.login.password", "medium": "email", "address": "alice@example.org",
            "password": alice.password,
        });
        for login in [&login, &old] {
            let granted = app.request(Method::POST, "/login", None, login).await;
            assert_eq!(granted.json()["user_id"], json!(alice.id), "{}", granted.json());
        }
        let removed = alice.post("/account/3pid/delete", expected).await;
        assert_eq!(removed.json(), json!({ "id_server_unbind_result": "no-support" }));
        assert_eq!(alice.get("/account/3pid").await.json(), json!({ "threepids": [] }));
        let refused = app.request(Method::POST, "/login", None, &login).await;
        assert_eq!(refused.verdict(), "403 M_FORBIDDEN");

        let creds = prove(&app, &post, path, "other@example.org").await;
        let body = json!({ "three_pid_creds": creds });
        assert_eq!(alice.post("/account/3pid", body.clone()).await.status, 401);
        let body = with(body, "auth", password(&alice));
        assert_eq!(alice.post("/account/3pid", body).await.verdict(), "200");
    }
}

/// Programs that look through mail follow every link.
#[tokio::test]
async fn to_follow_a_link_confirms_nothing_and_shows_a_safe_page() {
    let (apps, post) = servers(|_| ()).await;
    for app in apps {
        let path = "/register/email/requestToken";
        let asked = app.request(Method::POST, path, None, &ask("a@example.org")).await;
        let mail = post.next().await;
        let link = path_of(&mail);
        for _ in 0..10 {
            let page = app.get(&link).await;
            assert_eq!(page.status, 200);
            let header = |name: &str| page.headers[name].to_str().unwrap().to_owned();
            assert!(header("content-security-policy").contains("frame-ancestors 'none'"));
            assert_eq!(header("referrer-policy"), "no-referrer");
            assert_eq!(header("cache-control"), "no-store");
            assert!(header("content-type").starts_with("text/html"));
        }
        let creds = json!({ "sid": asked.json()["sid"], "client_secret": SECRET });
        let auth = json!({ "type": "m.login.email.identity", "threepid_creds": creds });
        let body = json!({ "username": "bob", "password": "a good password", "auth": auth });
        let early = app.request(Method::POST, "/register", None, &body).await;
        assert_eq!(early.verdict(), "401 M_UNAUTHORIZED");
        let hostile = "/_longhouse/client/v1/verify?sid=%22%3E%3Cscript%3E&token='%3Cx";
        let page = app.get(hostile).await;
        let html = String::from_utf8(page.body.to_vec()).unwrap();
        assert!(!html.contains("<script>") && !html.contains("<x"), "{html}");
        assert_eq!(
            app.get("/_longhouse/client/v1/verify?sid=x").await.verdict(),
            "400 M_MISSING_PARAM"
        );

        assert_eq!(confirm(&app, &mail).await.status, 200);
        let form = "sid=x&token=y";
        let path = "/_longhouse/client/v1/verify";
        let wrong = app.request_raw(Method::POST, path, None, form.into()).await;
        assert_eq!(wrong.status, 400);
        let made = app.request(Method::POST, "/register", None, &body).await;
        assert_eq!(made.verdict(), "200", "{}", made.json());
    }
}

#[tokio::test]
async fn a_forgotten_password_is_set_anew() {
    let (apps, post) = servers(|_| ()).await;
    for app in apps {
        let alice = app.user("alice").await;
        let path = "/account/3pid/email/requestToken";
        let creds = prove(&app, &post, path, "alice@example.org").await;
        let body = with(creds, "auth", password(&alice));
        assert_eq!(alice.post("/account/3pid/add", body).await.verdict(), "200");

        let path = "/account/password/email/requestToken";
        let creds = prove(&app, &post, path, "alice@example.org").await;
        let new = json!({ "new_password": "another good password" });
        let asked = app.request(Method::POST, "/account/password", None, &new).await;
        assert_eq!(asked.status, 401);
        assert_eq!(asked.json()["flows"][0]["stages"], json!(["m.login.email.identity"]));
        // Element sends the credentials under both names.
        let auth = json!({
            "type": "m.login.email.identity", "threepid_creds": creds, "threepidCreds": creds,
        });
        let body = with(new.clone(), "auth", auth.clone());
        let weak = with(body.clone(), "new_password", json!("x"));
        let weak = app.request(Method::POST, "/account/password", None, &weak).await;
        assert_eq!(weak.verdict(), "400 M_WEAK_PASSWORD");
        let changed = app.request(Method::POST, "/account/password", None, &body).await;
        assert_eq!(changed.verdict(), "200", "{}", changed.json());
        assert_eq!(alice.get("/account/whoami").await.verdict(), "401 M_UNKNOWN_TOKEN");
        let again = app.request(Method::POST, "/account/password", None, &body).await;
        assert_eq!(again.verdict(), "401 M_UNAUTHORIZED");
        let identifier = json!({ "type": "m.id.user", "user": "alice" });
        let login = json!({
            "type": "m.login.password", "identifier": identifier,
            "password": "another good password",
        });
        assert_eq!(app.request(Method::POST, "/login", None, &login).await.verdict(), "200");

        // With a session, an address is no way around the password.
        let bob = app.user("bob").await;
        let refused = bob.post("/account/password", body).await;
        assert_eq!(refused.verdict(), "401 M_UNRECOGNIZED");
    }
}

/// A12: every text has an end, and what is wrong is said with the code that the specification has for it.
#[tokio::test]
async fn what_is_wrong_is_refused() {
    let (apps, post) = servers(|config| {
        config.email.tell_addresses_in_use = true;
        config.registration.allowed_addresses = vec!["*@example.org".to_owned()];
    })
    .await;
    for app in apps {
        let alice = app.user("alice").await;
        let long = "x".repeat(30_000);
        let paths = [
            "/register/email/requestToken",
            "/account/3pid/email/requestToken",
            "/account/password/email/requestToken",
        ];
        for path in paths {
            let good = ask("a@example.org");
            for (name, value) in [
                ("email", json!(format!("{long}@example.org"))),
                ("email", json!("a@b@example.org")),
                ("email", json!("a@example.org\r\nBcc: b@example.org")),
                ("client_secret", json!(long)),
                ("client_secret", json!("")),
                ("client_secret", json!("a b")),
            ] {
                let body = with(good.clone(), name, value);
                let refused = app.request(Method::POST, path, None, &body).await;
                assert_eq!(refused.verdict(), "400 M_INVALID_PARAM", "{path} {name}");
            }
            for (name, value) in
                [("email", json!(5)), ("send_attempt", json!("1")), ("client_secret", json!([]))]
            {
                let body = with(good.clone(), name, value);
                let refused = app.request(Method::POST, path, None, &body).await;
                assert_eq!(refused.verdict(), "400 M_BAD_JSON", "{path} {name}");
            }
        }
        let refused = app.request(Method::POST, paths[0], None, &ask("a@elsewhere.example")).await;
        assert_eq!(refused.verdict(), "403 M_THREEPID_DENIED");
        let refused = app.request(Method::POST, paths[2], None, &ask("a@example.org")).await;
        assert_eq!(refused.verdict(), "400 M_THREEPID_NOT_FOUND");
        let creds = prove(&app, &post, paths[1], "a@example.org").await;
        for (path, body) in [
            ("/account/3pid/add", json!({ "sid": long, "client_secret": long })),
            ("/account/3pid/add", json!({ "sid": creds["sid"], "client_secret": "other" })),
            ("/account/3pid", json!({ "three_pid_creds": { "sid": "x", "client_secret": "y" } })),
        ] {
            let body = with(body, "auth", password(&alice));
            assert_eq!(alice.post(path, body).await.verdict(), "403 M_THREEPID_AUTH_FAILED");
        }
        let body = with(creds.clone(), "auth", password(&alice));
        assert_eq!(alice.post("/account/3pid/add", body).await.verdict(), "200");
        for path in &paths[..2] {
            let refused = app.request(Method::POST, path, None, &ask("A@example.org")).await;
            assert_eq!(refused.verdict(), "400 M_THREEPID_IN_USE", "{path}");
        }
        let bound = json!({
            "sid": "x", "client_secret": "y", "id_server": "vector.im", "id_access_token": "z",
        });
        let refused = alice.post("/account/3pid/bind", bound).await;
        assert_eq!(refused.verdict(), "400 M_SERVER_NOT_TRUSTED");
        for path in ["/account/3pid/delete", "/account/3pid/unbind"] {
            for body in [
                json!({ "medium": "fax", "address": "a@example.org" }),
                json!({ "medium": "email", "address": long }),
                json!({ "medium": "msisdn", "address": "a@example.org" }),
            ] {
                let refused = alice.post(path, body).await;
                assert_eq!(refused.verdict(), "400 M_INVALID_PARAM", "{path}");
            }
        }
    }
}

#[tokio::test]
async fn a_server_without_mail_says_so() {
    for app in TestApp::on_each_engine().await {
        let alice = app.user("alice").await;
        let refused = app
            .request(Method::POST, "/account/3pid/email/requestToken", None, &ask("a@example.org"))
            .await;
        assert_eq!(refused.verdict(), "400 M_THREEPID_MEDIUM_NOT_SUPPORTED");
        let body = json!({ "new_password": "another good password" });
        let refused = app.request(Method::POST, "/account/password", None, &body).await;
        assert_eq!(refused.verdict(), "401 M_MISSING_TOKEN");
        let capabilities = alice.get("/capabilities").await.json();
        assert_eq!(capabilities["capabilities"]["m.3pid_changes"], json!({ "enabled": false }));
        assert_eq!(alice.get("/account/3pid").await.json(), json!({ "threepids": [] }));
    }
}

#[tokio::test]
async fn a_phone_number_is_proven_by_the_code_that_was_sent_to_it() {
    let gateway = sms::testing::Gateway::open(&[]).await;
    let settings = |config: &mut config::Config| {
        config.sms.url = Some(gateway.url.clone());
        config.registration.mode = config::RegistrationMode::Open;
    };
    for app in TestApp::on_each_engine_with(settings).await {
        let alice = app.user("alice").await;
        let body = json!({
            "client_secret": SECRET, "country": "GB", "phone_number": "07700 900123",
            "send_attempt": 1,
        });
        let path = "/account/3pid/msisdn/requestToken";
        let asked = app.request(Method::POST, path, None, &body).await.json();
        assert_eq!(
            (&asked["msisdn"], &asked["intl_fmt"]),
            (&json!("447700900123"), &json!("+447700900123"))
        );
        let (_, submit) = asked["submit_url"].as_str().unwrap().split_once("/_longhouse").unwrap();
        let submit = format!("/_longhouse{submit}");
        let message = gateway.next().await;
        let message: Value =
            serde_json::from_str(message.split("\r\n\r\n").nth(1).unwrap()).unwrap();
        assert_eq!(message["to"], "447700900123");
        let code = message["text"].as_str().unwrap().rsplit(' ').next().unwrap().to_owned();
        assert!(code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()), "{code}");

        let creds = json!({ "sid": asked["sid"], "client_secret": SECRET });
        let submitted = |secret: &str, token: &str| {
            let body = json!({ "sid": asked["sid"], "client_secret": secret, "token": token });
            let (app, submit) = (&app, &submit);
            async move { app.request(Method::POST, submit, None, &body).await }
        };
        assert_eq!(submitted("other", &code).await.verdict(), "400 M_NO_VALID_SESSION");
        // A code is not taken without the client's secret.
        let form = format!("sid={}&token={code}", asked["sid"].as_str().unwrap());
        let page = "/_longhouse/client/v1/verify";
        assert_eq!(app.request_raw(Method::POST, page, None, form.into()).await.status, 400);
        let wrong = if code == "000000" { "000001" } else { "000000" };
        assert_eq!(submitted(SECRET, wrong).await.verdict(), "400 M_TOKEN_INCORRECT");
        let add = with(creds.clone(), "auth", password(&alice));
        let early = alice.post("/account/3pid/add", add.clone()).await;
        assert_eq!(early.verdict(), "403 M_THREEPID_AUTH_FAILED");
        assert_eq!(submitted(SECRET, &code).await.json(), json!({ "success": true }));
        assert_eq!(alice.post("/account/3pid/add", add).await.verdict(), "200");

        for identifier in [
            json!({ "type": "m.id.phone", "country": "GB", "phone": "+44 7700 900123" }),
            json!({ "type": "m.id.thirdparty", "medium": "msisdn", "address": "447700900123" }),
        ] {
            let login = json!({
                "type": "m.login.password", "identifier": identifier, "password": alice.password,
            });
            let granted = app.request(Method::POST, "/login", None, &login).await.json();
            assert_eq!(granted["user_id"], json!(alice.id), "{granted}");
        }
        // Nobody pays for a message that says nothing, and nobody learns whose number it is.
        let path = "/register/msisdn/requestToken";
        assert_eq!(app.request(Method::POST, path, None, &body).await.verdict(), "200");
        assert!(gateway.is_quiet().await);
        for (name, value) in [
            ("phone_number", json!("x".repeat(50_000))),
            ("phone_number", json!("not a number")),
            ("country", json!("Atlantis")),
        ] {
            let body = with(body.clone(), name, value);
            let refused = app.request(Method::POST, path, None, &body).await;
            assert_eq!(refused.verdict(), "400 M_INVALID_PARAM", "{name}");
        }
        let new = json!({ "new_password": "another good password" });
        let asked = app.request(Method::POST, "/account/password", None, &new).await;
        assert_eq!(asked.json()["flows"][0]["stages"], json!(["m.login.msisdn"]));
    }
}
