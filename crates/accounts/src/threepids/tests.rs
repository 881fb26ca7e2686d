use config::{Demand, RegistrationMode, Secret};
use db::testing::{TestDatabase, engines};
use mail::testing::{Arrived, Post};
use serde_json::json;

use super::*;
use crate::{
    ChangePasswordError, LoginName, Settings,
    administration::CreateError,
    interactive::{Attempt, ConfirmError, Proof, Refused, Stage},
    login::LoginError,
    registration::{RegisterError, RegistrationRequest},
    testing::{PASSWORD, TestServer, device, password_attempt},
};
use protocol::threepid::Medium;

mod uses;

const HOUR_MS: i64 = 3_600_000;

/// A server that can send mail, and the mail.
struct Setting {
    server: TestServer,
    post: Post,
}

impl Setting {
    async fn new(database: &TestDatabase) -> Self {
        Self::with(database, |_, _| ()).await
    }

    async fn with(
        database: &TestDatabase,
        change: impl FnOnce(&mut Settings, &mut Verification),
    ) -> Self {
        let post = Post::open().await;
        let mut verification = Verification {
            base_url: "https://m.example.org".to_owned(),
            lifetime_ms: HOUR_MS,
            tells_in_use: false,
            next_link_hosts: vec!["app.example.org".to_owned()],
        };
        let mut server =
            TestServer::with(database, |settings| change(settings, &mut verification)).await;
        let (clock, entropy) = (server.store.clock.clone(), server.store.entropy.clone());
        let mail = mail::Mailer::new(&post.settings(), "example.org", clock, entropy).unwrap();
        server.write_to_addresses(Messengers { mail, sms: None, verification });
        Self { server, post }
    }

    async fn ask(
        &self,
        purpose: Purpose,
        address: &str,
        secret: &str,
        send_attempt: i64,
    ) -> Result<String, VerificationError> {
        let request = VerificationRequest {
            purpose,
            threepid: Threepid::email(address)?,
            client_secret: Secret::new(secret),
            send_attempt,
            next_link: None,
        };
        Ok(self.server.accounts.request_verification(request).await?.sid)
    }

    /// Opens the link of a mail.
    async fn follow(&self, mail: &Arrived) -> Result<Submitted, SubmitError> {
        let link = mail.link();
        let (_, query) = link.split_once("/_longhouse/client/v1/verify?sid=").unwrap();
        let (sid, token) = query.split_once("&token=").unwrap();
        self.server.accounts.submit_token(sid, None, token).await
    }

    /// A proof that an address is somebody's.
    async fn prove(&self, purpose: Purpose, address: &str) -> ThreepidCredentials {
        let sid = self.ask(purpose, address, "secret-of-a-client", 1).await.unwrap();
        let mail = self.post.next().await;
        self.follow(&mail).await.unwrap();
        credentials(&sid, "secret-of-a-client")
    }

    async fn add(&self, name: &str, address: &str) -> Result<(), ThreepidChangeError> {
        let session = self.server.authenticate(&self.server.login(name, "ADD").await).await;
        let credentials = self.prove(Purpose::Add, address).await;
        let confirmation = self.server.confirm(&session, Action::AddThreepid).await;
        self.server.accounts.add_threepid(&session, &credentials, confirmation).await
    }

    async fn addresses(&self, name: &str) -> Vec<String> {
        let user = self.server.accounts.find_by_name(name).await.unwrap().unwrap();
        let rows = self.server.accounts.threepids(&user.name).await.unwrap();
        rows.into_iter().map(|row| row.threepid.address().to_owned()).collect()
    }

    async fn reset(
        &self,
        credentials: &ThreepidCredentials,
        password: &str,
    ) -> Result<Result<(), ChangePasswordError>, Refused> {
        let proof = Proof::Threepid(Medium::Email, credentials.clone());
        let attempt = Some(Attempt { session: None, proof: Some(proof) });
        match self.server.accounts.confirm_reset(&json!({}), attempt).await {
            Ok(confirmation) => {
                let password = Secret::new(password);
                Ok(self.server.accounts.reset_password(&password, true, confirmation).await)
            }
            Err(ConfirmError::Challenge(challenge)) => Err(challenge.refused.unwrap()),
            Err(error) => panic!("{error:?}"),
        }
    }
}

fn credentials(sid: &str, secret: &str) -> ThreepidCredentials {
    ThreepidCredentials { sid: sid.to_owned(), client_secret: Secret::new(secret) }
}

