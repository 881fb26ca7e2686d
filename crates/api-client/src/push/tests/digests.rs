//! Mail about what notified a user and was not read.
use accounts::validity::Renewal;
use http::Method;
use mail::testing::{Arrived, Post};
use protocol::Threepid;
use serde_json::{Value, json};
use store::user_threepids::{self, ThreepidRow};

use super::pushers::{list, set};
use crate::testing::{TestApp, TestUser, encode};

pub(super) const MINUTE_MS: i64 = 60_000;
const ADDRESS: &str = "ada@example.org";

pub(super) async fn servers(change: impl Fn(&mut config::Config)) -> (Vec<TestApp>, Post) {
    let post = Post::open().await;
    let settings = |config: &mut config::Config| {
        config.email = post.settings();
        change(config);
    };
    (TestApp::on_each_engine_with(settings).await, post)
}

/// Puts an address into a user's account.
async fn give_address(app: &TestApp, user: &TestUser, address: &str) {
    let store = app.app.rooms.store();
    let threepid = Threepid::email(address).unwrap();
    let mut write = db::Write::new();
    let row = ThreepidRow { threepid, validated_at: 1, added_at: 1 };
    user_threepids::insert(&mut write, &user.id, &row);
    store.db.write(write).await.unwrap();
}

fn pusher(address: &str) -> Value {
    json!({
        "kind": "email", "app_id": "m.email", "pushkey": address, "app_display_name": "Mail",
        "device_display_name": address, "lang": "en", "data": {},
    })
}

/// Ada, who has mail, and Bob, in a room.
pub(super) async fn chat(app: &TestApp) -> (TestUser, TestUser, String) {
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    give_address(app, &ada, ADDRESS).await;
    assert_eq!(set(&ada, pusher(ADDRESS)).await, "200");
    let options = json!({ "preset": "public_chat", "name": "Tea" });
    let room = bob.create_room(options).await;
    ada.join(&room).await;
    (ada, bob, room)
}

/// How many digests go out now.
pub(super) async fn due(app: &TestApp) -> usize {
    app.app.digests.as_ref().unwrap().send_due().await.unwrap()
}

/// How many digests go out after a while, having been none before.
pub(super) async fn due_after(app: &TestApp, minutes: i64) -> usize {
    assert_eq!(due(app).await, 0, "too early");
    app.clock.advance_ms(minutes * MINUTE_MS);
    due(app).await
}

async fn read(user: &TestUser, room: &str, event: &str) {
    let path = format!("/rooms/{}/receipt/m.read/{}", encode(room), encode(event));
    assert_eq!(user.post(&path, json!({})).await.verdict(), "200");
}

fn header<'a>(mail: &'a Arrived, name: &str) -> Option<&'a str> {
    let headers = mail.data.split("\r\n\r\n").next().unwrap();
    headers.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

/// The page that ends the mail, without the server's name.
fn way_out(mail: &Arrived) -> String {
    let link = header(mail, "List-Unsubscribe").unwrap().trim_matches(['<', '>']);
    assert!(mail.text().contains(link), "{}", mail.text());
    link.strip_prefix("https://example.org").unwrap().to_owned()
}

#[tokio::test]
async fn whoever_has_an_account_that_has_ended_gets_no_mail_until_it_is_renewed() {
    let ending = |config: &mut config::Config| {
        config.account_validity.period = Some(config::Lifetime::seconds(30 * 86_400));
    };
    let (apps, post) = servers(ending).await;
    for app in apps {
        let (ada, bob, room) = chat(&app).await;
        app.clock.advance_ms(31 * 86_400_000);
        app.app.accounts.renew(&bob.id, Renewal::Usual).await.unwrap();
        bob.say(&room, "you are not there").await;
        assert_eq!(due_after(&app, 600).await, 0);
        app.app.accounts.renew(&ada.id, Renewal::Usual).await.unwrap();
        assert_eq!(due_after(&app, 600).await, 0);
        bob.say(&room, "you are back").await;
        assert_eq!(due_after(&app, 600).await, 1);
        let text = post.next().await.text();
        assert!(text.contains("you are back") && !text.contains("you are not there"), "{text}");
    }
}

