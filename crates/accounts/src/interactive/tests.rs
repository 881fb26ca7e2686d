use db::testing::engines;
use serde_json::json;

use super::*;
use crate::testing::{PASSWORD, TestServer, password_attempt};

fn challenge_of(error: ConfirmError) -> Challenge {
    match error {
        ConfirmError::Challenge(challenge) => *challenge,
        error => panic!("not a challenge: {error:?}"),
    }
}

/// A1: a session, however young, is no proof by itself.
#[tokio::test]
async fn every_sensitive_action_asks_for_the_password_each_time() {
    for database in engines().await {
        let server = TestServer::new(&database).await;
        let alice = server.session("alice", "A").await;
        let request = json!({ "devices": ["B"] });
        for action in Action::SENSITIVE {
            for _ in 0..2 {
                let confirm =
                    |attempt| server.accounts.confirm(&alice, action, "path", &request, attempt);
                let asked = challenge_of(confirm(None).await.unwrap_err());
                assert_eq!(asked.flows, [[Stage::Password]], "{action:?}");
                assert_eq!(asked.refused, None);
                let id = Some(asked.session.as_str());
                let wrong = confirm(Some(password_attempt(id, "wrong"))).await.unwrap_err();
                let wrong = challenge_of(wrong);
                assert_eq!(wrong.refused, Some(Refused::WrongPassword));
                assert_eq!(wrong.session, asked.session);
                let confirmed = confirm(Some(password_attempt(id, PASSWORD))).await.unwrap();
                assert!(confirmed.allows(action, alice.user_num));
                let again = confirm(Some(Attempt { session: Some(asked.session), proof: None }));
                let again = challenge_of(again.await.unwrap_err());
                assert_eq!(again.refused, Some(Refused::UnknownSession), "used up");
            }
        }
    }
}

#[tokio::test]
async fn a_confirmation_is_for_one_action_of_one_user() {
    for database in engines().await {
        let server = TestServer::new(&database).await;
        let alice = server.session("alice", "A").await;
        let bob = server.session("bob", "B").await;
        for confirmed in Action::SENSITIVE {
            let confirmation = server.confirm(&alice, confirmed).await;
            for action in Action::SENSITIVE {
                assert_eq!(confirmation.allows(action, alice.user_num), action == confirmed);
                assert!(!confirmation.allows(action, bob.user_num));
            }
        }
        let other = server.confirm(&alice, Action::DeleteDevices).await;
        let result = server.accounts.deactivate(&alice, false, other).await;
        assert!(matches!(result, Err(crate::DeactivateError::NotConfirmed)));
        let other = server.confirm(&bob, Action::ChangePassword).await;
        let password = Secret::new("another password");
        let result = server.accounts.change_password(&alice, &password, true, other).await;
        assert!(matches!(result, Err(crate::ChangePasswordError::NotConfirmed)));
    }
}

#[tokio::test]
async fn what_was_begun_for_one_request_does_not_confirm_another() {
    for database in engines().await {
        let server = TestServer::new(&database).await;
        let alice = server.session("alice", "A").await;
        let bob = server.session("bob", "B").await;
        let (action, request) = (Action::DeleteDevices, json!({ "devices": ["B"], "x": 1 }));
        let accounts = &server.accounts;
        let begun = accounts.confirm(&alice, action, "path", &request, None).await.unwrap_err();
        let id = challenge_of(begun).session;
        let attempt = || Some(password_attempt(Some(&id), PASSWORD));
        let more = json!({ "devices": ["B", "C"], "x": 1 });
        for (session, action, path, request) in [
            (&alice, action, "path", &more),
            (&alice, action, "elsewhere", &request),
            (&alice, Action::Deactivate, "path", &request),
            (&bob, action, "path", &request),
        ] {
            let result = accounts.confirm(session, action, path, request, attempt()).await;
            assert!(matches!(result, Err(ConfirmError::RequestChanged)), "{result:?}");
        }
        let reordered: Value = serde_json::from_str(r#"{"x":1,"devices":["B"]}"#).unwrap();
        accounts.confirm(&alice, action, "path", &reordered, attempt()).await.unwrap();
    }
}

#[tokio::test]
async fn anothers_password_is_worth_nothing() {
    for database in engines().await {
        let server = TestServer::new(&database).await;
        let alice = server.session("alice", "A").await;
        server.user("bob").await;
        let bobs = Some(Attempt {
            session: None,
            proof: Some(Proof::Password {
                user: Some(LoginName::User("bob".to_owned())),
                password: Secret::new(PASSWORD),
            }),
        });
        let result =
            server.accounts.confirm(&alice, Action::Deactivate, "", &json!({}), bobs).await;
        assert_eq!(challenge_of(result.unwrap_err()).refused, Some(Refused::WrongPassword));
        for proof in [Proof::Dummy, Proof::Unknown, Proof::RegistrationToken(Secret::new("x"))] {
            let attempt = Some(Attempt { session: None, proof: Some(proof) });
            let result =
                server.accounts.confirm(&alice, Action::Deactivate, "", &json!({}), attempt).await;
            assert_eq!(challenge_of(result.unwrap_err()).refused, Some(Refused::UnknownStage));
        }
    }
}

#[tokio::test]
async fn sessions_end_after_a_quarter_of_an_hour_or_five_failures() {
    for database in engines().await {
        let server = TestServer::new(&database).await;
        let alice = server.session("alice", "A").await;
        let confirm = |attempt| async {
            let (action, request) = (Action::Deactivate, json!({}));
            server.accounts.confirm(&alice, action, "", &request, attempt).await
        };
        let id = challenge_of(confirm(None).await.unwrap_err()).session;
        server.clock.advance_ms(LIFETIME_MS + 1);
        let late = confirm(Some(password_attempt(Some(&id), PASSWORD))).await.unwrap_err();
        let late = challenge_of(late);
        assert_eq!(late.refused, Some(Refused::UnknownSession));
        for _ in 0..FAILURES_MAX {
            let wrong = confirm(Some(password_attempt(Some(&late.session), "wrong"))).await;
            let wrong = challenge_of(wrong.unwrap_err());
            assert_eq!(wrong.refused, Some(Refused::WrongPassword));
        }
        let result = confirm(Some(password_attempt(Some(&late.session), PASSWORD))).await;
        assert_eq!(challenge_of(result.unwrap_err()).refused, Some(Refused::UnknownSession));
    }
}
