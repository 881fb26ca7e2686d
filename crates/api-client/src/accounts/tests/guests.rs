use http::Method;
use serde_json::{Value, json};

use crate::testing::{TestApp, encode};

#[tokio::test]
async fn guests_look_around_where_they_may() {
    let open = TestApp::on_each_engine_with(|config| config.registration.guests = true);
    for app in open.await {
        let alice = app.user("alice").await;
        let with_guests = json!({ "preset": "public_chat", "initial_state": [
            { "type": "m.room.guest_access", "content": { "guest_access": "can_join" } },
        ] });
        let welcome = alice.create_room(with_guests).await;
        let closed = alice.create_room(json!({ "preset": "public_chat" })).await;

        let made = app.request(Method::POST, "/register?kind=guest", None, &json!({})).await;
        assert_eq!(made.verdict(), "200", "{}", made.json());
        let made = made.json();
        let token = made["access_token"].as_str();
        let guest = async |method: Method, path: &str, body: Value| {
            app.request(method, path, token, &body).await
        };
        let whoami = guest(Method::GET, "/account/whoami", Value::Null).await.json();
        assert_eq!((&whoami["user_id"], &whoami["is_guest"]), (&made["user_id"], &json!(true)));

        let join = |room: &str| format!("/join/{}", encode(room));
        let place = |room: &str| format!("/rooms/{}/join", encode(room));
        for path in [join(&closed), place(&closed)] {
            let refused = guest(Method::POST, &path, json!({})).await;
            assert_eq!(refused.verdict(), "403 M_GUEST_ACCESS_FORBIDDEN", "{path}");
        }
        assert_eq!(guest(Method::POST, &join(&welcome), json!({})).await.verdict(), "200");
        let send = format!("/rooms/{}/send/m.room.message/1", encode(&welcome));
        let hello = json!({ "msgtype": "m.text", "body": "hello" });
        assert_eq!(guest(Method::PUT, &send, hello).await.verdict(), "200");
        let messages = format!("/rooms/{}/messages?dir=b", encode(&welcome));
        assert_eq!(guest(Method::GET, &messages, Value::Null).await.verdict(), "200");
        assert_eq!(guest(Method::GET, "/sync", Value::Null).await.verdict(), "200");
        for (method, path) in [
            (Method::POST, "/createRoom".to_owned()),
            (Method::POST, format!("/rooms/{}/invite", encode(&welcome))),
            (Method::POST, "/user_directory/search".to_owned()),
            (Method::POST, "/account/password".to_owned()),
            (Method::POST, "/publicRooms".to_owned()),
            (Method::PUT, format!("/directory/room/{}", encode("#x:example.org"))),
            (Method::POST, "/_matrix/media/v3/upload".to_owned()),
        ] {
            let refused = guest(method, &path, json!({})).await;
            assert_eq!(refused.verdict(), "403 M_GUEST_ACCESS_FORBIDDEN", "{path}");
        }
        let leave = format!("/rooms/{}/leave", encode(&welcome));
        assert_eq!(guest(Method::POST, &leave, json!({})).await.verdict(), "200");
        assert_eq!(guest(Method::POST, "/logout", json!({})).await.verdict(), "200");
    }
}

#[tokio::test]
async fn guests_are_seen_off_where_a_room_closes_to_them() {
    let open = TestApp::on_each_engine_with(|config| config.registration.guests = true);
    for app in open.await {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let room = alice
            .create_room(json!({ "preset": "public_chat", "initial_state": [
                { "type": "m.room.guest_access", "content": { "guest_access": "can_join" } },
            ] }))
            .await;
        bob.join(&room).await;
        let made = app.request(Method::POST, "/register?kind=guest", None, &json!({})).await.json();
        let (token, guest) = (made["access_token"].as_str(), made["user_id"].as_str().unwrap());
        let join = format!("/join/{}", encode(&room));
        assert_eq!(app.request(Method::POST, &join, token, &json!({})).await.verdict(), "200");
        let event = alice.say(&room, "root").await;
        let relations =
            format!("/_matrix/client/v1/rooms/{}/relations/{}", encode(&room), encode(&event));
        let read = app.request(Method::GET, &relations, token, &Value::Null).await;
        assert_eq!(read.verdict(), "200");
        let access = format!("/rooms/{}/state/m.room.guest_access/", encode(&room));
        let closed = alice.put(&access, json!({ "guest_access": "forbidden" })).await;
        assert_eq!(closed.verdict(), "200");
        let members = format!("/rooms/{}/joined_members", encode(&room));
        let members = alice.get(&members).await.json();
        let joined = members["joined"].as_object().unwrap();
        assert!(!joined.contains_key(guest) && joined.contains_key(bob.id.as_str()), "{joined:?}");
        let again = app.request(Method::POST, &join, token, &json!({})).await;
        assert_eq!(again.verdict(), "403 M_GUEST_ACCESS_FORBIDDEN");
    }
}

#[tokio::test]
async fn there_are_no_guests_unless_the_administrator_wants_them() {
    for app in TestApp::on_each_engine().await {
        let refused = app.request(Method::POST, "/register?kind=guest", None, &json!({})).await;
        assert_eq!(refused.verdict(), "403 M_GUEST_ACCESS_FORBIDDEN");
        let odd = app.request(Method::POST, "/register?kind=robot", None, &json!({})).await;
        assert_eq!(odd.verdict(), "400 M_INVALID_PARAM");
    }
}
