use db::{Read as _, testing::engines};

use super::*;
use crate::testing::{PASSWORD, TestServer, device};

#[tokio::test]
async fn a_user_logs_in_by_localpart_or_id_in_any_letters() {
    for database in engines().await {
        let server = TestServer::new(&database).await;
        server.user("alice").await;
        for name in ["alice", "@alice:example.org", "Alice", "@ALICE:example.org"] {
            let granted =
                server.accounts.login_with_password(name, PASSWORD, DeviceRequest::default()).await;
            let granted = granted.unwrap();
            assert_eq!(granted.user_id, "@alice:example.org", "{name}");
            assert_eq!(granted.device_id.as_str().len(), 10, "made up");
            assert_eq!(granted.expires_in_ms, None);
            assert!(granted.refresh_token.is_none());
        }
    }
}

#[tokio::test]
async fn nobody_is_told_what_was_wrong() {
    for database in engines().await {
        let server = TestServer::new(&database).await;
        server.user("alice").await;
        let no_password =
            crate::administration::NewUser { name: "bot".to_owned(), ..crate::testing::new_user() };
        server.accounts.create_user(no_password).await.unwrap();
        for (name, password) in [
            ("alice", "wrong"),
            ("alice", ""),
            ("bob", PASSWORD),
            ("bob", ""),
            ("bot", ""),
            ("bot", PASSWORD),
            ("", PASSWORD),
            ("@alice:elsewhere.org", PASSWORD),
            ("ali\0ce", PASSWORD),
            ("@:example.org", PASSWORD),
        ] {
            let result = server.accounts.login_with_password(name, password, device("A")).await;
            assert!(matches!(result, Err(LoginError::Wrong)), "{name:?} {password:?}: {result:?}");
        }
    }
}

#[tokio::test]
async fn a_device_has_one_session_and_keeps_its_name() {
    for database in engines().await {
        let server = TestServer::new(&database).await;
        server.user("alice").await;
        let first = server.login("alice", "A").await;
        let other = server.login("alice", "B").await;
        assert!(server.accepts(&first).await);
        let request = DeviceRequest { display_name: Some("another".to_owned()), ..device("A") };
        let second = server.accounts.login_with_password("alice", PASSWORD, request).await.unwrap();
        assert!(!server.accepts(&first).await, "replaced");
        assert!(server.accepts(&second).await && server.accepts(&other).await);
        let session = server.authenticate(&second).await;
        let found = server.accounts.device(&session, "A").await.unwrap().unwrap();
        assert_eq!(found.display_name.as_deref(), Some("name of A"));
        assert_eq!(server.seen(), Vec::<String>::new(), "its keys stay");
    }
}

#[tokio::test]
async fn a_device_id_that_cannot_be_is_refused() {
    for database in engines().await {
        let server = TestServer::new(&database).await;
        server.user("alice").await;
        for id in ["", "a\0b", "a\nb", &"x".repeat(256)] {
            let result = server.accounts.login_with_password("alice", PASSWORD, device(id)).await;
            assert!(matches!(result, Err(LoginError::Device(_))), "{id:?}");
        }
        let long = DeviceRequest { display_name: Some("é".repeat(500)), ..device("A") };
        let granted = server.accounts.login_with_password("alice", PASSWORD, long).await.unwrap();
        let session = server.authenticate(&granted).await;
        let found = server.accounts.device(&session, "A").await.unwrap().unwrap();
        assert_eq!(found.display_name.unwrap(), "é".repeat(100), "cut");
    }
}

#[tokio::test]
async fn an_imported_hash_is_replaced_at_login() {
    for database in engines().await {
        let server = TestServer::new(&database).await;
        server.user("alice").await;
        let user = server.accounts.find_by_name("alice").await.unwrap().unwrap();
        let imported = bcrypt::hash("of synapse", 4).unwrap();
        let mut write = Write::new();
        users::set_password_hash(&mut write, user.user_num, Some(&imported));
        server.store.db.write(write).await.unwrap();

        let login = || server.accounts.login_with_password("alice", "of synapse", device("A"));
        login().await.unwrap();
        let user = server.accounts.find_by_name("alice").await.unwrap().unwrap();
        assert!(user.password_hash.unwrap().starts_with("$argon2id$"));
        login().await.unwrap();
    }
}

/// A10: neither password nor token is anywhere in the database.
#[tokio::test]
async fn no_secret_is_stored() {
    for database in engines().await {
        let server = TestServer::new(&database).await;
        server.user("alice").await;
        let granted = server.login_refreshing("alice", "A").await;
        let session = server.authenticate(&granted).await;
        server.accounts.note_activity(&session, [127, 0, 0, 1].into(), Some("agent"));
        server.accounts.flush_activity().await.unwrap();
        let mut stored = String::new();
        for sql in [
            "SELECT name || COALESCE(password_hash, '') FROM users",
            "SELECT user_id || access_token || COALESCE(device_id, '') || user_agent FROM user_ips",
            "SELECT device_id || COALESCE(display_name, '') FROM devices",
        ] {
            for row in server.store.db.query(sql, db::params![]).await.unwrap() {
                stored.push_str(row.text(0).unwrap());
            }
        }
        let mut blobs = Vec::new();
        for sql in [
            "SELECT token_hash FROM access_tokens",
            "SELECT refresh_hash FROM sessions",
            "SELECT refresh_family_hash FROM sessions",
        ] {
            for row in server.store.db.query(sql, db::params![]).await.unwrap() {
                assert_eq!(row.blob(0).unwrap().len(), 32);
                blobs.extend_from_slice(row.blob(0).unwrap());
            }
        }
        assert!(stored.contains("@alice:example.org"));
        let refresh_token = granted.refresh_token.unwrap();
        for secret in [PASSWORD, granted.access_token.expose(), refresh_token.expose()] {
            assert!(!stored.contains(secret));
            assert!(!blobs.windows(secret.len()).any(|window| window == secret.as_bytes()));
        }
    }
}
