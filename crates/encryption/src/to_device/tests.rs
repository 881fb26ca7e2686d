use serde_json::json;

use super::*;
use crate::testing::{TestDevice, TestServer, object, on_each_engine};

fn to(device: &TestDevice, device_id: &str, body: &str) -> Messages {
    let content = object(&json!({ "body": body }));
    [(device.user_id.clone(), [(device_id.to_owned(), content)].into())].into()
}

async fn send(server: &TestServer, from: &TestDevice, transaction: &str, messages: Messages) {
    let sent = server.encryption.send_to_device(from.as_device(), "m.test", transaction, messages);
    sent.await.unwrap();
}

async fn inbox(encryption: &Encryption, device: &TestDevice, after: i64, limit: u32) -> Inbox {
    let until = encryption.store.changes.position();
    let inbox = encryption.to_device_messages(device.user, device.id(), after, until, limit);
    inbox.await.unwrap()
}

fn bodies(inbox: &Inbox) -> Vec<String> {
    let body = |message: &ToDeviceMessage| {
        let event: serde_json::Value = serde_json::from_str(&message.message).unwrap();
        event["content"]["body"].as_str().unwrap().to_owned()
    };
    inbox.messages.iter().map(body).collect()
}

#[tokio::test]
async fn messages_wait_until_the_device_has_shown_that_it_has_them() {
    on_each_engine(async |server| {
        let alice = server.device("@alice:server.example", "PHONE").await;
        let bob = server.device("@bob:server.example", "LAPTOP").await;
        for n in 0..5 {
            send(&server, &alice, &n.to_string(), to(&bob, "LAPTOP", &format!("{n}"))).await;
        }
        let first = inbox(&server.encryption, &bob, 0, 3).await;
        assert_eq!(
            (bodies(&first), first.has_more),
            (vec!["0".into(), "1".into(), "2".into()], true)
        );
        let event = &first.messages[0].message;
        let expected =
            r#"{"content":{"body":"0"},"sender":"@alice:server.example","type":"m.test"}"#;
        assert_eq!(event, expected);
        // Not acknowledged: the same again, also after a restart.
        assert_eq!(inbox(&server.encryption, &bob, 0, 3).await, first);
        let restarted = server.restarted();
        assert_eq!(inbox(&restarted, &bob, 0, 3).await, first);

        server.encryption.acknowledge_to_device(bob.user, bob.id(), first.position).await.unwrap();
        let rest = inbox(&server.encryption, &bob, first.position, 3).await;
        assert_eq!((bodies(&rest), rest.has_more), (vec!["3".into(), "4".into()], false));
        assert_eq!(rest.position, server.position());
        assert_eq!(bodies(&inbox(&server.encryption, &bob, 0, 10).await), ["3", "4"]);
        server.encryption.acknowledge_to_device(bob.user, bob.id(), rest.position).await.unwrap();
        assert!(inbox(&server.encryption, &bob, 0, 10).await.messages.is_empty());
        let state = to_device::state(&server.store.db, bob.user, "LAPTOP").await.unwrap();
        assert_eq!(state, InboxState::default());
    })
    .await;
}

#[tokio::test]
async fn the_same_transaction_is_done_once_also_across_a_restart() {
    on_each_engine(async |server| {
        let alice = server.device("@alice:server.example", "PHONE").await;
        let tablet = server.device("@alice:server.example", "TABLET").await;
        let bob = server.device("@bob:server.example", "LAPTOP").await;
        send(&server, &alice, "t", to(&bob, "LAPTOP", "one")).await;
        send(&server, &alice, "t", to(&bob, "LAPTOP", "two")).await;
        let restarted = server.restarted();
        let again =
            restarted.send_to_device(alice.as_device(), "m.test", "t", to(&bob, "LAPTOP", "three"));
        again.await.unwrap();
        send(&server, &tablet, "t", to(&bob, "LAPTOP", "another device")).await;
        let other = server.encryption.send_to_device(
            alice.as_device(),
            "m.other",
            "t",
            to(&bob, "LAPTOP", "another type"),
        );
        other.await.unwrap();
        let all = inbox(&server.encryption, &bob, 0, 10).await;
        assert_eq!(bodies(&all), ["one", "another device", "another type"]);
    })
    .await;
}

