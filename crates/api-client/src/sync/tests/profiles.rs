//! What people show of themselves, as both kinds of sync tell it (MSC4429, MSC4262).
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{
    sliding::{Connection, first},
    v3::{Client, act},
};
use crate::testing::{TestApp, TestUser, encode};

const FILTER: &str = "org.matrix.msc4429.profile_fields";
const USERS: &str = "org.matrix.msc4429.users";
const EXTENSION: &str = "org.matrix.msc4262.profiles";

/// Longer than any of these tests takes unless it fails.
const LONG_MS: u64 = 20_000;

async fn show(user: &TestUser, field: &str, value: Value) {
    let path = format!("/profile/{}/{field}", encode(user.id.as_str()));
    assert_eq!(user.put(&path, json!({ field: value })).await.verdict(), "200");
}

async fn hide(user: &TestUser, field: &str) {
    let path = format!("/profile/{}/{field}", encode(user.id.as_str()));
    assert_eq!(user.delete(&path).await.verdict(), "200");
}

fn public() -> Value {
    json!({ "preset": "public_chat" })
}

/// A client whose filter asks for these fields, and loads members lazily or not.
fn asks<'a>(user: &'a TestUser, fields: &[&str], lazy: bool) -> Client<'a> {
    let state = json!({ "lazy_load_members": lazy });
    Client::with_filter(user, json!({ FILTER: { "ids": fields }, "room": { "state": state } }))
}

fn updates(answer: &Value, user: &TestUser) -> Value {
    answer[USERS][user.id.as_str()]["profile_updates"].clone()
}

#[tokio::test]
async fn v3_tells_the_fields_that_are_asked_for_and_what_changes() {
    for app in TestApp::on_each_engine().await {
        let (ada, bob, eve) = (app.user("ada").await, app.user("bob").await, app.user("eve").await);
        let room = ada.create_room(public()).await;
        bob.join(&room).await;
        show(&bob, "m.status", json!({ "text": "here" })).await;
        show(&bob, "m.tz", json!("Europe/Rome")).await;
        show(&eve, "m.status", json!({ "text": "elsewhere" })).await;

        let mut client = asks(&ada, &["m.status", "m.call"], false);
        let answer = client.sync().await;
        assert_eq!(answer[USERS].as_object().unwrap().len(), 1, "{answer}");
        assert_eq!(updates(&answer, &bob), json!({ "m.status": { "text": "here" } }));
        assert!(answer.get("users").is_none());
        assert!(client.sync().await.get(USERS).is_none());

        // Only the last value of a field; nothing of other fields and of strangers.
        show(&bob, "m.status", json!({ "text": "one" })).await;
        show(&bob, "m.status", json!({ "text": "two" })).await;
        show(&bob, "m.call", json!({})).await;
        show(&bob, "m.tz", json!("Europe/Oslo")).await;
        show(&eve, "m.status", json!({ "text": "still elsewhere" })).await;
        let answer = client.sync().await;
        assert_eq!(answer[USERS].as_object().unwrap().len(), 1, "{answer}");
        let told = json!({ "m.status": { "text": "two" }, "m.call": {} });
        assert_eq!(updates(&answer, &bob), told);
        // The user's own, which other devices of theirs may have changed.
        show(&ada, "m.status", json!({ "text": "mine" })).await;
        assert_eq!(updates(&client.sync().await, &ada), json!({ "m.status": { "text": "mine" } }));

        hide(&bob, "m.status").await;
        assert_eq!(updates(&client.sync().await, &bob), json!({ "m.status": null }));
        // Who comes in is introduced.
        eve.join(&room).await;
        let answer = client.sync().await;
        assert_eq!(updates(&answer, &eve), json!({ "m.status": { "text": "still elsewhere" } }));
        // With whom nothing is shared any more, is forgotten.
        act(&eve, &room, "leave", json!({})).await;
        let answer = client.sync().await;
        assert_eq!(answer[USERS][eve.id.as_str()], json!({ "profile_updates": null }));
        show(&eve, "m.status", json!({ "text": "gone" })).await;
        assert!(client.sync().await.get(USERS).is_none());
    }
}

