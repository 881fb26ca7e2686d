//! Events of other servers.
use std::collections::{BTreeMap, BTreeSet};

use event_auth::Denied;
use protocol::{
    RoomVersion,
    canonical::INTEGER_MAX,
    ids::{OwnedEventId, OwnedRoomId},
    signing::{EventIntent, Placement},
};
use serde_json::json;
use store::{events::Status, memberships::Membership};

use crate::{
    CreateRoom, Error, MembershipChange, Preset, Received, Transaction,
    testing::{
        object,
        peer::{Peer, Sent, peers},
    },
};

mod convergence;

/// A room of the first server that everybody may join, and the other servers' users have joined.
pub(super) async fn shared_room(peers: &[Peer], version: RoomVersion) -> OwnedRoomId {
    let wish = CreateRoom {
        room_version: Some(version.as_str().to_owned()),
        ..CreateRoom::of(Preset::PublicChat)
    };
    let first = &peers[0];
    let room = first.rooms.create_room(&first.user, wish).await.unwrap();
    let mut sent = first.timeline(&room).await;
    for peer in &peers[1..] {
        peer.receive_all(&sent, version).await;
        peer.rooms.join(&peer.user, &room, None).await.unwrap();
        sent.push(peer.newest(&room).await);
    }
    for peer in peers {
        peer.receive_all(&sent, version).await;
    }
    room
}

async fn set_topic(peer: &Peer, room: &OwnedRoomId, topic: &str) -> Sent {
    peer.clock.advance_ms(1);
    let content = object(json!({ "topic": topic }));
    peer.rooms.set_state(&peer.user, room, "m.room.topic", "", content).await.unwrap();
    peer.newest(room).await
}

async fn say(peer: &Peer, room: &OwnedRoomId, words: &str) -> Sent {
    peer.clock.advance_ms(1);
    let transaction = Transaction { device_id: "D", transaction_id: words };
    let content = object(json!({ "body": words }));
    peer.rooms.send(&peer.user, room, "m.room.message", transaction, content).await.unwrap();
    peer.newest(room).await
}

/// An event that a server makes of its own free will, whatever its rooms service would say.
async fn forge(
    peer: &Peer,
    room: &OwnedRoomId,
    kind: &str,
    change: impl FnOnce(&mut Placement),
) -> Sent {
    let (ends, state) = peer.now(room).await;
    let mut placement = Placement {
        prev_events: ends,
        auth_events: deciding(peer).iter().map(|key| state[key].clone()).collect(),
        depth: 20,
        origin_server_ts: 1_700_000_000_500,
    };
    change(&mut placement);
    let version = peer.rooms.room(room).await.unwrap().version;
    let (server, sender) = (peer.user.server_name(), peer.user.clone());
    let content = object(json!({ "topic": "forged", "body": "forged" }));
    let room = room.clone();
    let intent = if kind == "m.room.message" {
        EventIntent::message(server, version, room, sender, kind, content)
    } else {
        EventIntent::state(server, version, room, sender, kind, "", content)
    };
    let event = peer.signer().build(&intent.unwrap(), &placement).unwrap();
    Sent(event.json().to_owned())
}

/// The state that decides over what the user of a server sends.
fn deciding(peer: &Peer) -> [String; 3] {
    [CREATE.to_owned(), LEVELS.to_owned(), format!("m.room.member {}", peer.user)]
}

const VERSION: RoomVersion = RoomVersion::V11;
const CREATE: &str = "m.room.create ";
const LEVELS: &str = "m.room.power_levels ";

#[tokio::test]
async fn a_room_is_read_from_its_beginning_and_written_by_all() {
    for version in [RoomVersion::V6, RoomVersion::V11, RoomVersion::V12] {
        for mut peers in peers().await {
            let room = shared_room(&peers, version).await;
            let sent = say(&peers[1], &room, "hello").await;
            for peer in &peers {
                peer.receive_all(std::slice::from_ref(&sent), version).await;
            }
            let first = peers[0].now(&room).await;
            assert_eq!(first.0, [sent.id(version)]);
            for peer in &mut peers {
                assert_eq!(peer.now(&room).await, first, "{version}");
                peer.restart();
                assert_eq!(peer.now(&room).await, first, "{version}");
                let facts = peer.rooms.room(&room).await.unwrap().facts(&peer.rooms).await.unwrap();
                assert_eq!((facts.joined, facts.head.notify_count), (3, 1));
            }
        }
    }
}

#[tokio::test]
async fn what_comes_too_early_names_what_is_missing() {
    for peers in peers().await {
        let room = shared_room(&peers, VERSION).await;
        let (first, second) =
            (set_topic(&peers[0], &room, "1").await, say(&peers[0], &room, "2").await);
        let early = peers[1].receive(&second, VERSION).await;
        assert!(
            matches!(&early, Received::Missing(ids) if *ids == [first.id(VERSION)]),
            "{early:?}"
        );
        peers[1].receive_all(&[second.clone(), first], VERSION).await;
        let again = peers[1].receive(&second, VERSION).await;
        assert!(matches!(again, Received::Known(Status::Accepted)), "{again:?}");
    }
}

