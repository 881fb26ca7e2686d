use db::testing::engines;

use super::*;
use crate::{administration::NewUser, testing::TestServer};

fn section(version: &str) -> config::Terms {
    let policy = |id: &str, version: &str, language: &str| Policy {
        id: id.to_owned(),
        version: version.to_owned(),
        language: language.to_owned(),
        name: format!("{id} in {language}"),
        url: format!("https://example.org/{id}/{language}"),
    };
    config::Terms {
        policies: vec![
            policy("tos", version, "en"),
            policy("tos", version, "fr"),
            policy("privacy", "7", "en"),
        ],
        require: true,
        ..config::Terms::default()
    }
}

fn parts(link: &str) -> (String, String) {
    let query = link.split_once("/_longhouse/client/v1/terms?user=").unwrap().1;
    let (user, signature) = query.split_once("&signature=").unwrap();
    let user = percent_encoding::percent_decode_str(user).decode_utf8().unwrap();
    (user.into_owned(), signature.to_owned())
}

#[test]
fn another_version_is_another_name_and_another_language_is_not() {
    let names: Vec<_> = ["1", "2"].map(|version| Terms::new(&section(version)).name).into();
    assert_ne!(names[0], names[1]);
    let mut less = section("1");
    less.policies.remove(1);
    assert_eq!(Terms::new(&less).name, names[0]);
    assert_eq!(Terms::new(&less).versions.len(), 2);
    assert!(Terms::default().is_empty());
}

#[tokio::test]
async fn whoever_has_not_agreed_is_refused_until_they_do() {
    for database in engines().await {
        let terms = |settings: &mut crate::Settings| settings.terms = Terms::new(&section("1"));
        let server = TestServer::with(&database, terms).await;
        let accounts = &server.accounts;
        let (alice, bob) = (server.session("alice", "A").await, server.session("bob", "B").await);
        let refused = accounts.check_agreed(&alice).await.unwrap_err();
        let NotAgreed::Terms { message, link } = refused else { panic!("{refused}") };
        assert!(message.contains(&link), "{message}");
        let (user, signature) = parts(&link);
        assert_eq!(user, "@alice:example.org");
        let name = accounts.settings().terms.name().to_owned();
        // The link is for one user, and whole.
        for (user, signature) in
            [("@bob:example.org", &*signature), (&*user, ""), (&*user, "0"), ("", &*signature)]
        {
            let wrong = accounts.agree(user, signature, &name).await;
            assert!(matches!(wrong, Err(AgreeError::Link)), "{wrong:?}");
        }
        let older = accounts.agree(&user, &signature, "x").await;
        assert!(matches!(older, Err(AgreeError::Changed)), "{older:?}");
        assert!(accounts.check_agreed(&alice).await.is_err());
        assert!(!accounts.asked(&user, &signature).await.unwrap().unwrap().has_agreed);
        accounts.agree(&user, &signature, &name).await.unwrap();
        accounts.agree(&user, &signature, &name).await.unwrap();
        accounts.check_agreed(&alice).await.unwrap();
        assert!(accounts.check_agreed(&bob).await.is_err());
        assert!(accounts.asked(&user, &signature).await.unwrap().unwrap().has_agreed);
        let agreed = accepted_policies::of_user(&server.store.db, alice.user_num).await.unwrap();
        let agreed: Vec<_> = agreed
            .iter()
            .map(|(policy, at)| (policy.name(), at - server.store.clock.now_ms()))
            .collect();
        assert_eq!(agreed, [("privacy 7".to_owned(), 0), ("tos 1".to_owned(), 0)]);

        // After a restart with a newer version it is to be agreed to as well; the link is still good.
        let newer = |settings: &mut crate::Settings| settings.terms = Terms::new(&section("2"));
        let again = server.restarted_with(newer);
        let granted = again.login("alice", "A2").await;
        let alice = again.authenticate(&granted).await;
        assert!(again.accounts.check_agreed(&alice).await.is_err());
        let older = again.accounts.agree(&user, &signature, &name).await;
        assert!(matches!(older, Err(AgreeError::Changed)), "what was shown is older");
        let name = again.accounts.settings().terms.name().to_owned();
        again.accounts.agree(&user, &signature, &name).await.unwrap();
        again.accounts.check_agreed(&alice).await.unwrap();
        // Who takes a version back asks nobody again.
        let back = again.restarted_with(terms);
        let granted = back.login("alice", "A3").await;
        back.accounts.check_agreed(&*back.authenticate(&granted).await).await.unwrap();
    }
}

