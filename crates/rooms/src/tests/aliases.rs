use protocol::ids::{OwnedRoomAliasId, RoomAliasId};
use serde_json::json;

use crate::{
    CreateRoom, Error, Preset,
    testing::{object, servers, user},
};

const KIND: &str = "m.room.canonical_alias";

fn alias(localpart: &str) -> OwnedRoomAliasId {
    RoomAliasId::parse(format!("#{localpart}:example.org")).unwrap()
}

#[tokio::test]
async fn a_canonical_alias_leads_to_its_room_when_it_is_named() {
    for (server, _database) in servers().await {
        let (rooms, alice) = (&server.rooms, user("alice"));
        let room = server.room("alice", Preset::PrivateChat).await;
        let other = server.room("alice", Preset::PrivateChat).await;
        rooms.set_alias(&alice, &alias("here"), &room).await.unwrap();
        rooms.set_alias(&alice, &alias("there"), &other).await.unwrap();
        let set = |content| rooms.set_state(&alice, &room, KIND, "", object(content));
        set(json!({ "alias": alias("here") })).await.unwrap();
        for refused in [
            json!({ "alias": alias("nowhere") }),
            json!({ "alias": alias("there") }),
            json!({ "alias": alias("here"), "alt_aliases": [alias("there")] }),
            json!({ "alias": "#elsewhere:other.example" }),
        ] {
            let answer = set(refused.clone()).await;
            assert!(matches!(answer, Err(Error::UnknownAlias)), "{refused}: {answer:?}");
        }
        for bad in [json!({ "alias": "here" }), json!({ "alt_aliases": [1] })] {
            assert!(matches!(set(bad).await, Err(Error::InvalidParam(_))));
        }
        // What was named before does not hold up a change of something else.
        rooms.delete_alias(&alice, &alias("here"), false).await.unwrap();
        set(json!({ "alias": alias("here"), "x": 1 })).await.unwrap();
    }
}

#[tokio::test]
async fn a_new_room_names_no_alias_but_its_own() {
    for (server, _database) in servers().await {
        let (rooms, alice) = (&server.rooms, user("alice"));
        let room = |own: Option<OwnedRoomAliasId>, named: OwnedRoomAliasId| CreateRoom {
            alias: own,
            initial_state: vec![(KIND.into(), String::new(), object(json!({ "alias": named })))],
            ..CreateRoom::of(Preset::PrivateChat)
        };
        rooms.create_room(&alice, room(Some(alias("a")), alias("a"))).await.unwrap();
        for (own, named) in [(None, alias("a")), (Some(alias("b")), alias("a"))] {
            let refused = rooms.create_room(&alice, room(own, named)).await;
            assert!(matches!(refused, Err(Error::InvalidRoomState(_))), "{refused:?}");
        }
    }
}