/// F6: what was rejected stays rejected: sent again, after a restart, and as the ground that others stand on.
#[tokio::test]
async fn a_rejected_event_stays_rejected_and_changes_nothing() {
    for mut peers in peers().await {
        let room = shared_room(&peers, VERSION).await;
        let before = peers[0].now(&room).await;
        let forged = forge(&peers[1], &room, "m.room.topic", |_| {}).await;
        let received = peers[0].receive(&forged, VERSION).await;
        let expected = matches!(
            received,
            Received::Stored { status: Status::Rejected, why: Some(Denied::EventPower) }
        );
        assert!(expected, "{received:?}");
        assert_eq!(peers[0].now(&room).await, before);
        let id = forged.id(VERSION);
        let seen = peers[0].rooms.visible_event(&peers[0].user, &room, &id).await;
        assert!(matches!(seen, Err(Error::UnknownEvent)), "{seen:?}");
        // Who names it as what allows them is rejected too; who follows it is not harmed.
        let leaning = forge(&peers[1], &room, "m.room.message", |placement| {
            placement.auth_events.push(id.clone());
        });
        let received = peers[0].receive(&leaning.await, VERSION).await;
        assert!(
            matches!(received, Received::Stored { status: Status::Rejected, .. }),
            "{received:?}"
        );
        let following = forge(&peers[1], &room, "m.room.message", |placement| {
            placement.prev_events = vec![id.clone()];
        });
        let following = following.await;
        let received = peers[0].receive(&following, VERSION).await;
        assert!(
            matches!(received, Received::Stored { status: Status::Accepted, .. }),
            "{received:?}"
        );
        for _ in 0..2 {
            let again = peers[0].receive(&forged, VERSION).await;
            assert!(matches!(again, Received::Known(Status::Rejected)), "{again:?}");
            let (status, _) = peers[0].verdict(&id).await;
            assert_eq!(status, Status::Rejected);
            assert_eq!(peers[0].now(&room).await.1, before.1, "the state is what it was");
            assert_eq!(peers[0].verdict(&following.id(VERSION)).await.1, before.1);
            peers[0].restart();
        }
    }
}

/// F4: an event of another room never allows anything.
#[tokio::test]
async fn auth_events_of_another_room_are_worth_nothing() {
    for peers in peers().await {
        let (room, other) =
            (shared_room(&peers, VERSION).await, shared_room(&peers, VERSION).await);
        let (_, foreign) = peers[1].now(&other).await;
        for (index, stolen) in deciding(&peers[1]).iter().enumerate() {
            let forged = forge(&peers[1], &room, "m.room.message", |placement| {
                placement.auth_events[index] = foreign[stolen].clone();
            });
            let received = peers[0].receive(&forged.await, VERSION).await;
            let expected = matches!(
                received,
                Received::Stored {
                    status: Status::Rejected,
                    why: Some(Denied::AuthEventOfOtherRoom)
                }
            );
            assert!(expected, "{stolen}: {received:?}");
        }
    }
}

/// F3 and F7: what cannot be of the room is not even kept: another room's past, and a second beginning.
#[tokio::test]
async fn an_event_has_its_past_in_its_own_room() {
    for peers in peers().await {
        let (room, other) =
            (shared_room(&peers, VERSION).await, shared_room(&peers, VERSION).await);
        let (ends, _) = peers[1].now(&other).await;
        for prev_events in [ends, vec![]] {
            let forged = forge(&peers[1], &room, "m.room.message", |placement| {
                placement.prev_events = prev_events;
            });
            let forged = forged.await;
            let refused = peers[0].rooms.receive(forged.verified(VERSION)).await;
            assert!(matches!(refused, Err(Error::BadContent(_))), "{refused:?}");
            assert!(peers[0].rooms.event(&forged.id(VERSION)).await.unwrap().is_none());
        }
        let create = object(json!({ "room_version": "11" }));
        let (server, user) = (peers[1].user.server_name(), peers[1].user.clone());
        let intent = EventIntent::create(server, VERSION, Some(room), user, create).unwrap();
        let second = peers[1].signer().build(&intent, &Placement::default()).unwrap();
        let refused = peers[0].rooms.receive(second).await;
        assert!(matches!(refused, Err(Error::BadContent(_))), "{refused:?}");
    }
}