#[tokio::test]
async fn v3_tells_profiles_to_those_who_ask_under_the_name_that_they_use() {
    for app in TestApp::on_each_engine().await {
        let (ada, bob) = (app.user("ada").await, app.user("bob").await);
        let room = ada.create_room(public()).await;
        bob.join(&room).await;
        show(&bob, "m.status", json!(1)).await;
        let ids = json!({ "ids": ["m.status"] });
        for (filter, stable, unstable) in [
            (json!({}), false, false),
            (json!({ "profile_fields": {}, FILTER: { "ids": null } }), false, false),
            (json!({ "profile_fields": ids }), true, false),
            (json!({ "profile_fields": ids, FILTER: ids }), true, true),
        ] {
            let answer = Client::with_filter(&ada, filter).sync().await;
            assert_eq!(answer.get("users").is_some(), stable, "{answer}");
            assert_eq!(answer.get(USERS).is_some(), unstable, "{answer}");
        }
        // A filter that is kept asks for the same.
        let base = format!("/user/{}/filter", encode(ada.id.as_str()));
        let kept = json!({ FILTER: ids });
        let id = ada.post(&base, kept.clone()).await.json()["filter_id"].clone();
        let id = id.as_str().unwrap().to_owned();
        let shown = ada.get(&format!("{base}/{id}")).await.json();
        assert_eq!((&shown[FILTER], shown.get("profile_fields")), (&kept[FILTER], None));
        let answer = Client::new(&ada).and(&format!("&filter={id}")).sync().await;
        assert_eq!(updates(&answer, &bob), json!({ "m.status": 1 }));
        for wrong in [json!([]), json!({ "ids": "m.status" }), json!({ "ids": [1] })] {
            let reply = ada.post(&base, json!({ "profile_fields": wrong })).await;
            assert_eq!(reply.verdict(), "400 M_BAD_JSON", "{wrong}");
        }
    }
}

#[tokio::test]
async fn v3_introduces_those_whom_a_lazy_client_is_shown() {
    for app in TestApp::on_each_engine().await {
        let (ada, bob, eve) = (app.user("ada").await, app.user("bob").await, app.user("eve").await);
        let room = ada.create_room(json!({ "preset": "public_chat", "name": "hall" })).await;
        for user in [&bob, &eve] {
            user.join(&room).await;
            show(user, "m.status", json!(user.id)).await;
        }
        for number in 0..12 {
            bob.say(&room, &number.to_string()).await;
        }
        let mut client = asks(&ada, &["m.status"], true);
        let answer = client.sync().await;
        assert_eq!(updates(&answer, &bob), json!({ "m.status": bob.id }));
        assert_eq!(updates(&answer, &eve), Value::Null);
        eve.say(&room, "I am here too").await;
        assert_eq!(updates(&client.sync().await, &eve), json!({ "m.status": eve.id }));
    }
}

#[tokio::test]
async fn a_change_of_a_profile_ends_the_waiting_of_those_who_want_it() {
    for app in TestApp::on_each_engine().await {
        let (ada, bob) = (app.user("ada").await, app.user("bob").await);
        let room = ada.create_room(public()).await;
        bob.join(&room).await;
        let mut v3 = asks(&ada, &["m.status"], true);
        let mut sliding = Connection::new(&ada, "c");
        let body = || json!({ "extensions": { EXTENSION: { "enabled": true } } });
        v3.sync().await;
        sliding.ask(body()).await;
        let mut deaf = Client::new(&ada);
        deaf.sync().await;
        let begun = Instant::now();
        let change = async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            show(&bob, "m.status", json!("busy")).await;
        };
        let (v3, sliding, deaf, ()) =
            tokio::join!(v3.wait(LONG_MS), sliding.wait(body(), LONG_MS), deaf.wait(300), change);
        assert!(begun.elapsed() < Duration::from_millis(LONG_MS / 2), "they waited too long");
        assert_eq!(updates(&v3, &bob), json!({ "m.status": "busy" }));
        assert_eq!(of(&sliding, &bob)["updated"], json!({ "m.status": "busy" }));
        assert!(deaf.get(USERS).is_none() && deaf.get("rooms").is_none(), "{deaf}");
    }
}

