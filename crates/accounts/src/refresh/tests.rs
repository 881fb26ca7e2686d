use std::sync::Arc;

use db::testing::engines;

use super::*;
use crate::{Granted, testing::TestServer};

async fn refresh(server: &TestServer, token: &Secret) -> Result<Refreshed, RefreshError> {
    server.accounts.refresh(token.expose()).await
}

async fn accepts(server: &TestServer, token: &Secret) -> bool {
    server.accounts.authenticate(token.expose()).await.is_ok()
}

async fn logged_in(server: &TestServer) -> (Granted, Secret) {
    server.user("alice").await;
    let granted = server.login_refreshing("alice", "A").await;
    let refresh_token = granted.refresh_token.clone().unwrap();
    (granted, refresh_token)
}

#[tokio::test]
async fn the_old_access_token_ends_when_the_new_one_is_used() {
    for database in engines().await {
        let server = TestServer::new(&database).await;
        let (granted, first) = logged_in(&server).await;
        let session = server.authenticate(&granted).await;
        let second = refresh(&server, &first).await.unwrap();
        assert_eq!(second.expires_in_ms, 300_000);
        assert!(server.accepts(&granted).await, "the answer may be lost");
        assert!(accepts(&server, &second.access_token).await);
        assert!(!server.accepts(&granted).await);
        let renewed = server.accounts.authenticate(second.access_token.expose()).await.unwrap();
        assert_eq!(renewed.session_id, session.session_id);
        assert_eq!(renewed.device_id, session.device_id);
        assert_ne!(renewed.token_id, session.token_id);
    }
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_again() {
    for database in engines().await {
        let server = TestServer::new(&database).await;
        let (granted, first) = logged_in(&server).await;
        let lost = refresh(&server, &first).await.unwrap();
        let arrived = refresh(&server, &first).await.unwrap();
        assert!(!accepts(&server, &lost.access_token).await, "replaced");
        assert!(server.accepts(&granted).await);
        assert!(accepts(&server, &arrived.access_token).await);
        let next = refresh(&server, &arrived.refresh_token).await.unwrap();
        assert!(accepts(&server, &next.access_token).await);
    }
}

/// A6: both ways of using the successor close the door behind it.
#[tokio::test]
async fn a_replay_after_the_successor_was_used_ends_the_session() {
    for database in engines().await {
        for by_access_token in [true, false] {
            let server = TestServer::new(&database).await;
            let name = if by_access_token { "alice" } else { "bob" };
            server.user(name).await;
            let first = server.login_refreshing(name, "A").await.refresh_token.unwrap();
            let mut live = refresh(&server, &first).await.unwrap();
            if by_access_token {
                assert!(accepts(&server, &live.access_token).await);
            } else {
                live = refresh(&server, &live.refresh_token).await.unwrap();
            }
            let replayed = refresh(&server, &first).await;
            assert!(matches!(replayed, Err(RefreshError::Unknown { .. })), "{by_access_token}");
            assert!(!accepts(&server, &live.access_token).await, "{by_access_token}");
            let after = refresh(&server, &live.refresh_token).await;
            assert!(matches!(after, Err(RefreshError::Unknown { .. })), "{by_access_token}");
        }
    }
}

#[tokio::test]
async fn a_replay_is_noticed_after_many_refreshes_and_a_restart() {
    for database in engines().await {
        let server = TestServer::new(&database).await;
        let (_, first) = logged_in(&server).await;
        let mut token = first.clone();
        for _ in 0..50 {
            server.clock.advance_ms(86_400_000);
            server.accounts.sweep().await.unwrap();
            token = refresh(&server, &token).await.unwrap().refresh_token;
        }
        assert!(server.restarted().refresh(first.expose()).await.is_err());
        assert!(refresh(&server, &token).await.is_err(), "the whole family is gone");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_refreshes_at_once_leave_one_branch() {
    for database in engines().await {
        let server = Arc::new(TestServer::new(&database).await);
        let (_, first) = logged_in(&server).await;
        let tasks: Vec<_> = (0..100)
            .map(|_| {
                let (accounts, first) = (server.accounts.clone(), first.clone());
                tokio::spawn(async move { accounts.refresh(first.expose()).await })
            })
            .collect();
        let mut answers = Vec::new();
        for task in tasks {
            answers.push(task.await.unwrap().unwrap());
        }
        let mut live = 0;
        for answer in &answers {
            live += usize::from(accepts(&server, &answer.access_token).await);
        }
        assert_eq!(live, 1);
    }
}

#[tokio::test]
async fn a_refresh_token_ends_when_nobody_uses_it() {
    for database in engines().await {
        let hour = 3_600_000;
        let server =
            TestServer::with(&database, |settings| settings.refresh_token_lifetime_ms = Some(hour))
                .await;
        let (_, first) = logged_in(&server).await;
        server.clock.advance_ms(hour - 1);
        let second = refresh(&server, &first).await.unwrap();
        server.clock.advance_ms(hour);
        let late = refresh(&server, &second.refresh_token).await;
        assert!(matches!(late, Err(RefreshError::Unknown { soft_logout: true })));
    }
}

#[tokio::test]
async fn what_is_no_refresh_token_is_refused() {
    for database in engines().await {
        let server = TestServer::new(&database).await;
        let (_, first) = logged_in(&server).await;
        let guessed = format!("{}AAAAAAAA", first.expose().get(..40).unwrap());
        for token in ["", " ", "null", "lhr_", "syr_foreign", "lhr_é", &"lhr_x".repeat(9_000)] {
            assert!(server.accounts.refresh(token).await.is_err(), "{token}");
        }
        assert!(refresh(&server, &first).await.is_ok());
        assert!(server.accounts.refresh(&guessed).await.is_err());
    }
}