#[tokio::test]
async fn an_address_is_added_once_its_mail_was_answered() {
    for database in engines().await {
        let setting = Setting::new(&database).await;
        let (server, accounts) = (&setting.server, &setting.server.accounts);
        let alice = server.session("alice", "A").await;
        let sid = setting.ask(Purpose::Add, "Alice@Example.org", "s1", 1).await.unwrap();
        let creds = credentials(&sid, "s1");
        let early = accounts.check_new_threepid(&creds).await;
        assert!(matches!(early, Err(ThreepidChangeError::NotProven)), "{early:?}");
        let mail = setting.post.next().await;
        assert_eq!(mail.to, ["alice@example.org"], "the one spelling");
        assert_eq!(setting.follow(&mail).await.unwrap().next_link, None);
        setting.follow(&mail).await.expect("twice is no harm");
        accounts.check_new_threepid(&creds).await.unwrap();
        // Somebody else who knows only the session's name.
        for other in [credentials(&sid, "s2"), credentials("nothing", "s1"), credentials("", "")] {
            let refused = accounts.check_new_threepid(&other).await;
            assert!(matches!(refused, Err(ThreepidChangeError::NotProven)));
        }
        let confirmation = server.confirm(&alice, Action::Deactivate).await;
        let other = accounts.add_threepid(&alice, &creds, confirmation).await;
        assert!(matches!(other, Err(ThreepidChangeError::NotConfirmed)));
        let confirmation = server.confirm(&alice, Action::AddThreepid).await;
        accounts.add_threepid(&alice, &creds, confirmation).await.unwrap();
        assert_eq!(setting.addresses("alice").await, ["alice@example.org"]);
        let confirmation = server.confirm(&alice, Action::AddThreepid).await;
        let again = accounts.add_threepid(&alice, &creds, confirmation).await;
        assert!(matches!(again, Err(ThreepidChangeError::NotProven)), "used up: {again:?}");

        let name = LoginName::Threepid(Threepid::email("ALICE@example.org").unwrap());
        let granted = accounts.login(&name, PASSWORD, device("B")).await.unwrap();
        assert_eq!(granted.user_id, "@alice:example.org");
        let wrong = accounts.login(&name, "wrong", device("B")).await;
        assert!(matches!(wrong, Err(LoginError::Wrong)));

        let threepid = Threepid::email("alice@example.org").unwrap();
        let bob = server.session("bob", "C").await;
        accounts.delete_threepid(&bob, &threepid).await.unwrap();
        assert_eq!(setting.addresses("alice").await.len(), 1, "it is not bob's");
        accounts.delete_threepid(&alice, &threepid).await.unwrap();
        assert!(setting.addresses("alice").await.is_empty());
        let gone = accounts.login(&name, PASSWORD, device("B")).await;
        assert!(matches!(gone, Err(LoginError::Wrong)));
    }
}

/// A3: what is proven for one thing is worth nothing for another.
#[tokio::test]
async fn a_proof_is_for_one_purpose() {
    for database in engines().await {
        let setting = Setting::new(&database).await;
        setting.server.session("alice", "A").await;
        setting.add("alice", "alice@example.org").await.unwrap();
        let accounts = &setting.server.accounts;
        for purpose in [Purpose::Register, Purpose::ResetPassword, Purpose::Add] {
            let address = match purpose {
                Purpose::ResetPassword => "alice@example.org",
                Purpose::Register | Purpose::Add => "other@example.org",
            };
            let creds = setting.prove(purpose, address).await;
            for asked in [Purpose::Register, Purpose::ResetPassword, Purpose::Add] {
                let found = accounts.proven(&creds, asked).await.unwrap();
                assert_eq!(found.is_some(), asked == purpose, "{purpose:?} {asked:?}");
            }
            setting.server.clock.advance_ms(HOUR_MS);
        }
    }
}

/// A3: five tries, then the right token is worth nothing; many at once are no more than that.
#[tokio::test]
async fn a_token_can_be_guessed_at_five_times() {
    for database in engines().await {
        let setting = Setting::new(&database).await;
        let accounts = &setting.server.accounts;
        let sid = setting.ask(Purpose::Register, "a@example.org", "s", 1).await.unwrap();
        let mail = setting.post.next().await;
        let guesses = (0..20).map(|number| {
            let (accounts, sid) = (accounts.clone(), sid.clone());
            tokio::spawn(async move {
                accounts.submit_token(&sid, None, &format!("guess{number}")).await
            })
        });
        let (mut wrong, mut ended) = (0, 0);
        for guess in guesses.collect::<Vec<_>>() {
            match guess.await.unwrap().unwrap_err() {
                SubmitError::Wrong => wrong += 1,
                SubmitError::Ended => ended += 1,
                error => panic!("{error:?}"),
            }
        }
        assert_eq!((wrong, ended), (5, 15));
        assert!(matches!(setting.follow(&mail).await, Err(SubmitError::Ended)));
        // Another mail gives no further tries, another session does.
        setting.ask(Purpose::Register, "a@example.org", "s", 2).await.unwrap();
        let mail = setting.post.next().await;
        assert!(matches!(setting.follow(&mail).await, Err(SubmitError::Ended)));
        setting.ask(Purpose::Register, "a@example.org", "other", 1).await.unwrap();
        setting.follow(&setting.post.next().await).await.unwrap();
    }
}

