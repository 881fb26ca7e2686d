//! The networks that are bridged: their room lists, and looking things up in them.
use super::*;

#[tokio::test]
async fn a_network_has_a_room_list_of_its_own() {
    for stage in Stage::on_each_engine().await {
        let alice = stage.server.user("alice").await;
        let (published, bridged) = (open_room(&alice).await, open_room(&alice).await);
        let own = format!("/directory/list/room/{}", encode(&published));
        assert_eq!(alice.put(&own, json!({ "visibility": "public" })).await.verdict(), "200");
        let path = |room: &str| format!("/directory/list/appservice/libera/{}", encode(room));
        let public = json!({ "visibility": "public" });
        assert_eq!(alice.put(&path(&bridged), public.clone()).await.verdict(), "403 M_FORBIDDEN");
        let unknown = stage.ask(Method::PUT, &path("!x:example.org"), public.clone()).await;
        assert_eq!(unknown.verdict(), "404 M_NOT_FOUND");
        for _ in 0..2 {
            let reply = stage.ask(Method::PUT, &path(&bridged), public.clone()).await;
            assert_eq!(reply.verdict(), "200");
        }
        let listed = async |body: Value| {
            let reply = alice.post("/publicRooms", body).await.json();
            let rooms = reply["chunk"].as_array().unwrap().clone();
            let mut rooms: Vec<String> =
                rooms.iter().map(|room| room["room_id"].as_str().unwrap().to_owned()).collect();
            rooms.sort();
            rooms
        };
        let network = json!({ "third_party_instance_id": "irc|libera" });
        let mut both = vec![published.clone(), bridged.clone()];
        both.sort();
        assert_eq!(listed(json!({})).await, std::slice::from_ref(&published));
        assert_eq!(listed(network.clone()).await, std::slice::from_ref(&bridged));
        assert_eq!(
            listed(json!({ "third_party_instance_id": "irc|oftc" })).await,
            Vec::<String>::new()
        );
        assert_eq!(listed(json!({ "include_all_networks": true })).await, both);
        let nonsense = alice.post("/publicRooms", json!({ "third_party_instance_id": "x" })).await;
        assert_eq!(nonsense.verdict(), "400 M_INVALID_PARAM");
        let private = json!({ "visibility": "private" });
        assert_eq!(stage.ask(Method::PUT, &path(&bridged), private).await.verdict(), "200");
        assert_eq!(listed(network).await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn what_is_looked_up_in_a_network_is_asked_of_its_application_service() {
    for stage in Stage::on_each_engine().await {
        let alice = stage.server.user("alice").await;
        let get = async |path: &str| alice.get(&format!("/thirdparty/{path}")).await;
        assert_eq!(get("protocols").await.json(), json!({}), "it does not answer");
        let described = json!({
            "user_fields": ["nickname"], "location_fields": ["channel"], "icon": "mxc://a/b", "field_types": {},
            "instances": [{ "network_id": "libera", "desc": "Libera", "fields": {} }],
        });
        *stage.bridge.found.lock() = Some(described);
        let protocols = get("protocols").await.json();
        assert_eq!(protocols["irc"]["instances"][0]["instance_id"], "irc|libera");
        assert_eq!(get("protocol/irc").await.json(), protocols["irc"]);
        assert_eq!(get("protocol/xmpp").await.verdict(), "404 M_NOT_FOUND");
        let found = json!([{ "protocol": "irc", "userid": "@irc_bob:example.org", "fields": {} }]);
        *stage.bridge.found.lock() = Some(found.clone());
        stage.bridge.asked.lock().clear();
        for path in [
            "user/irc?nickname=bob",
            "user?userid=@irc_bob:example.org",
            "location/irc?channel=%23a",
        ] {
            assert_eq!(get(path).await.json(), found, "{path}");
        }
        let asked: Vec<String> =
            stage.bridge.asked.lock().iter().map(|asked| asked.path.clone()).collect();
        let base = "/_matrix/app/v1/thirdparty";
        let expected =
            [format!("{base}/user/irc"), format!("{base}/user"), format!("{base}/location/irc")];
        assert_eq!(asked, expected);
        assert_eq!(get("user/xmpp?nickname=bob").await.verdict(), "404 M_NOT_FOUND");
    }
}