#[tokio::test]
async fn a_star_reaches_all_devices_and_others_reach_only_devices_that_exist() {
    on_each_engine(async |server| {
        let alice = server.device("@alice:server.example", "PHONE").await;
        let one = server.device("@bob:server.example", "ONE").await;
        let two = server.device("@bob:server.example", "TWO").await;
        let mut messages = to(&one, "*", "all");
        let bobs = messages.get_mut(&one.user_id).unwrap();
        bobs.insert("ONE".to_owned(), object(&json!({ "body": "one" })));
        bobs.insert("NONE".to_owned(), object(&json!({ "body": "none" })));
        bobs.insert("N\0NE".to_owned(), object(&json!({ "body": "none" })));
        let content = object(&json!({ "body": "x" }));
        for stranger in ["@nobody:server.example", "@bob:other.example"] {
            let devices = [("*".to_owned(), content.clone())].into();
            messages.insert(stranger.try_into().unwrap(), devices);
        }
        let before = server.position();
        send(&server, &alice, "t", messages).await;
        let mut first = bodies(&inbox(&server.encryption, &one, 0, 10).await);
        first.sort();
        assert_eq!(first, ["all", "one"]);
        assert_eq!(bodies(&inbox(&server.encryption, &two, 0, 10).await), ["all"]);
        assert!(server.store.changes.user_changed_since(one.user, before));
        server.delete(&one).await;
        assert!(inbox(&server.encryption, &one, 0, 10).await.messages.is_empty());
        let again = server.device("@bob:server.example", "ONE").await;
        assert!(inbox(&server.encryption, &again, 0, 10).await.messages.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_message_is_seen_by_a_cache_that_was_filled_before_it() {
    on_each_engine(async |server| {
        let alice = server.device("@alice:server.example", "PHONE").await;
        assert!(inbox(&server.encryption, &alice, 0, 10).await.messages.is_empty());
        send(&server, &alice, "t", to(&alice, "PHONE", "to myself")).await;
        assert_eq!(bodies(&inbox(&server.encryption, &alice, 0, 10).await), ["to myself"]);
    })
    .await;
}

#[tokio::test]
async fn a_full_inbox_drops_the_oldest_of_the_loudest_sender() {
    on_each_engine(async |server| {
        let loud = server.device("@loud:server.example", "PHONE").await;
        let quiet = server.device("@quiet:server.example", "PHONE").await;
        let bob = server.device("@bob:server.example", "LAPTOP").await;
        send(&server, &quiet, "t", to(&bob, "LAPTOP", "quiet")).await;
        let mut write = Write::new();
        for n in 0..INBOX_MESSAGES_MAX {
            let position = write.position();
            let message = format!(r#"{{"content":{{"body":"{n}"}}}}"#);
            to_device::insert(&mut write, bob.user, "LAPTOP", &position, loud.user, &message);
        }
        server.store.write(write).await.unwrap();
        server.encryption.inboxes.forget(bob.user, "LAPTOP");
        send(&server, &loud, "t", to(&bob, "LAPTOP", "last")).await;
        let state = to_device::state(&server.store.db, bob.user, "LAPTOP").await.unwrap();
        assert_eq!(state.messages, INBOX_MESSAGES_MAX + 2 - INBOX_TRIM);
        let first = inbox(&server.encryption, &bob, 0, 2).await;
        assert_eq!(bodies(&first), ["quiet".to_owned(), INBOX_TRIM.to_string()]);
    })
    .await;
}

#[tokio::test]
async fn old_transaction_ids_are_forgotten() {
    on_each_engine(async |server| {
        let alice = server.device("@alice:server.example", "PHONE").await;
        send(&server, &alice, "t", to(&alice, "PHONE", "one")).await;
        server.clock.advance_ms(TRANSACTION_REMEMBERED_MS + 1);
        for n in 0..FORGET_EVERY {
            send(&server, &alice, &format!("n{n}"), Messages::new()).await;
        }
        let known =
            to_device::has_transaction(&server.store.db, alice.user, "PHONE", "m.test", "t");
        assert!(!known.await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn what_no_server_could_pass_on_is_refused() {
    on_each_engine(async |server| {
        let alice = server.device("@alice:server.example", "PHONE").await;
        let long = "x".repeat(256);
        for (kind, transaction) in [(&*long, "t"), ("", "t"), ("a\0b", "t"), ("m.test", &*long)] {
            let sent = server.encryption.send_to_device(
                alice.as_device(),
                kind,
                transaction,
                to(&alice, "PHONE", "x"),
            );
            assert!(matches!(sent.await, Err(SendError::Field(_))), "{kind} {transaction}");
        }
        let large = to(&alice, "PHONE", &"x".repeat(CONTENT_BYTES_MAX));
        let sent = server.encryption.send_to_device(alice.as_device(), "m.test", "t", large);
        assert!(matches!(sent.await, Err(SendError::TooLarge)));
        let content = object(&json!({}));
        let devices = (0..=TARGETS_MAX).map(|n| (n.to_string(), content.clone())).collect();
        let many = [(alice.user_id.clone(), devices)].into();
        let sent = server.encryption.send_to_device(alice.as_device(), "m.test", "t", many);
        assert!(matches!(sent.await, Err(SendError::TooManyTargets)));
        assert!(inbox(&server.encryption, &alice, 0, 10).await.messages.is_empty());
    })
    .await;
}