#[tokio::test]
async fn links_and_proofs_end() {
    for database in engines().await {
        let setting = Setting::new(&database).await;
        let accounts = &setting.server.accounts;
        setting.ask(Purpose::Register, "a@example.org", "s", 1).await.unwrap();
        let mail = setting.post.next().await;
        setting.server.clock.advance_ms(HOUR_MS);
        assert!(matches!(setting.follow(&mail).await, Err(SubmitError::Ended)));
        // The same request begins anew.
        let sid = setting.ask(Purpose::Register, "a@example.org", "s", 1).await.unwrap();
        setting.follow(&setting.post.next().await).await.unwrap();
        let creds = credentials(&sid, "s");
        setting.server.clock.advance_ms(HOUR_MS - 1);
        assert!(accounts.proven(&creds, Purpose::Register).await.unwrap().is_some());
        setting.server.clock.advance_ms(1);
        assert!(accounts.proven(&creds, Purpose::Register).await.unwrap().is_none());
        accounts.sweep().await.unwrap();
        let gone = accounts.submit_token(&sid, None, "x").await;
        assert!(matches!(gone, Err(SubmitError::Unknown)));
        for sid in ["", "a b", &"x".repeat(256)] {
            let refused = accounts.submit_token(sid, None, "x").await;
            assert!(matches!(refused, Err(SubmitError::Unknown)));
        }
    }
}

#[tokio::test]
async fn a_repeated_request_sends_nothing_and_a_newer_one_replaces_the_link() {
    for database in engines().await {
        let setting = Setting::new(&database).await;
        let first = setting.ask(Purpose::Add, "a@example.org", "s", 1).await.unwrap();
        let old = setting.post.next().await;
        for number in [1, 0, -5] {
            let again = setting.ask(Purpose::Add, "a@example.org", "s", number).await.unwrap();
            assert_eq!(again, first);
        }
        assert_eq!(setting.post.take(), []);
        let newer = setting.ask(Purpose::Add, "a@example.org", "s", 2).await.unwrap();
        assert_eq!(newer, first);
        let new = setting.post.next().await;
        assert!(matches!(setting.follow(&old).await, Err(SubmitError::Wrong)));
        setting.follow(&new).await.unwrap();
        let other = setting.ask(Purpose::Add, "b@example.org", "s", 1).await.unwrap();
        assert_ne!(other, first, "another address is another session");
    }
}

#[tokio::test]
async fn an_address_gets_five_mails_an_hour_whoever_asks() {
    for database in engines().await {
        let setting = Setting::new(&database).await;
        for number in 0..5 {
            let secret = format!("s{number}");
            setting.ask(Purpose::Register, "a@example.org", &secret, 1).await.unwrap();
            setting.server.clock.advance_ms(1_000);
        }
        let refused = setting.ask(Purpose::ResetPassword, "A@example.org", "s", 1).await;
        let Err(VerificationError::TooOften { retry_after_ms }) = refused else {
            panic!("{refused:?}")
        };
        assert_eq!(retry_after_ms, 3_600_000 - 5_000);
        setting.ask(Purpose::Register, "b@example.org", "s", 1).await.unwrap();
        setting.server.clock.advance_ms(HOUR_MS - 5_000);
        setting.ask(Purpose::ResetPassword, "a@example.org", "s", 1).await.unwrap();
    }
}