#[tokio::test]
async fn programs_need_not_agree_and_those_who_have_to_are_listed() {
    for database in engines().await {
        let terms = |settings: &mut crate::Settings| settings.terms = Terms::new(&section("1"));
        let server = TestServer::with(&database, terms).await;
        let accounts = &server.accounts;
        let robot = NewUser {
            name: "robot".to_owned(),
            password: Some(Secret::new(crate::testing::PASSWORD)),
            displayname: None,
            admin: false,
            user_type: Some("bot".to_owned()),
        };
        accounts.create_user(robot).await.unwrap();
        let robot = server.login("robot", "R").await;
        accounts.check_agreed(&*server.authenticate(&robot).await).await.unwrap();
        server.user("bob").await;
        let alice = server.session("alice", "A").await;
        let guest = accounts.register_guest(None).await.unwrap().granted.unwrap();
        let guest = server.authenticate(&guest).await;
        assert!(accounts.check_agreed(&guest).await.is_err(), "guests have to");
        let listed = async |after: &str| {
            let users = accounts.list_not_agreed(after, 10).await.unwrap();
            users.iter().map(|user| user.name.localpart().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(listed("").await, ["alice", "bob"]);
        assert_eq!(listed("@alice:example.org").await, ["bob"]);
        let (user, signature) = parts(&accounts.terms_link(&alice.user_id).await.unwrap());
        let name = accounts.settings().terms.name().to_owned();
        accounts.agree(&user, &signature, &name).await.unwrap();
        assert_eq!(listed("").await, ["bob"]);
        accounts.deactivate_user(&alice.user_id, false).await.unwrap();
        let gone = accounts.agree(&user, &signature, &name).await;
        assert!(matches!(gone, Err(AgreeError::Link)), "a closed account agrees to nothing");

        let other = engines().await.remove(0);
        let free = TestServer::new(&other).await;
        let carol = free.session("carol", "C").await;
        free.accounts.check_agreed(&carol).await.unwrap();
        assert_eq!(free.accounts.list_not_agreed("", 10).await.unwrap().len(), 0);
    }
}

#[tokio::test]
async fn whoever_is_there_is_to_be_told_of_each_version_once() {
    for database in engines().await {
        let empty = TestServer::new(&database).await;
        let server = |version: &'static str| {
            empty.restarted_with(|settings| settings.terms = Terms::new(&section(version)))
        };
        let first = server("1");
        let alice = first.session("alice", "A").await;
        first.user("bob").await;
        let untold = async |server: &TestServer| {
            let users = server.accounts.untold_of_terms(UserNum(0), 10).await.unwrap();
            users.into_iter().map(|(_, user)| user.localpart().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(untold(&first).await, Vec::<String>::new(), "nobody is there");
        first.accounts.note_activity(&alice, [127, 0, 0, 1].into(), None);
        first.accounts.flush_activity().await.unwrap();
        assert_eq!(untold(&first).await, ["alice"]);
        first.accounts.note_told_of_terms(alice.user_num).await.unwrap();
        assert_eq!(untold(&first).await, Vec::<String>::new());
        let second = server("2");
        assert_eq!(untold(&second).await, ["alice"]);
        second.accounts.note_told_of_terms(alice.user_num).await.unwrap();
        for version in ["1", "2"] {
            assert_eq!(untold(&server(version)).await, Vec::<String>::new());
        }
        let third = server("3");
        third.clock.advance_ms(2 * SEEN_WITHIN_MS);
        assert_eq!(untold(&third).await, Vec::<String>::new(), "they have not come back yet");
    }
}
