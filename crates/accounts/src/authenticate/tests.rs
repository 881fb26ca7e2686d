use config::Secret;
use db::testing::engines;

use crate::{AuthenticateError, testing::TestServer};

#[tokio::test]
async fn what_is_no_token_is_refused() {
    for database in engines().await {
        let server = TestServer::new(&database).await;
        let alice = server.session("alice", "A").await;
        assert_eq!(alice.user_id, "@alice:example.org");
        assert_eq!(alice.device().unwrap().as_str(), "A");
        for missing in ["", " ", "\t\n"] {
            let result = server.accounts.authenticate(missing).await;
            assert!(matches!(result, Err(AuthenticateError::Missing)), "{missing:?}");
        }
        let long = "x".repeat(100_000);
        for unknown in ["null", "syt_YWxpY2U_foreign", "lha_", "a b", "\u{e9}\0", "'--", &long] {
            let result = server.accounts.authenticate(unknown).await;
            let is_unknown =
                matches!(result, Err(AuthenticateError::Unknown { soft_logout: false }));
            assert!(is_unknown, "{unknown:?}");
        }
    }
}

#[tokio::test]
async fn a_refresh_token_is_no_access_token() {
    for database in engines().await {
        let server = TestServer::new(&database).await;
        server.user("alice").await;
        let granted = server.login_refreshing("alice", "A").await;
        let refresh_token = granted.refresh_token.as_ref().unwrap();
        assert!(server.accounts.authenticate(refresh_token.expose()).await.is_err());
        assert!(server.accounts.refresh(granted.access_token.expose()).await.is_err());
    }
}

#[tokio::test]
async fn tokens_outlive_a_restart_and_are_stored_as_hashes_only() {
    for database in engines().await {
        let server = TestServer::new(&database).await;
        server.user("alice").await;
        let granted = server.login_refreshing("alice", "A").await;
        let again = server.restarted().authenticate(granted.access_token.expose()).await.unwrap();
        assert_eq!(again.user_id, "@alice:example.org");
        assert_eq!(again.session_id, server.authenticate(&granted).await.session_id);
        assert!(granted.access_token.expose().starts_with("lha_"));
        assert!(!format!("{granted:?}").contains("lha_"), "tokens are not shown");
    }
}

#[tokio::test]
async fn an_access_token_expires_and_the_device_stays() {
    for database in engines().await {
        let server = TestServer::new(&database).await;
        server.user("alice").await;
        let granted = server.login_refreshing("alice", "A").await;
        assert_eq!(granted.expires_in_ms, Some(300_000));
        server.clock.advance_ms(299_999);
        assert!(server.accepts(&granted).await);
        server.clock.advance_ms(1);
        for accounts in [server.accounts.clone(), server.restarted()] {
            let result = accounts.authenticate(granted.access_token.expose()).await;
            assert!(matches!(result, Err(AuthenticateError::Unknown { soft_logout: true })));
        }
    }
}

#[tokio::test]
async fn whoever_waits_learns_that_their_session_has_ended() {
    for database in engines().await {
        let server = TestServer::new(&database).await;
        server.user("alice").await;
        let granted = server.login("alice", "A").await;
        let waiting = server.authenticate(&granted).await;
        assert!(!waiting.is_revoked());
        let same = server.authenticate(&granted).await;
        server.accounts.logout(&same).await.unwrap();
        assert!(waiting.is_revoked());
        assert!(!server.accepts(&granted).await);
    }
}

/// An end of a session that meets the session's first use: whatever is read in between is not kept.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_session_survives_its_end_in_memory() {
    for database in engines().await {
        let server = TestServer::new(&database).await;
        server.user("alice").await;
        for round in 0..30 {
            let granted = server.login("alice", &format!("D{round}")).await;
            let (accounts, session) = (server.restarted(), server.authenticate(&granted).await);
            let readers = (0..4).map(|_| {
                let (accounts, token) = (accounts.clone(), granted.access_token.clone());
                tokio::spawn(async move {
                    for _ in 0..20 {
                        let _ = accounts.authenticate(token.expose()).await;
                        tokio::task::yield_now().await;
                    }
                })
            });
            let readers: Vec<_> = readers.collect();
            accounts.logout(&session).await.unwrap();
            let after = accounts.authenticate(granted.access_token.expose()).await;
            assert!(after.is_err(), "round {round}");
            for reader in readers {
                reader.await.unwrap();
            }
            assert!(accounts.authenticate(granted.access_token.expose()).await.is_err());
        }
    }
}

/// A2: a table of what somebody may present after their account was closed.
#[tokio::test]
async fn nothing_of_a_closed_account_is_accepted() {
    for database in engines().await {
        let server = TestServer::new(&database).await;
        server.user("alice").await;
        let granted = server.login_refreshing("alice", "A").await;
        let session = server.authenticate(&granted).await;
        server.accounts.deactivate_user(&session.user_id, false).await.unwrap();
        for accounts in [server.accounts.clone(), server.restarted()] {
            assert!(accounts.authenticate(granted.access_token.expose()).await.is_err());
            let refresh_token = granted.refresh_token.as_ref().map(Secret::expose).unwrap();
            assert!(accounts.refresh(refresh_token).await.is_err());
            for password in [crate::testing::PASSWORD, "", " "] {
                let device = crate::testing::device("B");
                assert!(accounts.login_with_password("alice", password, device).await.is_err());
            }
        }
        assert!(session.is_revoked());
    }
}