#[tokio::test]
async fn what_the_banned_send_meanwhile_is_kept_and_not_shown() {
    for peers in peers().await {
        let room = shared_room(&peers, VERSION).await;
        let ban = MembershipChange { sender: &peers[0].user, target: &peers[1].user, reason: None };
        peers[0].rooms.ban(&room, ban).await.unwrap();
        let ban = peers[0].newest(&room).await;
        let said = say(&peers[1], &room, "meanwhile").await;
        let received = peers[0].receive(&said, VERSION).await;
        let expected =
            matches!(received, Received::Stored { status: Status::SoftFailed, why: Some(_) });
        assert!(expected, "{received:?}");
        let seen = peers[0].rooms.visible_event(&peers[0].user, &room, &said.id(VERSION)).await;
        assert!(matches!(seen, Err(Error::UnknownEvent)), "{seen:?}");
        // Where it came before the ban it is shown, and the ban holds there too.
        peers[2].receive_all(&[said.clone(), ban.clone()], VERSION).await;
        assert!(
            peers[2].rooms.visible_event(&peers[2].user, &room, &said.id(VERSION)).await.is_ok()
        );
        for peer in [&peers[0], &peers[2]] {
            let facts = peer.rooms.room(&room).await.unwrap().facts(&peer.rooms).await.unwrap();
            assert_eq!(facts.membership(&peers[1].user), Some(Membership::Ban));
            assert_eq!(facts.joined, 2);
        }
        // The banned user's own server learns of it, and refuses them.
        peers[1].receive_all(&[ban], VERSION).await;
        let transaction = Transaction { device_id: "D", transaction_id: "late" };
        let content = object(json!({}));
        let sent = peers[1].rooms.send(&peers[1].user, &room, "m.x", transaction, content).await;
        assert!(matches!(sent, Err(Error::NotJoined)), "{sent:?}");
    }
}

/// F10: a depth at the end of the numbers does not end the room.
#[tokio::test]
async fn the_greatest_depth_does_not_stop_a_room() {
    for peers in peers().await {
        let room = shared_room(&peers, VERSION).await;
        let deep = forge(&peers[1], &room, "m.room.message", |placement| {
            placement.depth = INTEGER_MAX;
        });
        peers[0].receive_all(&[deep.await], VERSION).await;
        for words in ["one", "two"] {
            let sent = say(&peers[0], &room, words).await;
            assert_eq!(sent.verified(VERSION).depth(), INTEGER_MAX);
        }
    }
}

#[tokio::test]
async fn a_redaction_of_another_server_empties_what_it_may() {
    for peers in peers().await {
        let room = shared_room(&peers, VERSION).await;
        let (own, foreign) =
            (say(&peers[1], &room, "secret").await, say(&peers[2], &room, "theirs").await);
        for peer in &peers {
            peer.receive_all(&[own.clone(), foreign.clone()], VERSION).await;
        }
        let transaction = Transaction { device_id: "D", transaction_id: "r" };
        let (target, content) = (own.id(VERSION), object(json!({})));
        let redact = peers[1].rooms.redact(&peers[1].user, &room, &target, transaction, content);
        redact.await.unwrap();
        let redaction = peers[1].newest(&room).await;
        peers[0].receive_all(&[redaction], VERSION).await;
        let event = peers[0].rooms.event(&target).await.unwrap().unwrap();
        assert_eq!((event.pdu.content(), event.redacted_by.is_some()), ("{}", true));
        // The server of the second user may not empty what the third has sent.
        let (server, sender) = (peers[1].user.server_name(), peers[1].user.clone());
        let (ends, state) = peers[1].now(&room).await;
        let target = foreign.id(VERSION);
        let intent = EventIntent::redaction(
            server,
            VERSION,
            room.clone(),
            sender,
            target.clone(),
            object(json!({})),
        );
        let placement = Placement {
            prev_events: ends,
            auth_events: deciding(&peers[1]).iter().map(|key| state[key].clone()).collect(),
            depth: 30,
            origin_server_ts: 1_700_000_000_900,
        };
        let forged = peers[1].signer().build(&intent.unwrap(), &placement).unwrap();
        peers[0].receive_all(&[Sent(forged.json().to_owned())], VERSION).await;
        let event = peers[0].rooms.event(&target).await.unwrap().unwrap();
        assert!(event.pdu.content().contains("theirs"));
    }
}

#[tokio::test]
async fn an_event_follows_as_many_ends_as_it_may() {
    for peers in peers().await {
        let room = shared_room(&peers, VERSION).await;
        let (ends, _) = peers[1].now(&room).await;
        for number in 0..25 {
            let one = forge(&peers[1], &room, "m.room.message", |placement| {
                placement.prev_events.clone_from(&ends);
                placement.origin_server_ts += number;
            });
            peers[0].receive_all(&[one.await], VERSION).await;
        }
        assert_eq!(peers[0].now(&room).await.0.len(), 25);
        let sent = say(&peers[0], &room, "all together").await;
        assert_eq!(sent.verified(VERSION).prev_events().count(), 20);
        assert_eq!(peers[0].now(&room).await.0.len(), 6);
        say(&peers[0], &room, "and the rest").await;
        assert_eq!(peers[0].now(&room).await.0.len(), 1);
    }
}

pub(super) type Verdicts = BTreeMap<OwnedEventId, (bool, BTreeMap<String, OwnedEventId>)>;

/// What a server has made of these events: whether each is rejected, and the state after it.
pub(super) async fn verdicts(peer: &Peer, ids: &BTreeSet<OwnedEventId>) -> Verdicts {
    let mut verdicts = Verdicts::new();
    for id in ids {
        let (status, state) = peer.verdict(id).await;
        verdicts.insert(id.clone(), (status == Status::Rejected, state));
    }
    verdicts
}
