//! F7: whatever the servers do at once, and in whatever order they learn of it, they come to the same state.
use std::collections::BTreeSet;

use entropy::Dice;
use protocol::{
    RoomVersion,
    ids::{OwnedRoomId, UserId},
};
use serde_json::json;

use super::{say, shared_room, verdicts};
use crate::{
    MembershipChange, Transaction,
    testing::{
        object,
        peer::{Peer, Sent, peers},
    },
};

/// How many rooms are made up for each engine and version: 2, or what `LONGHOUSE_TEST_CASES` says.
fn cases() -> u64 {
    let set = std::env::var("LONGHOUSE_TEST_CASES").ok();
    set.and_then(|count| count.parse().ok()).unwrap_or(2)
}

/// One user does something, which may be refused. Returns what came of it.
async fn act(dice: &mut Dice, peers: &[Peer], actor: usize, room: &OwnedRoomId) -> Vec<Sent> {
    let peer = &peers[actor];
    peer.clock.advance_ms(i64::try_from(dice.roll(5)).unwrap());
    let before = peer.timeline(room).await.len();
    let target: &UserId = &dice.pick(peers).user;
    let change = MembershipChange { sender: &peer.user, target, reason: None };
    let number = dice.roll(1_000_000).to_string();
    let state = async |kind: &str, content| {
        drop(peer.rooms.set_state(&peer.user, room, kind, "", object(content)).await);
    };
    match dice.roll(12) {
        0..=2 => {
            let transaction = Transaction { device_id: "D", transaction_id: &number };
            let content = object(json!({ "body": number }));
            drop(peer.rooms.send(&peer.user, room, "m.room.message", transaction, content).await);
        }
        3 | 4 => state("m.room.topic", json!({ "topic": number })).await,
        5 => state("m.room.name", json!({ "name": number })).await,
        6 => {
            let rule = *dice.pick(&["public", "invite"]);
            state("m.room.join_rules", json!({ "join_rule": rule })).await;
        }
        7 => drop(peer.rooms.kick(room, change).await),
        8 => drop(peer.rooms.ban(room, change).await),
        9 => drop(peer.rooms.unban(room, change).await),
        10 if actor > 0 => {
            // The creator stays: somebody has to be able to go on.
            drop(peer.rooms.leave(&peer.user, room, None).await);
            drop(peer.rooms.join(&peer.user, room, None).await);
        }
        _ => state("m.room.power_levels", levels(dice, peers, peer, room).await).await,
    }
    peer.timeline(room).await.split_off(before)
}

/// Other power levels for some users; of who has much stays as it is.
async fn levels(
    dice: &mut Dice,
    peers: &[Peer],
    peer: &Peer,
    room: &OwnedRoomId,
) -> serde_json::Value {
    let facts = peer.rooms.room(room).await.unwrap().facts(&peer.rooms).await.unwrap();
    let current = facts.state.get("m.room.power_levels", "").unwrap();
    let mut content: serde_json::Value = current.pdu.content_as().unwrap();
    let other = &peers[1 + dice.roll(2)];
    content["users"][other.user.as_str()] = json!(*dice.pick(&[0, 50, 100]));
    content
}

/// Plays one room; returns how many of the other servers end where the first one ends.
async fn converge(seed: u64, version: RoomVersion, peers: &mut [Peer]) -> usize {
    let mut dice = Dice::new(seed);
    let room = shared_room(peers, version).await;
    let mut sent: Vec<Sent> = Vec::new();
    for _ in 0..4 {
        // Each on their own.
        for actor in 0..peers.len() {
            for _ in 0..=dice.roll(4) {
                sent.extend(act(&mut dice, peers, actor, &room).await);
            }
        }
        // Then some of it gets around, to each in another order.
        for peer in &*peers {
            dice.shuffle(&mut sent);
            let some = dice.roll(sent.len() + 1);
            for one in &sent[..some] {
                peer.receive(one, version).await;
            }
            if dice.once_in(2) {
                peer.receive_all(&sent, version).await;
            }
        }
    }
    for peer in &mut *peers {
        dice.shuffle(&mut sent);
        peer.receive_all(&sent, version).await;
        if dice.once_in(2) {
            peer.restart();
        }
    }
    // What an event did is the same everywhere, whenever it arrived.
    let ids: BTreeSet<_> = sent.iter().map(|one| one.id(version)).collect();
    let expected = verdicts(&peers[0], &ids).await;
    for peer in &peers[1..] {
        assert_eq!(verdicts(peer, &ids).await, expected, "seed {seed}, version {version}");
    }
    // Everybody who still can sends something that follows all they know, the creator last: those who can are at the
    // same place then. A server whose user was banned meanwhile may keep an end that the others do not show.
    for speaker in [1, 2, 0] {
        let facts = peers[speaker].rooms.room(&room).await.unwrap();
        let facts = facts.facts(&peers[speaker].rooms).await.unwrap();
        if facts.is_joined(&peers[speaker].user) {
            let last = say(&peers[speaker], &room, &format!("the end {seed}")).await;
            for peer in &*peers {
                peer.receive_all(std::slice::from_ref(&last), version).await;
            }
        }
    }
    let (expected_ends, expected) = peers[0].now(&room).await;
    let mut together = 0;
    for peer in &peers[1..] {
        let (ends, state) = peer.now(&room).await;
        if ends == expected_ends {
            together += 1;
            assert_eq!(state, expected, "seed {seed}, version {version}");
        }
    }
    together
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_come_to_the_same_state_in_any_order_of_delivery() {
    for version in [RoomVersion::V6, RoomVersion::V10, RoomVersion::V12] {
        for mut peers in peers().await {
            let mut together = 0;
            for seed in 0..cases() {
                together += converge(seed, version, &mut peers).await;
            }
            assert!(together > 0, "no two servers ended at the same place");
        }
    }
}
