use store::key_backups::Scope;

use super::*;
use crate::testing::{TestDevice, TestServer, on_each_engine};

const ALGORITHM: &str = "m.megolm_backup.v1.curve25519-aes-sha2";

fn session(room_id: &str, session_id: &str, first_message_index: i64) -> BackupSession {
    BackupSession {
        room_id: room_id.to_owned(),
        session_id: session_id.to_owned(),
        first_message_index,
        forwarded_count: 0,
        is_verified: false,
        session_data: format!(r#"{{"index":{first_message_index}}}"#),
    }
}

async fn create(server: &TestServer, device: &TestDevice) -> String {
    let auth_data = r#"{"public_key":"abc"}"#;
    server.encryption.create_backup(device.user, ALGORITHM, auth_data).await.unwrap()
}

#[tokio::test]
async fn versions_are_numbered_and_a_number_is_never_given_again() {
    on_each_engine(async |server| {
        let alice = server.device("@alice:server.example", "PHONE").await;
        let encryption = &server.encryption;
        let none = encryption.current_backup(alice.user).await;
        assert!(matches!(none, Err(BackupError::UnknownVersion)));
        assert_eq!(create(&server, &alice).await, "1");
        assert_eq!(create(&server, &alice).await, "2");
        assert_eq!(encryption.current_backup(alice.user).await.unwrap().version, 2);
        encryption.delete_backup(alice.user, "2").await.unwrap();
        encryption.delete_backup(alice.user, "2").await.unwrap();
        assert_eq!(encryption.current_backup(alice.user).await.unwrap().version, 1);
        assert_eq!(create(&server, &alice).await, "3");
        for unknown in ["2", "4", "x", "", "01", "+1", "-1", "9999999999999999999"] {
            let found = encryption.backup(alice.user, unknown).await;
            assert!(matches!(found, Err(BackupError::UnknownVersion)), "{unknown}");
        }
        let gone = encryption.delete_backup(alice.user, "4").await;
        assert!(matches!(gone, Err(BackupError::UnknownVersion)));
    })
    .await;
}

#[tokio::test]
async fn only_the_auth_data_of_a_version_changes() {
    on_each_engine(async |server| {
        let alice = server.device("@alice:server.example", "PHONE").await;
        let version = create(&server, &alice).await;
        let encryption = &server.encryption;
        encryption.update_backup(alice.user, &version, ALGORITHM, r#"{"a":1}"#).await.unwrap();
        let stored = encryption.backup(alice.user, &version).await.unwrap();
        assert_eq!(stored.auth_data, r#"{"a":1}"#);
        let other = encryption.update_backup(alice.user, &version, "m.other", "{}").await;
        assert!(matches!(other, Err(BackupError::AlgorithmChanged)));
        let unknown = encryption.update_backup(alice.user, "7", ALGORITHM, "{}").await;
        assert!(matches!(unknown, Err(BackupError::UnknownVersion)));
    })
    .await;
}

#[tokio::test]
async fn better_keys_replace_and_only_changes_move_the_etag() {
    on_each_engine(async |server| {
        let alice = server.device("@alice:server.example", "PHONE").await;
        let version = create(&server, &alice).await;
        let store = async |sessions: &[BackupSession]| {
            server.encryption.back_up_sessions(alice.user, &version, sessions).await.unwrap()
        };
        let all = [session("!a", "s1", 5), session("!a", "s2", 5), session("!b", "s1", 5)];
        let first = store(&all).await;
        assert_eq!(first.count, 3);
        assert_eq!(store(&all).await, first, "the same keys are no change");
        assert_eq!(store(&[session("!a", "s1", 6)]).await, first, "a worse key is no change");
        let better = store(&[session("!a", "s1", 2), session("!a", "s1", 3)]).await;
        assert_eq!(better.count, 3);
        assert_ne!(better.etag, first.etag);
        let scope = Scope::Session("!a", "s1");
        let stored =
            server.encryption.backed_up_sessions(alice.user, &version, scope).await.unwrap();
        assert_eq!(stored, [session("!a", "s1", 2)]);
        let backup = server.restarted().current_backup(alice.user).await.unwrap();
        assert_eq!((backup.etag.to_string(), backup.key_count), (better.etag, 3));
    })
    .await;
}

#[tokio::test]
async fn keys_are_read_and_deleted_by_scope() {
    on_each_engine(async |server| {
        let alice = server.device("@alice:server.example", "PHONE").await;
        let bob = server.device("@bob:server.example", "PHONE").await;
        let version = create(&server, &alice).await;
        create(&server, &bob).await;
        let encryption = &server.encryption;
        let all = [session("!a", "s1", 0), session("!a", "s2", 0), session("!b", "s1", 0)];
        encryption.back_up_sessions(alice.user, &version, &all).await.unwrap();
        let read = async |user, scope| {
            let sessions = encryption.backed_up_sessions(user, &version, scope).await?;
            let ids = sessions.into_iter().map(|one| format!("{} {}", one.room_id, one.session_id));
            Ok::<_, BackupError>(ids.collect::<Vec<_>>())
        };
        assert_eq!(read(alice.user, Scope::All).await.unwrap(), ["!a s1", "!a s2", "!b s1"]);
        assert_eq!(read(alice.user, Scope::Room("!a")).await.unwrap(), ["!a s1", "!a s2"]);
        assert!(read(alice.user, Scope::Room("!c")).await.unwrap().is_empty());
        let missing = read(alice.user, Scope::Session("!a", "s9")).await;
        assert!(matches!(missing, Err(BackupError::UnknownKey)));
        assert!(read(bob.user, Scope::All).await.unwrap().is_empty());

        let delete = async |scope| {
            encryption.delete_backed_up_sessions(alice.user, &version, scope).await.unwrap()
        };
        let before = delete(Scope::Room("!c")).await;
        let after = delete(Scope::Session("!a", "s1")).await;
        assert_eq!((before.count, after.count), (3, 2));
        assert_ne!(before.etag, after.etag);
        assert_eq!(delete(Scope::Room("!a")).await.count, 1);
        assert_eq!(delete(Scope::All).await.count, 0);
    })
    .await;
}

#[tokio::test]
async fn keys_go_into_the_current_version_only() {
    on_each_engine(async |server| {
        let alice = server.device("@alice:server.example", "PHONE").await;
        let old = create(&server, &alice).await;
        let current = create(&server, &alice).await;
        let stored =
            server.encryption.back_up_sessions(alice.user, &old, &[session("!a", "s", 0)]).await;
        let refused = matches!(&stored, Err(BackupError::WrongVersion { current: named }) if *named == current);
        assert!(refused, "{stored:?}");
        let bad = [session("", "s", 0), session("!a", "s\0", 0), session("!a", &"x".repeat(300), 0)];
        for session in bad {
            let stored = server.encryption.back_up_sessions(alice.user, &current, &[session]).await;
            assert!(matches!(stored, Err(BackupError::Field(_))), "{stored:?}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn writers_at_once_lose_no_count() {
    on_each_engine(async |server| {
        let alice = server.device("@alice:server.example", "PHONE").await;
        let version = create(&server, &alice).await;
        let tasks: Vec<_> = (0..8)
            .map(|n| {
                let (encryption, version) = (server.encryption.clone(), version.clone());
                let user = alice.user;
                tokio::spawn(async move {
                    let sessions = [session("!a", "shared", n), session("!a", &n.to_string(), 0)];
                    encryption.back_up_sessions(user, &version, &sessions).await.unwrap();
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        let backup = server.encryption.current_backup(alice.user).await.unwrap();
        assert_eq!(backup.key_count, 9);
        let scope = Scope::Session("!a", "shared");
        let shared =
            server.encryption.backed_up_sessions(alice.user, &version, scope).await.unwrap();
        assert_eq!(shared[0].first_message_index, 0);
    })
    .await;
}