/// One list of `rooms` rooms with lazily loaded members, and these fields.
fn window(rooms: u64, fields: Option<&[&str]>) -> Value {
    let mut body = first(rooms, 1, json!([["m.room.member", "$LAZY"]]));
    body["extensions"] = json!({ EXTENSION: { "enabled": true, "fields": fields } });
    body
}

fn profiles(answer: &Value) -> &Value {
    &answer["extensions"][EXTENSION]["users"]
}

fn of<'a>(answer: &'a Value, user: &TestUser) -> &'a Value {
    &profiles(answer)[user.id.as_str()]
}

#[tokio::test]
async fn sliding_sync_introduces_people_and_tells_what_changes() {
    for app in TestApp::on_each_engine().await {
        let (ada, bob, eve) = (app.user("ada").await, app.user("bob").await, app.user("eve").await);
        let (low, high) = (ada.create_room(public()).await, ada.create_room(public()).await);
        bob.join(&low).await;
        eve.join(&high).await;
        show(&bob, "m.status", json!("low")).await;
        show(&eve, "m.status", json!("high")).await;
        show(&eve, "m.tz", json!("Europe/Rome")).await;
        bob.say(&low, "hello").await;
        eve.say(&high, "hello").await;
        let fields = Some(&["m.status"][..]);
        let mut connection = Connection::new(&ada, "c");
        let answer = connection.ask(window(1, fields)).await;
        assert_eq!(
            *profiles(&answer),
            json!({ eve.id.as_str(): { "updated": { "m.status": "high" } } })
        );
        assert!(profiles(&connection.ask(window(1, fields)).await).is_null());
        // Of those whose rooms are in no window, changes are told all the same.
        show(&bob, "m.status", json!("lower")).await;
        let answer = connection.ask(window(1, fields)).await;
        assert_eq!(*of(&answer, &bob), json!({ "updated": { "m.status": "lower" } }));
        // An answer that was lost tells it again.
        hide(&eve, "m.status").await;
        let before = connection.pos.clone();
        for _ in 0..2 {
            connection.pos.clone_from(&before);
            let answer = connection.ask(window(1, fields)).await;
            assert_eq!(*of(&answer, &eve), json!({ "removed": ["m.status"] }));
        }
        let answer = connection.ask(window(2, fields)).await;
        assert_eq!(*of(&answer, &bob), json!({ "updated": { "m.status": "lower" } }));
        show(&ada, "m.status", json!("own")).await;
        let answer = connection.ask(window(2, fields)).await;
        assert_eq!(
            *profiles(&answer),
            json!({ ada.id.as_str(): { "updated": { "m.status": "own" } } })
        );
        act(&bob, &low, "leave", json!({})).await;
        let answer = connection.ask(window(2, fields)).await;
        assert!(profiles(&answer).as_object().unwrap().contains_key(bob.id.as_str()));
        assert!(of(&answer, &bob).is_null());
    }
}

#[tokio::test]
async fn a_client_that_wants_more_fields_is_told_them_of_those_whom_it_knows() {
    for app in TestApp::on_each_engine().await {
        let (ada, bob) = (app.user("ada").await, app.user("bob").await);
        let room = ada.create_room(public()).await;
        bob.join(&room).await;
        bob.say(&room, "hello").await;
        show(&bob, "m.tz", json!("Europe/Rome")).await;
        for everybody in [false, true] {
            let body = |fields: Option<&[&str]>| {
                let mut body = window(1, fields);
                if everybody {
                    body["lists"]["all"]["required_state"] = json!([["m.room.member", "*"]]);
                }
                body
            };
            let name = if everybody { "everybody" } else { "lazy" };
            let mut connection = Connection::new(&ada, name);
            let answer = connection.ask(body(Some(&["m.status"]))).await;
            assert!(profiles(&answer).is_null(), "{answer}");
            let answer = connection.ask(body(Some(&["m.status", "m.tz"]))).await;
            assert_eq!(of(&answer, &bob)["updated"], json!({ "m.tz": "Europe/Rome" }));
            // What has changed while they were not wanted is not missed either.
            let mut without = body(None);
            without["extensions"] = json!({});
            connection.ask(without.clone()).await;
            show(&bob, "m.status", json!("new")).await;
            hide(&bob, "m.tz").await;
            connection.ask(without).await;
            let fields = Some(&["m.status", "m.tz"][..]);
            let answer = connection.ask(body(fields)).await;
            let told = json!({ "updated": { "m.status": "new" }, "removed": ["m.tz"] });
            assert_eq!(*of(&answer, &bob), told);
            assert!(profiles(&connection.ask(body(fields)).await).is_null());
            show(&bob, "m.tz", json!("Europe/Rome")).await;
            hide(&bob, "m.status").await;
        }
    }
}