#[tokio::test]
async fn what_stays_unread_is_told_once_and_together() {
    let (apps, post) = servers(|_| ()).await;
    for app in apps {
        let (ada, bob, room) = chat(&app).await;
        assert_eq!(due(&app).await, 0, "nothing has happened");
        let seen = bob.say(&room, "already read").await;
        read(&ada, &room, &seen).await;
        bob.say(&room, "is anybody there?").await;
        assert_eq!(due_after(&app, 9).await, 0, "it is not old enough");
        bob.say(&room, "hello?").await;
        assert_eq!(due_after(&app, 1).await, 1);
        let mail = post.next().await;
        assert_eq!(mail.to, [ADDRESS]);
        assert_eq!(header(&mail, "Subject"), Some("[Longhouse] 2 unread in Tea"));
        let one_click = header(&mail, "List-Unsubscribe-Post");
        assert_eq!(one_click, Some("List-Unsubscribe=One-Click"));
        let text = mail.text();
        assert!(text.contains("Tea (2 unread, from bob)"), "{text}");
        assert!(text.contains("  bob: is anybody there?\r\n  bob: hello?"), "{text}");
        assert!(text.contains(&format!("https://matrix.to/#/{room}?via=example.org")), "{text}");
        assert!(!text.contains("already read"), "{text}");
        for _ in 0..3 {
            assert_eq!(due_after(&app, 600).await, 0, "nothing is told twice");
        }
        // Read before it is old enough.
        let seen = bob.say(&room, "one").await;
        assert_eq!(due(&app).await, 0);
        read(&ada, &room, &seen).await;
        assert_eq!(due_after(&app, 600).await, 0);
        assert_eq!(post.take(), []);
    }
}

#[tokio::test]
async fn who_does_not_read_is_written_to_less_and_less_often() {
    let (apps, post) = servers(|_| ()).await;
    for app in apps {
        let (ada, bob, room) = chat(&app).await;
        bob.say(&room, "0").await;
        assert_eq!(due_after(&app, 10).await, 1);
        for (number, hours) in [(1, 1), (2, 2), (3, 4), (4, 8)] {
            bob.say(&room, &number.to_string()).await;
            assert_eq!(due_after(&app, hours * 60 - 1).await, 0, "{hours} h");
            assert_eq!(due_after(&app, 1).await, 1, "{hours} h");
        }
        // Whoever is back is told after an hour again.
        let last = bob.say(&room, "5").await;
        assert_eq!(due_after(&app, 30).await, 0);
        read(&ada, &room, &last).await;
        bob.say(&room, "6").await;
        assert_eq!(due_after(&app, 29).await, 0);
        assert_eq!(due_after(&app, 1).await, 1);
        let texts: Vec<String> = post.take().iter().map(Arrived::text).collect();
        assert_eq!(texts.len(), 6);
        for (number, text) in texts.iter().enumerate() {
            let number = if number == 5 { 6 } else { number };
            assert!(text.contains(&format!("  bob: {number}\r\n")), "{text}");
            assert!(text.contains("(1 unread, from bob)"), "{text}");
        }
        // At most once a week.
        for number in 10..20 {
            bob.say(&room, &number.to_string()).await;
            assert_eq!(due_after(&app, 7 * 24 * 60).await, 1);
        }
        assert_eq!(post.take().len(), 10);
    }
}