/// Who asks does not learn whether an address is in use: the owner is written to, or nobody.
#[tokio::test]
async fn whose_an_address_is_learns_only_who_reads_its_mail() {
    for database in engines().await {
        let setting = Setting::new(&database).await;
        setting.server.session("alice", "A").await;
        setting.add("alice", "alice@example.org").await.unwrap();
        for (purpose, secret) in [(Purpose::Register, "s1"), (Purpose::Add, "s2")] {
            let sid = setting.ask(purpose, "alice@example.org", secret, 1).await.unwrap();
            let mail = setting.post.next().await;
            assert!(mail.text().contains("@alice:example.org"), "{}", mail.text());
            assert!(!mail.text().contains("verify?"), "{}", mail.text());
            let creds = credentials(&sid, secret);
            assert!(setting.server.accounts.proven(&creds, purpose).await.unwrap().is_none());
        }
        let sid = setting.ask(Purpose::ResetPassword, "nobody@example.org", "s", 1).await.unwrap();
        let wrong = setting.server.accounts.submit_token(&sid, None, "x").await;
        assert!(matches!(wrong, Err(SubmitError::Wrong)), "as with an address that there is");
        assert_eq!(setting.post.take(), []);

        let tells = |_: &mut Settings, verification: &mut Verification| {
            verification.tells_in_use = true;
        };
        let database = engines().await.remove(0);
        let setting = Setting::with(&database, tells).await;
        setting.server.session("alice", "A").await;
        setting.add("alice", "alice@example.org").await.unwrap();
        let told = setting.ask(Purpose::Register, "alice@example.org", "s", 1).await;
        assert!(matches!(told, Err(VerificationError::InUse)));
        let told = setting.ask(Purpose::ResetPassword, "nobody@example.org", "s", 1).await;
        assert!(matches!(told, Err(VerificationError::NotFound)));
    }
}

#[tokio::test]
async fn what_is_not_wanted_is_refused() {
    for database in engines().await {
        let closed = |settings: &mut Settings, _: &mut Verification| {
            settings.registration = RegistrationMode::Closed;
            settings.threepid_changes = false;
        };
        let setting = Setting::with(&database, closed).await;
        let alice = setting.server.session("alice", "A").await;
        for purpose in [Purpose::Register, Purpose::Add] {
            let refused = setting.ask(purpose, "a@example.org", "s", 1).await;
            assert!(matches!(refused, Err(VerificationError::Closed)));
        }
        let threepid = Threepid::email("a@example.org").unwrap();
        let refused = setting.server.accounts.delete_threepid(&alice, &threepid).await;
        assert!(matches!(refused, Err(ThreepidChangeError::NotAllowed)));
        for secret in ["", "a b", "\u{e9}", &"x".repeat(256)] {
            let refused = setting.ask(Purpose::ResetPassword, "a@example.org", secret, 1).await;
            assert!(matches!(refused, Err(VerificationError::Secret)));
        }

        let database = engines().await.remove(0);
        let mute = TestServer::new(&database).await;
        let request = VerificationRequest {
            purpose: Purpose::Add,
            threepid,
            client_secret: Secret::new("s"),
            send_attempt: 1,
            next_link: None,
        };
        let refused = mute.accounts.request_verification(request).await;
        assert!(matches!(refused, Err(VerificationError::NotSupported)));
        assert!(!mute.accounts.can_reset_password());
    }
}

/// A7: nobody is led to a page that the administrator has not named.
#[tokio::test]
async fn people_are_led_on_to_known_hosts_only() {
    for database in engines().await {
        let setting = Setting::new(&database).await;
        for (number, (link, expected)) in [
            ("https://app.example.org/#/done", true),
            ("https://APP.example.org", true),
            ("https://evil.example/app.example.org", false),
            ("https://app.example.org.evil.example/", false),
            ("https://app.example.org@evil.example/", false),
            ("https://evil.example\\@app.example.org/", false),
            ("https://app.example.org:8443/", false),
            ("//app.example.org/", false),
            ("javascript:alert(1)//app.example.org", false),
            ("https://app.example.org/\n", false),
        ]
        .into_iter()
        .enumerate()
        {
            let request = VerificationRequest {
                purpose: Purpose::Register,
                threepid: Threepid::email(&format!("a{number}@example.org")).unwrap(),
                client_secret: Secret::new("s"),
                send_attempt: 1,
                next_link: Some(link.to_owned()),
            };
            setting.server.accounts.request_verification(request).await.unwrap();
            let submitted = setting.follow(&setting.post.next().await).await.unwrap();
            assert_eq!(submitted.next_link.as_deref(), expected.then_some(link), "{link}");
        }
    }
}

/// The login by password, also where an address stands for the user.
#[tokio::test]
async fn an_address_names_its_owner_where_something_is_confirmed() {
    for database in engines().await {
        let setting = Setting::new(&database).await;
        let alice = setting.server.session("alice", "A").await;
        let bob = setting.server.session("bob", "B").await;
        setting.add("alice", "alice@example.org").await.unwrap();
        let attempt = || {
            let proof = Proof::Password {
                user: Some(LoginName::Threepid(Threepid::email("alice@example.org").unwrap())),
                password: Secret::new(PASSWORD),
            };
            Some(Attempt { proof: Some(proof), ..password_attempt(None, PASSWORD) })
        };
        let accounts = &setting.server.accounts;
        let action = Action::Deactivate;
        accounts.confirm(&alice, action, "", &json!({}), attempt()).await.unwrap();
        accounts.confirm(&bob, action, "", &json!({}), attempt()).await.unwrap_err();
    }
}
