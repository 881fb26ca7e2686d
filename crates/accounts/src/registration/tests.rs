use db::testing::engines;

use super::*;
use crate::{
    administration::RegistrationToken,
    interactive::{Proof, Refused, Stage},
    testing::{PASSWORD, TestServer, device},
};

fn request(name: &str) -> RegistrationRequest {
    RegistrationRequest {
        username: Some(name.to_owned()),
        password: Some(Secret::new(PASSWORD)),
        device: Some(device("A")),
    }
}

fn dummy() -> Attempt {
    Attempt { session: None, proof: Some(Proof::Dummy) }
}

fn token(token: &str) -> Attempt {
    Attempt { session: None, proof: Some(Proof::RegistrationToken(Secret::new(token))) }
}

#[tokio::test]
async fn anybody_registers_where_it_is_open() {
    for database in engines().await {
        let server = TestServer::new(&database).await;
        let asked = server.accounts.register(RegistrationRequest::default(), None).await;
        let Err(RegisterError::Confirm(ConfirmError::Challenge(asked))) = asked else {
            panic!("{asked:?}")
        };
        assert_eq!(asked.flows, [[Stage::Dummy]]);
        let attempt = Some(Attempt { session: Some(asked.session), proof: Some(Proof::Dummy) });
        let registered = server.accounts.register(request("Alice"), attempt).await.unwrap();
        assert_eq!(registered.user_id, "@alice:example.org", "capital letters become small");
        assert!(server.accepts(&registered.granted.unwrap()).await);
        let profile = server.accounts.profile(&registered.user_id).await.unwrap().unwrap();
        assert_eq!(profile.get("displayname").unwrap(), "alice");

        let quiet = RegistrationRequest { device: None, username: None, ..request("") };
        let registered = server.accounts.register(quiet, Some(dummy())).await.unwrap();
        assert!(registered.granted.is_none());
        assert_eq!(registered.user_id.localpart().len(), 12, "made up");
    }
}

#[tokio::test]
async fn what_is_wrong_is_said_before_anything_is_to_be_proved() {
    for database in engines().await {
        let server = TestServer::new(&database).await;
        server.user("taken").await;
        for (name, expected) in [
            ("taken", "InUse"),
            ("TAKEN", "InUse"),
            ("root", "Reserved"),
            ("123", "Digits"),
            ("_irc_bob", "Underscore"),
            ("", "Empty"),
            ("a b", "Character"),
            ("@a:example.org", "Character"),
            ("ü", "Character"),
            ("a\0", "Character"),
            (&"x".repeat(300), "TooLong"),
        ] {
            let error = server.accounts.register(request(name), None).await.unwrap_err();
            assert!(format!("{error:?}").contains(expected), "{name}: {error:?}");
            let error = server.accounts.check_available(name).await.unwrap_err();
            assert!(format!("{error:?}").contains(expected), "{name}: {error:?}");
        }
        let weak = RegistrationRequest { password: Some(Secret::new("x")), ..request("new") };
        let error = server.accounts.register(weak, Some(dummy())).await.unwrap_err();
        assert!(matches!(error, RegisterError::Password(_)));
        let none = RegistrationRequest { password: None, ..request("new") };
        let error = server.accounts.register(none, Some(dummy())).await.unwrap_err();
        assert!(matches!(error, RegisterError::NoPassword));
        let odd = RegistrationRequest { device: Some(device("a\nb")), ..request("new") };
        let error = server.accounts.register(odd, Some(dummy())).await.unwrap_err();
        assert!(matches!(error, RegisterError::Device(_)));
        assert!(server.accounts.check_available("new").await.is_ok(), "nothing was stored");
    }
}

#[tokio::test]
async fn a_closed_server_takes_nobody() {
    for database in engines().await {
        let server = TestServer::with(&database, |settings| {
            settings.registration = RegistrationMode::Closed;
        })
        .await;
        for attempt in [None, Some(dummy()), Some(token("x"))] {
            let error = server.accounts.register(request("alice"), attempt).await.unwrap_err();
            assert!(matches!(error, RegisterError::Closed));
        }
    }
}

#[tokio::test]
async fn a_token_is_good_for_as_many_accounts_as_it_says() {
    for database in engines().await {
        let server = TestServer::with(&database, |settings| {
            settings.registration = RegistrationMode::Token;
            settings.registration_tokens = vec![Secret::new("configured")];
        })
        .await;
        let now = 1_700_000_000_000;
        for (name, uses_allowed, expiry_ts) in
            [("twice", Some(2), None), ("late", None, Some(now)), ("soon", None, Some(now + 1))]
        {
            let row =
                RegistrationToken { token: name.to_owned(), uses_allowed, completed: 0, expiry_ts };
            assert!(server.accounts.create_registration_token(&row).await.unwrap());
            assert!(!server.accounts.create_registration_token(&row).await.unwrap(), "exists");
        }
        let names = ["a", "b", "c", "d", "e", "f"];
        let tokens = ["twice", "configured", "twice", "twice", "soon", "configured"];
        let mut worked = Vec::new();
        for (name, used) in names.into_iter().zip(tokens) {
            let valid = server.accounts.is_registration_token_valid(used).await.unwrap();
            let result = server.accounts.register(request(name), Some(token(used))).await;
            assert_eq!(result.is_ok(), valid, "{name} {result:?}");
            worked.push(valid);
        }
        assert_eq!(worked, [true, true, true, false, true, true]);
        for wrong in ["late", "never", "", "a\0b", &"x".repeat(65)] {
            let error =
                server.accounts.register(request("z"), Some(token(wrong))).await.unwrap_err();
            let RegisterError::Confirm(ConfirmError::Challenge(challenge)) = error else {
                panic!("{error:?}")
            };
            assert_eq!(challenge.refused, Some(Refused::WrongToken), "{wrong:?}");
        }
        let error = server.accounts.register(request("z"), Some(dummy())).await.unwrap_err();
        assert!(matches!(error, RegisterError::Confirm(_)), "nothing is no token");
        let listed = server.accounts.registration_tokens().await.unwrap();
        let counts: Vec<_> = listed.iter().map(|row| (row.token.as_str(), row.completed)).collect();
        assert_eq!(counts, [("late", 0), ("soon", 1), ("twice", 2)]);
        assert!(server.accounts.delete_registration_token("soon").await.unwrap());
        assert!(!server.accounts.delete_registration_token("soon").await.unwrap());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_token_is_not_stretched_by_haste() {
    for database in engines().await {
        let server =
            TestServer::with(&database, |settings| settings.registration = RegistrationMode::Token)
                .await;
        let row = RegistrationToken {
            token: "once".to_owned(),
            uses_allowed: Some(1),
            completed: 0,
            expiry_ts: None,
        };
        server.accounts.create_registration_token(&row).await.unwrap();
        let tasks: Vec<_> = (0..10)
            .map(|number| {
                let accounts = server.accounts.clone();
                let name = format!("user{number}");
                tokio::spawn(
                    async move { accounts.register(request(&name), Some(token("once"))).await },
                )
            })
            .collect();
        let mut made = 0;
        for task in tasks {
            made += usize::from(task.await.unwrap().is_ok());
        }
        assert_eq!(made, 1);
        assert_eq!(server.accounts.count_active_users().await.unwrap(), 1);
    }
}
