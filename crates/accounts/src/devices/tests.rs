use config::Secret;
use db::testing::engines;

use super::*;
use crate::testing::{PASSWORD, TestServer, device};

#[tokio::test]
async fn a_user_sees_names_and_removes_their_devices_only() {
    for database in engines().await {
        let server = TestServer::new(&database).await;
        let alice = server.session("alice", "A").await;
        let second = server.login("alice", "B").await;
        let bob = server.session("bob", "B").await;
        let ids = |devices: Vec<Device>| {
            devices.into_iter().map(|device| device.device_id).collect::<Vec<_>>()
        };
        assert_eq!(ids(server.accounts.devices(&alice).await.unwrap()), ["A", "B"]);
        server.accounts.rename_device(&alice, "B", Some("phone")).await.unwrap();
        let renamed = server.accounts.device(&alice, "B").await.unwrap().unwrap();
        assert_eq!(renamed.display_name.as_deref(), Some("phone"));
        let bobs = server.accounts.device(&bob, "B").await.unwrap().unwrap();
        assert_eq!(bobs.display_name.as_deref(), Some("name of B"));
        server.accounts.rename_device(&alice, "B", Some("phone")).await.unwrap();
        server.accounts.rename_device(&alice, "B", None).await.unwrap();
        assert_eq!(server.seen(), ["alice renamed B"], "only what changes is told");

        let confirmation = server.confirm(&alice, Action::DeleteDevices).await;
        let ids_to_delete = ["B".to_owned(), "unknown".to_owned()];
        server.accounts.delete_devices(&alice, &ids_to_delete, confirmation).await.unwrap();
        assert_eq!(server.seen(), ["alice deleted B"]);
        assert!(!server.accepts(&second).await);
        assert_eq!(ids(server.accounts.devices(&alice).await.unwrap()), ["A"]);
        assert_eq!(ids(server.accounts.devices(&bob).await.unwrap()), ["B"]);
    }
}

#[tokio::test]
async fn what_a_device_cannot_be_called_is_refused() {
    for database in engines().await {
        let server = TestServer::new(&database).await;
        let alice = server.session("alice", "A").await;
        let rename = |id: &'static str, name: String| {
            let (accounts, alice) = (server.accounts.clone(), alice.clone());
            async move { accounts.rename_device(&alice, id, Some(&name)).await }
        };
        for name in ["x".repeat(101), "a\0b".to_owned()] {
            assert!(matches!(rename("A", name).await, Err(DeviceError::Name)));
        }
        for id in ["B", "", "\0"] {
            assert!(
                matches!(rename(id, "x".to_owned()).await, Err(DeviceError::Unknown)),
                "{id:?}"
            );
        }
    }
}

#[tokio::test]
async fn logging_out_removes_the_device_and_logging_out_everywhere_all() {
    for database in engines().await {
        let server = TestServer::new(&database).await;
        let alice = server.session("alice", "A").await;
        let others = [server.login("alice", "B").await, server.login("alice", "C").await];
        server.user("bob").await;
        let bob = server.login("bob", "A").await;
        server.accounts.logout(&alice).await.unwrap();
        assert_eq!(server.seen(), ["alice deleted A"]);
        assert!(alice.is_revoked() && server.accepts(&others[0]).await);
        let session = server.authenticate(&others[0]).await;
        server.accounts.logout_all(&session).await.unwrap();
        assert_eq!(server.seen(), ["alice deleted B,C"]);
        for granted in &others {
            assert!(!server.accepts(granted).await);
        }
        assert!(server.accepts(&bob).await);
        let again = server.login("alice", "D").await;
        let again = server.authenticate(&again).await;
        assert_eq!(server.accounts.devices(&again).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn a_changed_password_ends_the_other_sessions() {
    for database in engines().await {
        let server = TestServer::new(&database).await;
        let alice = server.session("alice", "A").await;
        let other = server.login("alice", "B").await;
        let change = |password: &'static str, logout_devices| {
            let (server, alice) = (&server, &alice);
            async move {
                let confirmation = server.confirm(alice, Action::ChangePassword).await;
                let password = Secret::new(password);
                server
                    .accounts
                    .change_password(alice, &password, logout_devices, confirmation)
                    .await
            }
        };
        assert!(change("short", true).await.is_err());
        change(PASSWORD, false).await.unwrap();
        assert!(server.accepts(&other).await);
        change("another password", true).await.unwrap();
        assert!(!server.accepts(&other).await);
        assert!(!alice.is_revoked());
        assert_eq!(server.seen(), ["alice deleted B"]);
        let old = server.accounts.login_with_password("alice", PASSWORD, device("B")).await;
        assert!(old.is_err());
    }
}
