//! What addresses are proven for: accounts made with them, and forgotten passwords.
use super::*;

#[tokio::test]
async fn an_account_is_made_with_an_address() {
    for database in engines().await {
        let required = |settings: &mut Settings, _: &mut Verification| {
            settings.email = Demand::Required;
            settings.allowed_addresses = vec![AddressPattern::new("*@example.org")];
        };
        let setting = Setting::with(&database, required).await;
        let accounts = &setting.server.accounts;
        let denied = setting.ask(Purpose::Register, "a@elsewhere.example", "s", 1).await;
        assert!(matches!(denied, Err(VerificationError::Denied)));
        let request = |name: &str| RegistrationRequest {
            username: Some(name.to_owned()),
            password: Some(Secret::new(PASSWORD)),
            device: Some(device("A")),
        };
        let sid = setting.ask(Purpose::Register, "alice@example.org", "s", 1).await.unwrap();
        let creds = credentials(&sid, "s");
        let attempt = |session: Option<String>| {
            let proof = Proof::Threepid(Medium::Email, creds.clone());
            Some(Attempt { session, proof: Some(proof) })
        };
        let mut session = None;
        // Clients ask again and again.
        for _ in 0..10 {
            let asked = accounts.register(request("alice"), attempt(session.clone())).await;
            let Err(RegisterError::Confirm(ConfirmError::Challenge(asked))) = asked else {
                panic!("{asked:?}")
            };
            assert_eq!(asked.flows, [[Stage::EmailIdentity]]);
            assert_eq!(asked.refused, Some(Refused::NotProven));
            assert!(session.is_none_or(|session| session == asked.session));
            session = Some(asked.session);
        }
        setting.follow(&setting.post.next().await).await.unwrap();
        accounts.register(request("alice"), attempt(session)).await.unwrap();
        assert_eq!(setting.addresses("alice").await, ["alice@example.org"]);
        let again = accounts.register(request("bob"), attempt(None)).await.unwrap_err();
        assert!(matches!(again, RegisterError::Confirm(ConfirmError::Challenge(_))), "used up");

        // Two who have proven the same address: the first one has it.
        let mut both = Vec::new();
        for secret in ["one", "two"] {
            let sid = setting.ask(Purpose::Register, "c@example.org", secret, 1).await.unwrap();
            setting.follow(&setting.post.next().await).await.unwrap();
            both.push(credentials(&sid, secret));
        }
        let proofs = both.into_iter().map(|creds| Attempt {
            session: None,
            proof: Some(Proof::Threepid(Medium::Email, creds)),
        });
        let mut proofs = proofs.collect::<Vec<_>>().into_iter();
        accounts.register(request("carol"), proofs.next()).await.unwrap();
        let late = accounts.register(request("dave"), proofs.next()).await.unwrap_err();
        assert!(
            matches!(
                late,
                RegisterError::Confirm(ConfirmError::Challenge(_))
                    | RegisterError::Create(CreateError::AddressInUse)
            ),
            "{late:?}"
        );
        assert!(accounts.find_by_name("dave").await.unwrap().is_none());
    }
}

#[tokio::test]
async fn an_optional_address_may_be_left_out() {
    for database in engines().await {
        let with_tokens = |settings: &mut Settings, _: &mut Verification| {
            settings.registration = RegistrationMode::Token;
        };
        let setting = Setting::with(&database, with_tokens).await;
        let asked = setting.server.accounts.register(RegistrationRequest::default(), None).await;
        let Err(RegisterError::Confirm(ConfirmError::Challenge(asked))) = asked else {
            panic!("{asked:?}")
        };
        let expected =
            [vec![Stage::RegistrationToken], vec![Stage::EmailIdentity, Stage::RegistrationToken]];
        assert_eq!(asked.flows, expected);
    }
}

#[tokio::test]
async fn a_forgotten_password_is_replaced_once() {
    for database in engines().await {
        let setting = Setting::new(&database).await;
        let (server, accounts) = (&setting.server, &setting.server.accounts);
        server.session("alice", "A").await;
        setting.add("alice", "alice@example.org").await.unwrap();
        let old = server.login("alice", "B").await;
        let creds = setting.prove(Purpose::ResetPassword, "alice@example.org").await;
        setting.reset(&creds, "a new password").await.unwrap().unwrap();
        assert!(!server.accepts(&old).await, "all sessions have ended");
        accounts.login_with_password("alice", "a new password", device("C")).await.unwrap();
        assert_eq!(setting.reset(&creds, "once more").await.unwrap_err(), Refused::NotProven);
        let wrong = credentials(&creds.sid, "other-secret");
        assert_eq!(setting.reset(&wrong, "once more").await.unwrap_err(), Refused::NotProven);

        // An address that is removed meanwhile opens nothing any more.
        let creds = setting.prove(Purpose::ResetPassword, "alice@example.org").await;
        let granted = accounts.login_with_password("alice", "a new password", device("C")).await;
        let alice = server.authenticate(&granted.unwrap()).await;
        let threepid = Threepid::email("alice@example.org").unwrap();
        accounts.delete_threepid(&alice, &threepid).await.unwrap();
        assert_eq!(setting.reset(&creds, "once more").await.unwrap_err(), Refused::NotProven);
    }
}

#[tokio::test]
async fn a_closed_account_sets_its_addresses_free() {
    for database in engines().await {
        let setting = Setting::new(&database).await;
        let server = &setting.server;
        let alice = server.session("alice", "A").await;
        setting.add("alice", "a@example.org").await.unwrap();
        let creds = setting.prove(Purpose::ResetPassword, "a@example.org").await;
        let confirmation = server.confirm(&alice, Action::Deactivate).await;
        server.accounts.deactivate(&alice, false, confirmation).await.unwrap();
        let late = setting.reset(&creds, "a new password").await.unwrap();
        assert!(matches!(late, Err(ChangePasswordError::NotProven)), "{late:?}");
        server.session("bob", "B").await;
        setting.add("bob", "a@example.org").await.unwrap();
        assert_eq!(setting.addresses("bob").await, ["a@example.org"]);
    }
}
