//! As whom an application service acts, and what is its alone.
use super::*;

const REGISTER: &str = "m.login.application_service";

#[tokio::test]
async fn users_of_the_namespace_are_made_without_a_password() {
    for stage in Stage::on_each_engine().await {
        let register = |body: Value| stage.ask(Method::POST, "/register", body);
        // Names that nobody else could have.
        for name in ["irc_alice", "irc_123"] {
            let reply = register(json!({ "type": REGISTER, "username": name })).await;
            assert_eq!(reply.verdict(), "200", "{}", reply.json());
            let token = reply.json()["access_token"].as_str().unwrap().to_owned();
            let whoami =
                stage.server.request(Method::GET, "/account/whoami", Some(&token), &Value::Null);
            assert_eq!(whoami.await.json()["user_id"], format!("@{name}:example.org"));
        }
        let inhibited = json!({ "type": REGISTER, "username": "irc_bob", "inhibit_login": true });
        let reply = register(inhibited.clone()).await;
        assert_eq!(reply.json(), json!({ "user_id": "@irc_bob:example.org" }));
        for (body, expected) in [
            (inhibited, "400 M_USER_IN_USE"),
            (json!({ "type": REGISTER, "username": "alice" }), "400 M_EXCLUSIVE"),
            (json!({ "type": REGISTER, "username": "irc_ALICE" }), "400 M_INVALID_USERNAME"),
            (json!({ "type": REGISTER }), "400 M_MISSING_PARAM"),
        ] {
            assert_eq!(register(body.clone()).await.verdict(), expected, "{body}");
        }
        let body = json!({ "type": REGISTER, "username": "irc_carol" });
        for (token, expected) in
            [(None, "401 M_MISSING_TOKEN"), (Some("wrong"), "401 M_UNKNOWN_TOKEN")]
        {
            let reply = stage.server.request(Method::POST, "/register", token, &body).await;
            assert_eq!(reply.verdict(), expected);
        }
    }
}

#[tokio::test]
async fn nobody_else_has_names_of_an_exclusive_namespace() {
    for database in db::testing::engines().await {
        let stage = Stage::on(database, |config| {
            config.registration.mode = config::RegistrationMode::Open;
        });
        let stage = stage.await;
        let available = async |name: &str| {
            stage.server.get(&format!("/register/available?username={name}")).await.verdict()
        };
        for (name, expected) in
            [("irc_eve", "400 M_EXCLUSIVE"), ("ircbot", "400 M_EXCLUSIVE"), ("eve", "200")]
        {
            assert_eq!(available(name).await, expected, "{name}");
        }
        let body = json!({
            "username": "irc_eve", "password": "correct horse battery staple", "auth": { "type": "m.login.dummy" },
        });
        let reply = stage.server.request(Method::POST, "/register", None, &body).await;
        assert_eq!(reply.verdict(), "400 M_EXCLUSIVE");

        let alice = stage.server.user("alice").await;
        let room = open_room(&alice).await;
        let alias =
            |name: &str| format!("/directory/room/{}", encode(&format!("#{name}:example.org")));
        let body = json!({ "room_id": room });
        assert_eq!(alice.put(&alias("irc_x"), body.clone()).await.verdict(), "400 M_EXCLUSIVE");
        assert_eq!(alice.put(&alias("x"), body.clone()).await.verdict(), "200");
        let named = json!({ "room_alias_name": "irc_y" });
        assert_eq!(alice.post("/createRoom", named.clone()).await.verdict(), "400 M_EXCLUSIVE");
        assert_eq!(stage.ask(Method::POST, "/createRoom", named).await.verdict(), "200");
        let ghost = stage.ghost("irc_bob").await;
        stage.ghost_joins(&ghost, &room).await;
        let as_ghost = |path: String| format!("{path}?user_id={}", encode(&ghost));
        for (name, expected) in [("irc_x", "200"), ("z", "400 M_EXCLUSIVE")] {
            let reply = stage.ask(Method::PUT, &as_ghost(alias(name)), body.clone()).await;
            assert_eq!(reply.verdict(), expected);
        }
        assert_eq!(alice.delete(&alias("irc_x")).await.verdict(), "400 M_EXCLUSIVE");
        let deleted = stage.ask(Method::DELETE, &alias("irc_x"), Value::Null).await;
        assert_eq!(deleted.verdict(), "200");
    }
}