#[tokio::test]
async fn only_the_rooms_that_are_selected_introduce_people() {
    for app in TestApp::on_each_engine().await {
        let (ada, bob) = (app.user("ada").await, app.user("bob").await);
        let room = ada.create_room(public()).await;
        bob.join(&room).await;
        show(&bob, "m.status", json!(1)).await;
        for (selects, lists) in [(true, json!(["all"])), (false, json!([])), (false, json!(["x"]))]
        {
            let mut body = window(1, Some(&["m.status"]));
            body["extensions"][EXTENSION]["lists"] = lists;
            let answer = Connection::new(&ada, "c").ask(body).await;
            assert_eq!(!of(&answer, &bob).is_null(), selects, "{answer}");
        }
        // One that is selected later introduces them then.
        let mut connection = Connection::new(&ada, "c");
        let mut body = window(1, Some(&["m.status"]));
        body["extensions"][EXTENSION]["lists"] = json!([]);
        assert!(of(&connection.ask(body).await, &bob).is_null());
        let answer = connection.ask(window(1, Some(&["m.status"]))).await;
        assert_eq!(*of(&answer, &bob), json!({ "updated": { "m.status": 1 } }));
        for (wrong, verdict) in [
            (json!("m.status"), "400 M_BAD_JSON"),
            (json!([1]), "400 M_BAD_JSON"),
            (json!(vec!["a.b"; 101]), "400 M_INVALID_PARAM"),
            (json!(["x".repeat(256)]), "400 M_INVALID_PARAM"),
        ] {
            let body = json!({ "extensions": { EXTENSION: { "enabled": true, "fields": wrong } } });
            let reply = Connection::new(&ada, "c").reply(body, 0).await;
            assert_eq!(reply.verdict(), verdict, "{}", reply.json());
        }
    }
}

#[tokio::test]
async fn those_who_stand_for_a_room_are_introduced_and_those_who_are_gone_are_not() {
    for app in TestApp::on_each_engine().await {
        let (ada, bob, eve) = (app.user("ada").await, app.user("bob").await, app.user("eve").await);
        let room = ada.create_room(public()).await;
        for user in [&bob, &eve] {
            user.join(&room).await;
            show(user, "m.status", json!(user.id)).await;
        }
        for number in 0..12 {
            ada.say(&room, &number.to_string()).await;
        }
        act(&eve, &room, "leave", json!({})).await;
        let answer = asks(&ada, &["m.status"], true).sync().await;
        assert_eq!(answer[USERS].as_object().unwrap().len(), 1, "{answer}");
        assert_eq!(updates(&answer, &bob), json!({ "m.status": bob.id }));
        let mut connection = Connection::new(&ada, "c");
        let mut body = window(1, Some(&["m.status"]));
        body["lists"]["all"]["required_state"] = json!([]);
        let answer = connection.ask(body.clone()).await;
        let told = json!({ bob.id.as_str(): { "updated": { "m.status": bob.id } } });
        assert_eq!(*profiles(&answer), told);
        // The join of somebody who has left again is no introduction.
        body["lists"]["all"]["timeline_limit"] = json!(30);
        let answer = connection.ask(body).await;
        assert_eq!(answer["rooms"][&room]["limited"], false, "{answer}");
        assert_eq!(*profiles(&answer), told, "{answer}");
        // Whose member events a filter keeps out is told to who does not load lazily.
        let filter = json!({ FILTER: { "ids": ["m.status"] },
            "room": { "state": { "types": [] }, "timeline": { "types": [] } } });
        let answer = Client::with_filter(&ada, filter).sync().await;
        assert_eq!(updates(&answer, &bob), json!({ "m.status": bob.id }));
    }
}