#[tokio::test]
async fn encrypted_rooms_keep_their_secrets_and_invites_are_told() {
    let (apps, post) =
        servers(|config| config.email.web_client = Some("https://chat.example.org/".into())).await;
    for app in apps {
        let (ada, bob, _) = chat(&app).await;
        let encryption = json!([{
            "type": "m.room.encryption", "content": { "algorithm": "m.megolm.v1.aes-sha2" },
        }]);
        let options = json!({
            "preset": "public_chat", "name": "Secrets", "initial_state": encryption,
        });
        let secret = bob.create_room(options).await;
        ada.join(&secret).await;
        // Said in the clear all the same.
        bob.say(&secret, "canary of the clear").await;
        let path = format!("/rooms/{}/send/m.room.encrypted/1", encode(&secret));
        let content = json!({ "algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "canary-cipher" });
        assert_eq!(bob.put(&path, content).await.verdict(), "200");
        let options = json!({ "name": "A party", "invite": [ada.id] });
        let party = bob.create_room(options).await;
        assert_eq!(due_after(&app, 10).await, 1);
        let mail = post.next().await;
        let text = mail.text();
        assert!(text.contains("Secrets (2 unread, from bob)"), "{text}");
        assert!(text.contains("A party: bob invites you"), "{text}");
        assert!(text.contains(&format!("https://chat.example.org/#/room/{party}")), "{text}");
        assert!(!mail.data.contains("canary"), "{}", mail.data);
        assert_eq!(header(&mail, "Subject"), Some("[Longhouse] 3 unread in 2 rooms"));
    }
}

#[tokio::test]
async fn an_administrator_may_keep_what_is_said_from_mail() {
    let (apps, post) = servers(|config| config.email.include_content = false).await;
    for app in apps {
        let (_, bob, room) = chat(&app).await;
        bob.say(&room, "canary").await;
        assert_eq!(due_after(&app, 10).await, 1);
        let mail = post.next().await;
        assert!(mail.text().contains("Tea (1 unread, from bob)"));
        assert!(!mail.data.contains("canary"), "{}", mail.data);
    }
}

#[tokio::test]
async fn what_is_redacted_edited_or_of_ignored_users_is_told_as_it_is_now() {
    let (apps, post) = servers(|_| ()).await;
    for app in apps {
        let (ada, bob, room) = chat(&app).await;
        let eve = app.user("eve").await;
        eve.join(&room).await;
        let path = format!("/user/{}/account_data/m.ignored_user_list", encode(ada.id.as_str()));
        let ignored = json!({ "ignored_users": { eve.id.as_str(): {} } });
        assert_eq!(ada.put(&path, ignored).await.verdict(), "200");
        eve.say(&room, "canary of eve").await;
        let options = json!({ "name": "canary-room", "invite": [ada.id] });
        eve.create_room(options).await;
        let redacted = bob.say(&room, "canary that is redacted").await;
        let path = format!("/rooms/{}/redact/{}/1", encode(&room), encode(&redacted));
        assert_eq!(bob.put(&path, json!({})).await.verdict(), "200");
        let edited = bob.say(&room, "canary that is edited").await;
        let content = json!({
            "msgtype": "m.text", "body": "* better", "m.new_content": { "msgtype": "m.text", "body": "better" },
            "m.relates_to": { "rel_type": "m.replace", "event_id": edited },
        });
        let path = format!("/rooms/{}/send/m.room.message/edit", encode(&room));
        assert_eq!(bob.put(&path, content).await.verdict(), "200");
        assert_eq!(due_after(&app, 10).await, 1);
        let mail = post.next().await;
        assert!(
            mail.text().contains("Tea (1 unread, from bob)\r\n  bob: better\r\n"),
            "{}",
            mail.text()
        );
        assert!(!mail.data.contains("canary"), "{}", mail.data);
        // All of it is taken back before it is told.
        let gone = bob.say(&room, "gone").await;
        assert_eq!(due(&app).await, 0);
        let path = format!("/rooms/{}/redact/{}/2", encode(&room), encode(&gone));
        assert_eq!(bob.put(&path, json!({})).await.verdict(), "200");
        assert_eq!(due_after(&app, 600).await, 0);
    }
}

/// A11: whatever people call themselves and their rooms, and whatever they say, is text in its place.
#[tokio::test]
async fn nobody_writes_markup_or_headers_into_mail() {
    let (apps, post) = servers(|_| ()).await;
    let evil = "x\r\nBcc: eve@example.org\r\n\r\n<script>alert(1)</script>\"'{{ app_name }}";
    for app in apps {
        let (_, bob, room) = chat(&app).await;
        let path = format!("/profile/{}/displayname", encode(bob.id.as_str()));
        assert_eq!(bob.put(&path, json!({ "displayname": evil })).await.verdict(), "200");
        let path = format!("/rooms/{}/state/m.room.name", encode(&room));
        assert_eq!(bob.put(&path, json!({ "name": evil })).await.verdict(), "200");
        bob.say(&room, evil).await;
        assert_eq!(due_after(&app, 10).await, 1);
        let mail = post.next().await;
        assert_eq!(mail.to, [ADDRESS]);
        let (headers, bodies) = mail.data.split_once("\r\n\r\n").unwrap();
        assert!(!headers.lines().any(|line| line.to_lowercase().starts_with("bcc")), "{headers}");
        let bodies = bodies.replace("=\r\n", "");
        assert!(!bodies.lines().any(|line| line.starts_with("Bcc")), "{bodies}");
        let html = bodies.split("text/html").nth(1).unwrap();
        assert!(!html.contains("<script"), "{html}");
        assert_eq!(html.matches("&lt;script&gt;").count(), 4, "{html}");
        assert!(html.contains("{{ app_name }}"), "{html}");
    }
}

#[tokio::test]
async fn whoever_has_the_mail_can_end_it() {
    let (apps, post) = servers(|_| ()).await;
    for app in apps {
        let (ada, bob, room) = chat(&app).await;
        bob.say(&room, "hello").await;
        assert_eq!(due_after(&app, 10).await, 1);
        let link = way_out(&post.next().await);
        let page = app.get(&link).await;
        assert_eq!(page.status, 200);
        assert!(String::from_utf8_lossy(&page.body).contains("<form method=\"post\"><button>"));
        assert_eq!(list(&ada).await.len(), 1, "to look ends nothing");
        let form = "List-Unsubscribe=One-Click";
        let ended = app.request_raw(Method::POST, &link, None, form.into()).await;
        assert_eq!(ended.status, 200);
        assert!(list(&ada).await.is_empty());
        let path = "/_longhouse/client/v1/unsubscribe";
        for wrong in [link.as_str(), &format!("{path}?token="), &format!("{path}?token=%27%00")] {
            let again = app.request_raw(Method::POST, wrong, None, form.into()).await;
            assert!([400, 404].contains(&again.status.as_u16()), "{wrong}: {}", again.status);
        }
        assert_eq!(app.request_raw(Method::POST, path, None, form.into()).await.status, 400);
        bob.say(&room, "still there?").await;
        assert_eq!(due_after(&app, 600).await, 0);
        // Switched on again, the way out is another one.
        assert_eq!(set(&ada, pusher(ADDRESS)).await, "200");
        bob.say(&room, "welcome back").await;
        assert_eq!(due_after(&app, 10).await, 1);
        let mail = post.next().await;
        assert_ne!(way_out(&mail), link);
        assert!(!mail.text().contains("still there?"), "{}", mail.text());
    }
}

#[tokio::test]
async fn mail_goes_to_ones_own_address_only() {
    let (apps, post) = servers(|_| ()).await;
    for app in apps {
        let (ada, bob, room) = chat(&app).await;
        assert_eq!(set(&bob, pusher(ADDRESS)).await, "400 M_THREEPID_NOT_FOUND");
        for wrong in ["nobody@example.org", "no address", ""] {
            assert_eq!(set(&ada, pusher(wrong)).await, "400 M_THREEPID_NOT_FOUND");
        }
        let mut other = pusher(ADDRESS);
        other["app_id"] = json!("org.example.app");
        assert_eq!(set(&ada, other).await, "400 M_INVALID_PARAM");
        // The same address in other letters is the same pusher, and it belongs to no device.
        assert_eq!(set(&ada, pusher("Ada@Example.ORG")).await, "200");
        let mut shown = pusher(ADDRESS);
        shown["device_display_name"] = json!("Ada@Example.ORG");
        shown["org.matrix.msc3881.enabled"] = json!(true);
        assert_eq!(list(&ada).await, [shown]);
        let none = json!({ "app_id": "m.email", "pushkey": "ADA@example.org", "kind": null });
        assert_eq!(set(&ada, none).await, "200");
        assert!(list(&ada).await.is_empty());
        assert_eq!(set(&ada, pusher(ADDRESS)).await, "200");
        bob.say(&room, "hello").await;
        assert_eq!(due_after(&app, 10).await, 1);
        post.next().await;
        // With the address goes the pusher.
        let body = json!({ "medium": "email", "address": ADDRESS });
        assert_eq!(ada.post("/account/3pid/delete", body).await.verdict(), "200");
        assert!(list(&ada).await.is_empty());
        // If it has come to somebody else without that, nothing is told to it.
        give_address(&app, &ada, ADDRESS).await;
        assert_eq!(set(&ada, pusher(ADDRESS)).await, "200");
        let mut write = db::Write::new();
        user_threepids::delete(&mut write, &ada.id, &Threepid::email(ADDRESS).unwrap());
        app.app.rooms.store().db.write(write).await.unwrap();
        give_address(&app, &bob, ADDRESS).await;
        bob.say(&room, "still there?").await;
        assert_eq!(due_after(&app, 600).await, 0);
        assert!(list(&ada).await.is_empty());
        assert_eq!(post.take(), []);
    }
}

#[tokio::test]
async fn mail_outlives_the_device_that_asked_for_it_and_not_the_account() {
    let (apps, post) = servers(|_| ()).await;
    for app in apps {
        let (ada, bob, room) = chat(&app).await;
        let second = json!({
            "type": "m.login.password", "password": ada.password,
            "identifier": { "type": "m.id.user", "user": "ada" },
        });
        let login = app.request(Method::POST, "/login", None, &second).await.json();
        let token = login["access_token"].as_str().unwrap();
        assert_eq!(ada.post("/logout", json!({})).await.verdict(), "200");
        bob.say(&room, "hello").await;
        assert_eq!(due_after(&app, 10).await, 1);
        post.next().await;
        let identifier = json!({ "type": "m.id.user", "user": "ada" });
        let auth = json!({
            "type": "m.login.password", "identifier": identifier, "password": ada.password,
        });
        let body = json!({ "auth": auth });
        let path = "/account/deactivate";
        let gone = app.request(Method::POST, path, Some(token), &body).await;
        assert_eq!(gone.verdict(), "200");
        let store = app.app.rooms.store();
        let left = store::pushers::active(&store.db, "email").await.unwrap();
        assert!(left.is_empty());
    }
}

#[tokio::test]
async fn a_server_without_mail_has_no_such_pushers() {
    let (apps, _) = servers(|config| config.email.notifications = false).await;
    for app in apps.into_iter().chain(TestApp::on_each_engine().await) {
        let ada = app.user("ada").await;
        give_address(&app, &ada, ADDRESS).await;
        assert_eq!(set(&ada, pusher(ADDRESS)).await, "400 M_INVALID_PARAM");
        assert!(app.app.digests.is_none());
    }
}