#[tokio::test]
async fn it_acts_as_its_own_users_with_their_own_devices() {
    for stage in Stage::on_each_engine().await {
        stage.server.user("alice").await;
        let ghost = stage.ghost("irc_bob").await;
        let whoami = async |query: String| {
            stage.ask(Method::GET, &format!("/account/whoami{query}"), Value::Null).await
        };
        assert_eq!(whoami(String::new()).await.json()["user_id"], "@ircbot:example.org");
        let as_ghost = format!("?user_id={}", encode(&ghost));
        assert_eq!(
            whoami(as_ghost.clone()).await.json(),
            json!({ "user_id": ghost, "is_guest": false })
        );
        for other in
            ["@alice:example.org", "@irc_eve:example.org", "@irc_bob:elsewhere.org", "nonsense", ""]
        {
            let reply = whoami(format!("?user_id={}", encode(other))).await;
            assert_eq!(reply.verdict(), "403 M_FORBIDDEN", "{other}");
        }
        let device = format!("{as_ghost}&device_id=PHONE");
        assert_eq!(whoami(device.clone()).await.verdict(), "400 M_UNKNOWN_DEVICE");
        // MSC4190: a device without a login.
        let path = format!("/devices/PHONE{as_ghost}");
        for (name, status) in [("Phone", "201"), ("Other", "200")] {
            let reply = stage.ask(Method::PUT, &path, json!({ "display_name": name })).await;
            assert_eq!(reply.verdict(), status);
        }
        assert_eq!(whoami(device).await.json()["device_id"], "PHONE");
        let older = format!("{as_ghost}&org.matrix.msc3202.device_id=PHONE");
        assert_eq!(whoami(older).await.json()["device_id"], "PHONE");
        let shown = stage.ask(Method::GET, &path, Value::Null).await.json();
        assert_eq!(shown["display_name"], "Other");
        // Whoever has the token of the application service has nothing more to prove.
        assert_eq!(stage.ask(Method::DELETE, &path, json!({})).await.verdict(), "200");
        assert_eq!(stage.ask(Method::GET, &path, Value::Null).await.verdict(), "404 M_NOT_FOUND");
        let closed =
            stage.ask(Method::POST, &format!("/account/deactivate{as_ghost}"), json!({})).await;
        assert_eq!(closed.verdict(), "200");
        assert_eq!(whoami(as_ghost.clone()).await.verdict(), "403 M_FORBIDDEN");
    }
}

#[tokio::test]
async fn its_users_log_in_by_its_token() {
    for stage in Stage::on_each_engine().await {
        let flows = stage.server.get("/login").await.json();
        let mut types = flows["flows"].as_array().unwrap().iter().map(|flow| &flow["type"]);
        assert!(types.any(|kind| kind == REGISTER), "{flows}");
        stage.ghost("irc_bob").await;
        let login = async |user: &str, token: Option<&str>| {
            let identifier = json!({ "type": "m.id.user", "user": user });
            let body = json!({ "type": REGISTER, "identifier": identifier, "device_id": "D" });
            stage.server.request(Method::POST, "/login", token, &body).await
        };
        for name in ["irc_bob", "@irc_bob:example.org"] {
            let reply = login(name, Some(AS_TOKEN)).await.json();
            assert_eq!(
                (&reply["user_id"], &reply["device_id"]),
                (&json!("@irc_bob:example.org"), &json!("D"))
            );
        }
        for (user, token, expected) in [
            ("irc_bob", None, "401 M_MISSING_TOKEN"),
            ("irc_bob", Some("wrong"), "401 M_UNKNOWN_TOKEN"),
            ("alice", Some(AS_TOKEN), "400 M_EXCLUSIVE"),
            ("irc_eve", Some(AS_TOKEN), "403 M_FORBIDDEN"),
        ] {
            assert_eq!(login(user, token).await.verdict(), expected, "{user}");
        }
    }
}

