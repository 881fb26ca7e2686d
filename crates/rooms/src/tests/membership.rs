use serde_json::json;
use store::{UserNum, memberships::Membership};

use crate::{
    CreateRoom, Error, MembersQuery, MembershipChange, Preset, Transaction,
    testing::{TestServer, object, servers, user},
};

async fn membership(
    server: &TestServer,
    room: &protocol::ids::RoomId,
    who: &str,
) -> Option<Membership> {
    let room = server.rooms.room(room).await.unwrap();
    room.facts(&server.rooms).await.unwrap().membership(&user(who))
}

#[tokio::test]
async fn invite_join_leave_ban_unban_forget() {
    for (server, _database) in servers().await {
        let (rooms, alice, bob) = (&server.rooms, user("alice"), user("bob"));
        let room = server.room("alice", Preset::PrivateChat).await;
        assert!(matches!(rooms.join(&bob, &room, None).await, Err(Error::Denied(_))));
        let of_bob = || MembershipChange { sender: &alice, target: &bob, reason: Some("why") };
        rooms.invite(&room, of_bob()).await.unwrap();
        assert_eq!(membership(&server, &room, "bob").await, Some(Membership::Invite));
        rooms.join(&bob, &room, None).await.unwrap();
        rooms.join(&bob, &room, None).await.unwrap();
        assert!(matches!(rooms.forget(&bob, &room).await, Err(Error::StillJoined)));
        rooms.ban(&room, of_bob()).await.unwrap();
        assert!(matches!(rooms.join(&bob, &room, None).await, Err(Error::Denied(_))));
        assert!(matches!(rooms.kick(&room, of_bob()).await, Err(Error::Forbidden(_))));
        rooms.unban(&room, of_bob()).await.unwrap();
        assert!(matches!(rooms.unban(&room, of_bob()).await, Err(Error::Forbidden(_))));
        rooms.forget(&bob, &room).await.unwrap();
        let num = server.store.interner.find_user(&bob).await.unwrap().unwrap();
        let again = server.restarted();
        for rooms in [rooms, &again] {
            let places = rooms.rooms_of(num).await.unwrap().all();
            assert!(places.iter().all(|place| place.forgotten), "{places:?}");
        }
        rooms.leave(&alice, &room, None).await.unwrap();
        assert!(rooms.joined_rooms(&alice).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn knock_and_be_let_in() {
    for (server, _database) in servers().await {
        let (rooms, alice, bob) = (&server.rooms, user("alice"), user("bob"));
        let rules = object(json!({ "join_rule": "knock" }));
        let wish = CreateRoom {
            initial_state: vec![("m.room.join_rules".into(), String::new(), rules)],
            ..CreateRoom::of(Preset::PrivateChat)
        };
        let room = rooms.create_room(&alice, wish).await.unwrap();
        rooms.knock(&bob, &room, Some("please")).await.unwrap();
        assert_eq!(membership(&server, &room, "bob").await, Some(Membership::Knock));
        let change = MembershipChange { sender: &alice, target: &bob, reason: None };
        rooms.invite(&room, change).await.unwrap();
        rooms.join(&bob, &room, None).await.unwrap();
        assert_eq!(membership(&server, &room, "bob").await, Some(Membership::Join));
    }
}

#[tokio::test]
async fn members_of_an_allowed_room_join_a_restricted_one() {
    for (server, _database) in servers().await {
        let (rooms, alice, bob, carol) = (&server.rooms, user("alice"), user("bob"), user("carol"));
        let space = server.room("alice", Preset::PublicChat).await;
        let rules = object(json!({
            "join_rule": "restricted",
            "allow": [{ "type": "m.room_membership", "room_id": space }],
        }));
        let wish = CreateRoom {
            initial_state: vec![("m.room.join_rules".into(), String::new(), rules)],
            ..CreateRoom::of(Preset::PrivateChat)
        };
        let room = rooms.create_room(&alice, wish).await.unwrap();
        rooms.join(&bob, &space, None).await.unwrap();
        rooms.join(&bob, &room, None).await.unwrap();
        assert!(matches!(rooms.join(&carol, &room, None).await, Err(Error::Denied(_))));
    }
}

#[tokio::test]
async fn who_has_left_sends_nothing_and_sees_nothing_new() {
    for (server, _database) in servers().await {
        let (rooms, bob) = (&server.rooms, user("bob"));
        let room = server.room("alice", Preset::PublicChat).await;
        rooms.join(&bob, &room, None).await.unwrap();
        let seen = server.say("alice", &room, "before").await;
        rooms.leave(&bob, &room, None).await.unwrap();
        let unseen = server.say("alice", &room, "after").await;
        assert!(rooms.visible_event(&bob, &room, &seen).await.is_ok());
        assert!(matches!(
            rooms.visible_event(&bob, &room, &unseen).await,
            Err(Error::UnknownEvent)
        ));
        let transaction = Transaction { device_id: "D", transaction_id: "late" };
        let sent = rooms.send(&bob, &room, "m.room.message", transaction, object(json!({}))).await;
        assert!(matches!(sent, Err(Error::NotJoined)));
        let (_, state) = rooms.visible_state(&bob, &room).await.unwrap();
        assert_eq!(
            state.get("m.room.member", bob.as_str()).unwrap().membership(),
            Some(Membership::Leave)
        );
    }
}

/// A client that sets its member event itself cannot say that somebody else let it in: this server would sign that (F1).
#[tokio::test]
async fn nobody_names_their_own_voucher() {
    for (server, _database) in servers().await {
        let (rooms, alice, bob, carol) = (&server.rooms, user("alice"), user("bob"), user("carol"));
        let space = server.room("alice", Preset::PublicChat).await;
        let rules = object(json!({
            "join_rule": "restricted",
            "allow": [{ "type": "m.room_membership", "room_id": space }],
        }));
        let wish = CreateRoom {
            initial_state: vec![("m.room.join_rules".into(), String::new(), rules)],
            ..CreateRoom::of(Preset::PrivateChat)
        };
        let room = rooms.create_room(&alice, wish).await.unwrap();
        rooms.join(&bob, &space, None).await.unwrap();
        let content = object(json!({
            "membership": "join",
            "join_authorised_via_users_server": alice,
        }));
        let kind = "m.room.member";
        let forged = rooms.set_state(&carol, &room, kind, carol.as_str(), content.clone()).await;
        assert!(matches!(forged, Err(Error::Denied(_))), "{forged:?}");
        // Who may come in, may also come in like this.
        rooms.set_state(&bob, &room, kind, bob.as_str(), content.clone()).await.unwrap();
        assert_eq!(membership(&server, &room, "bob").await, Some(Membership::Join));
        let wish = CreateRoom {
            initial_state: vec![(kind.into(), carol.to_string(), content)],
            ..CreateRoom::of(Preset::PrivateChat)
        };
        let refused = rooms.create_room(&alice, wish).await;
        assert!(matches!(refused, Err(Error::InvalidRoomState(_))), "{refused:?}");
    }
}

#[tokio::test]
async fn what_is_forgotten_is_not_read_any_more() {
    for (server, _database) in servers().await {
        let (rooms, bob) = (&server.rooms, user("bob"));
        let room = server.room("alice", Preset::PublicChat).await;
        rooms.join(&bob, &room, None).await.unwrap();
        let seen = server.say("alice", &room, "before").await;
        rooms.leave(&bob, &room, None).await.unwrap();
        assert!(rooms.visible_event(&bob, &room, &seen).await.is_ok());
        rooms.forget(&bob, &room).await.unwrap();
        for rooms in [rooms, &server.restarted()] {
            let event = rooms.visible_event(&bob, &room, &seen).await;
            assert!(matches!(event, Err(Error::UnknownEvent)), "{event:?}");
            let state = rooms.visible_state(&bob, &room).await;
            assert!(matches!(state, Err(Error::NotJoined)), "{state:?}");
        }
        // Whoever comes back remembers.
        rooms.join(&bob, &room, None).await.unwrap();
        assert!(rooms.visible_event(&bob, &room, &seen).await.is_ok());
    }
}

#[tokio::test]
async fn an_invite_is_sent_once_to_whom_is_named_twice() {
    for (server, _database) in servers().await {
        let (rooms, alice) = (&server.rooms, user("alice"));
        let invite = vec![user("bob"), user("bob"), user("alice")];
        let wish = CreateRoom { invite, ..CreateRoom::of(Preset::PrivateChat) };
        let room = rooms.create_room(&alice, wish).await.unwrap();
        let room = rooms.room(&room).await.unwrap();
        assert_eq!(rooms.view(&room, &user("bob")).await.unwrap().memberships.len(), 1);
        let foreign = protocol::ids::UserId::parse("@bob:other.example").unwrap();
        let content = object(json!({ "membership": "invite" }));
        let refused =
            rooms.set_state(&alice, &room.id, "m.room.member", foreign.as_str(), content).await;
        assert!(matches!(refused, Err(Error::NotLocal(_))), "{refused:?}");
    }
}

#[tokio::test]
async fn whoever_is_removed_types_no_longer() {
    for (server, _database) in servers().await {
        let (rooms, alice, bob) = (&server.rooms, user("alice"), user("bob"));
        let room = server.room("alice", Preset::PublicChat).await;
        rooms.join(&bob, &room, None).await.unwrap();
        rooms.set_typing(&room, &bob, Some(30_000)).await.unwrap();
        let num = rooms.room(&room).await.unwrap().num;
        assert_eq!(rooms.typing(num), std::slice::from_ref(&bob));
        let change = MembershipChange { sender: &alice, target: &bob, reason: None };
        rooms.kick(&room, change).await.unwrap();
        assert!(rooms.typing(num).is_empty());
    }
}

#[tokio::test]
async fn members_as_of_before_one_came_are_those_of_when_one_came() {
    for (server, _database) in servers().await {
        let (rooms, alice, bob) = (&server.rooms, user("alice"), user("bob"));
        let visibility = object(json!({ "history_visibility": "joined" }));
        let wish = CreateRoom {
            initial_state: vec![("m.room.history_visibility".into(), String::new(), visibility)],
            ..CreateRoom::of(Preset::PublicChat)
        };
        let room = rooms.create_room(&alice, wish).await.unwrap();
        rooms.join(&user("carol"), &room, None).await.unwrap();
        let early = server.store.changes.position();
        rooms.leave(&user("carol"), &room, None).await.unwrap();
        rooms.join(&bob, &room, None).await.unwrap();
        let query = MembersQuery { at: Some(early), ..MembersQuery::default() };
        for (who, expected) in [(&alice, Membership::Join), (&bob, Membership::Leave)] {
            let members = rooms.members(who, &room, &query).await.unwrap();
            let carol =
                members.iter().find(|event| event.pdu.state_key() == Some("@carol:example.org"));
            assert_eq!(carol.unwrap().membership(), Some(expected), "{who}");
        }
    }
}

/// However many are asked about: beyond some hundred it is another query.
#[tokio::test]
async fn those_who_share_a_room_are_found_among_few_and_among_many() {
    for (server, _database) in servers().await {
        let room = server.room("alice", Preset::PublicChat).await;
        server.rooms.join(&user("bob"), &room, None).await.unwrap();
        server.room("eve", Preset::PublicChat).await;
        let mut numbers = Vec::new();
        for name in ["alice", "bob", "eve"] {
            numbers.extend(server.store.interner.find_user(&user(name)).await.unwrap());
        }
        let [alice, bob, eve] = numbers[..] else { panic!("{numbers:?}") };
        for strangers in [0, 1_000] {
            let strangers = (0..strangers).map(|number| UserNum(1_000_000 + number));
            let others: Vec<UserNum> = [bob, eve].into_iter().chain(strangers).collect();
            let sharing = server.rooms.sharing_with(alice, &others).await.unwrap();
            assert_eq!(sharing.into_iter().collect::<Vec<_>>(), [bob]);
        }
    }
}