#[tokio::test]
async fn nobody_learns_who_is_in_a_room_that_they_are_not_in() {
    for app in TestApp::on_each_engine().await {
        let (ada, bob, eve) = (app.user("ada").await, app.user("bob").await, app.user("eve").await);
        let mut v3 = asks(&eve, &["m.status"], true);
        let mut sliding = Connection::new(&eve, "c");
        let body = || {
            let mut body = window(10, Some(&["m.status"]));
            body["extensions"]["e2ee"] = json!({ "enabled": true });
            body
        };
        v3.sync().await;
        sliding.ask(body()).await;
        let mut learns = async |what: &str, expected: &[&TestUser]| {
            let expected: std::collections::BTreeSet<&str> =
                expected.iter().map(|user| user.id.as_str()).collect();
            let (v3, sliding) = (v3.sync().await, sliding.ask(body()).await);
            let users = |users: &Value| -> Vec<String> {
                users.as_object().into_iter().flat_map(|users| users.keys().cloned()).collect()
            };
            let left = |lists: &Value| -> Vec<String> {
                serde_json::from_value(lists["left"].clone()).unwrap_or_default()
            };
            for told in [
                users(&v3[USERS]),
                left(&v3["device_lists"]),
                users(profiles(&sliding)),
                left(&sliding["extensions"]["e2ee"]["device_lists"]),
            ] {
                let told: std::collections::BTreeSet<&str> =
                    told.iter().map(String::as_str).collect();
                assert_eq!(told, expected, "{what}: {v3} {sliding}");
            }
        };
        let room = ada.create_room(json!({ "preset": "private_chat" })).await;
        let (me, them) = (json!({ "user_id": eve.id }), json!({ "user_id": bob.id }));
        act(&ada, &room, "invite", them.clone()).await;
        bob.join(&room).await;
        act(&ada, &room, "invite", me.clone()).await;
        learns("an invite", &[]).await;
        act(&eve, &room, "leave", json!({})).await;
        learns("a declined invite", &[]).await;
        act(&ada, &room, "invite", me.clone()).await;
        eve.join(&room).await;
        learns("in the room", &[]).await;
        act(&eve, &room, "leave", json!({})).await;
        // Who comes after the user has gone is not met.
        let late = app.user("late").await;
        act(&ada, &room, "invite", json!({ "user_id": late.id })).await;
        late.join(&room).await;
        act(&ada, &room, "ban", me.clone()).await;
        learns("gone", &[&ada, &bob]).await;
        act(&bob, &room, "leave", json!({})).await;
        act(&ada, &room, "invite", them).await;
        bob.join(&room).await;
        learns("what happens after that", &[]).await;
        act(&ada, &room, "unban", me.clone()).await;
        act(&ada, &room, "invite", me.clone()).await;
        act(&bob, &room, "leave", json!({})).await;
        learns("an invite again", &[]).await;
        // Who is asked into a room of theirs, and declines, is not parted from.
        eve.join(&room).await;
        learns("in the room again", &[]).await;
        let third = app.user("third").await;
        act(&ada, &room, "invite", json!({ "user_id": third.id })).await;
        learns("somebody is asked in", &[]).await;
        act(&third, &room, "leave", json!({})).await;
        learns("and declines", &[]).await;
        // Away and back between two answers: nobody is parted from but who has left meanwhile.
        act(&eve, &room, "leave", json!({})).await;
        act(&late, &room, "leave", json!({})).await;
        act(&ada, &room, "invite", me).await;
        eve.join(&room).await;
        learns("back", &[&late]).await;
    }
}