#[tokio::test]
async fn it_says_when_something_was_sent_and_nobody_else_does() {
    for stage in Stage::on_each_engine().await {
        let alice = stage.server.user("alice").await;
        let room = open_room(&alice).await;
        let ghost = stage.ghost("irc_bob").await;
        stage.ghost_joins(&ghost, &room).await;
        let room = encode(&room);
        let message =
            |query: &str| format!("/rooms/{room}/send/m.room.message/{}?{query}", query.len());
        let body = json!({ "msgtype": "m.text", "body": "long ago" });
        let query = format!("user_id={}&ts=1234567890123", encode(&ghost));
        let sent = stage.ask(Method::PUT, &message(&query), body.clone()).await.json();
        let sent = format!("/rooms/{room}/event/{}", encode(sent["event_id"].as_str().unwrap()));
        assert_eq!(alice.get(&sent).await.json()["origin_server_ts"], 1_234_567_890_123_i64);
        let state = format!("/rooms/{room}/state/org.example.state/?{query}");
        // Not allowed to set state; the time is not even looked at by then.
        assert_eq!(stage.ask(Method::PUT, &state, json!({})).await.verdict(), "403 M_FORBIDDEN");
        for ts in ["-1", "9007199254740992", "now"] {
            let query = format!("user_id={}&ts={ts}", encode(&ghost));
            let reply = stage.ask(Method::PUT, &message(&query), body.clone()).await;
            assert_eq!(reply.verdict(), "400 M_INVALID_PARAM", "{ts}");
        }
        let sent = alice.put(&message("ts=1234567890123"), body).await.json();
        let sent = format!("/rooms/{room}/event/{}", encode(sent["event_id"].as_str().unwrap()));
        assert_ne!(alice.get(&sent).await.json()["origin_server_ts"], 1_234_567_890_123_i64);
    }
}

#[tokio::test]
async fn no_rate_limit_holds_it_up() {
    for database in db::testing::engines().await {
        let few = config::Rate { per_second: 0.0001, burst: 1 };
        let stage = Stage::on(database, |config| {
            config.rate_limits.enabled = true;
            config.rate_limits.register = few;
            config.rate_limits.read = few;
        });
        let stage = stage.await;
        for number in 0..5 {
            stage.ghost(&format!("irc_{number}")).await;
            let reply =
                stage.ask(Method::GET, "/account/whoami?user_id=@irc_0:example.org", Value::Null);
            assert_eq!(reply.await.verdict(), "200");
        }
        let body = json!({ "type": REGISTER, "username": "irc_x" });
        let wrong = || stage.server.request(Method::POST, "/register", Some("wrong"), &body);
        assert_eq!(wrong().await.verdict(), "401 M_UNKNOWN_TOKEN");
        assert_eq!(wrong().await.verdict(), "429 M_LIMIT_EXCEEDED");
    }
}

#[tokio::test]
async fn it_learns_whether_it_can_be_reached() {
    for stage in Stage::on_each_engine().await {
        let path = "/_matrix/client/v1/appservice/irc/ping";
        let ping = || stage.ask(Method::POST, path, json!({ "transaction_id": "t" }));
        let reply = ping().await;
        assert_eq!(reply.verdict(), "200");
        assert!(reply.json()["duration_ms"].is_u64());
        let asked = stage.bridge.asked.lock().pop().unwrap();
        assert_eq!((&*asked.path, &*asked.token), ("/_matrix/app/v1/ping", HS_TOKEN));
        assert_eq!(asked.body, json!({ "transaction_id": "t" }));
        stage.bridge.answer_with(401);
        let reply = ping().await;
        assert_eq!(
            (reply.verdict().as_str(), &reply.json()["status"]),
            ("502 M_BAD_STATUS", &json!(401))
        );
        let other = "/_matrix/client/v1/appservice/xmpp/ping";
        assert_eq!(stage.ask(Method::POST, other, json!({})).await.verdict(), "403 M_FORBIDDEN");
        let alice = stage.server.user("alice").await;
        assert_eq!(alice.post(path, json!({})).await.verdict(), "403 M_FORBIDDEN");
    }
}
