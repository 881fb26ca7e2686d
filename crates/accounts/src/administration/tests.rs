use db::testing::engines;

use super::*;
use crate::{
    RegistrationMode,
    testing::{PASSWORD, TestServer, device, new_user},
};

#[tokio::test]
async fn an_administrator_gives_names_that_others_cannot_have() {
    for database in engines().await {
        let server = TestServer::with(&database, |settings| {
            settings.registration = RegistrationMode::Closed;
        })
        .await;
        for name in ["root", "123", "_bridge", "a.b_c=d-e/f+g"] {
            let user = NewUser { name: name.to_owned(), ..new_user() };
            server.accounts.create_user(user).await.unwrap();
        }
        for (name, expected) in [("root", "InUse"), ("a b", "Character"), ("", "Empty")] {
            let user = NewUser { name: name.to_owned(), ..new_user() };
            let error = server.accounts.create_user(user).await.unwrap_err();
            assert!(format!("{error:?}").contains(expected), "{name}: {error:?}");
        }
        let weak = NewUser {
            name: "weak".to_owned(),
            password: Some(Secret::new("1234567")),
            ..new_user()
        };
        let error = server.accounts.create_user(weak).await.unwrap_err();
        assert!(matches!(error, CreateError::Password(WeakPassword::Short(8))));
    }
}

#[tokio::test]
async fn users_are_listed_page_by_page() {
    for database in engines().await {
        let server = TestServer::new(&database).await;
        for name in ["carol", "alice", "bob", "b_b"] {
            server.user(name).await;
        }
        let bob = server.accounts.find_by_name("bob").await.unwrap().unwrap();
        server.accounts.deactivate_user(&bob.name, false).await.unwrap();
        let list = |after: &str, part: &str, deactivated, limit| {
            let query =
                UserQuery { after: after.to_owned(), part: part.to_owned(), deactivated, limit };
            let accounts = server.accounts.clone();
            async move {
                let users = accounts.list_users(&query).await.unwrap();
                users.iter().map(|user| user.name.localpart().to_owned()).collect::<Vec<_>>()
            }
        };
        assert_eq!(list("", "", false, 10).await, ["alice", "b_b", "carol"]);
        assert_eq!(list("", "", true, 2).await, ["alice", "b_b"]);
        assert_eq!(list("@b_b:example.org", "", true, 2).await, ["bob", "carol"]);
        assert_eq!(list("", "_", true, 10).await, ["b_b"], "not a wildcard");
        assert_eq!(list("", "%", true, 10).await, Vec::<String>::new());
        assert_eq!(server.accounts.count_active_users().await.unwrap(), 3);
        assert_eq!(bob.creation_ts, 1_700_000_000, "in seconds");
    }
}

#[tokio::test]
async fn sessions_know_at_once_who_is_administrator() {
    for database in engines().await {
        let server = TestServer::new(&database).await;
        server.user("alice").await;
        let granted = server.login("alice", "A").await;
        let user_id = granted.user_id.clone();
        for admin in [true, false] {
            assert_eq!(server.authenticate(&granted).await.is_admin, !admin);
            server.accounts.set_admin(&user_id, admin).await.unwrap();
            assert_eq!(server.authenticate(&granted).await.is_admin, admin);
        }
    }
}

#[tokio::test]
async fn a_new_password_ends_sessions_where_that_is_asked_for() {
    for database in engines().await {
        let server = TestServer::new(&database).await;
        server.user("alice").await;
        let granted = server.login("alice", "A").await;
        let set = |password, logout| {
            let (accounts, user_id) = (server.accounts.clone(), granted.user_id.clone());
            async move { accounts.set_password(&user_id, &Secret::new(password), logout).await }
        };
        set("another password", false).await.unwrap();
        assert!(server.accepts(&granted).await);
        set("a third password", true).await.unwrap();
        assert!(!server.accepts(&granted).await);
        assert_eq!(server.seen(), ["alice deleted A"]);
        for (password, works) in [(PASSWORD, false), ("a third password", true)] {
            let login = server.accounts.login_with_password("alice", password, device("A")).await;
            assert_eq!(login.is_ok(), works, "{password}");
        }
        let weak = set("short", true).await;
        assert!(matches!(weak, Err(AdministrationError::Password(_))));
    }
}

#[tokio::test]
async fn who_is_not_there_or_gone_is_not_changed() {
    for database in engines().await {
        let server = TestServer::new(&database).await;
        server.user("gone").await;
        let gone = server.accounts.find_by_name("gone").await.unwrap().unwrap().name;
        server.accounts.deactivate_user(&gone, true).await.unwrap();
        server.accounts.deactivate_user(&gone, false).await.unwrap();
        let row = server.accounts.user(&gone).await.unwrap().unwrap();
        assert!(row.deactivated && row.erased && !row.admin && row.password_hash.is_none());
        let nobody = UserId::parse("@nobody:example.org").unwrap();
        let stranger = UserId::parse("@gone:elsewhere.org").unwrap();
        for user_id in [&nobody, &stranger] {
            let result = server.accounts.set_admin(user_id, true).await;
            assert!(matches!(result, Err(AdministrationError::UnknownUser)), "{user_id}");
        }
        let password = Secret::new(PASSWORD);
        let result = server.accounts.set_password(&gone, &password, false).await;
        assert!(matches!(result, Err(AdministrationError::Deactivated)));
        let result = server.accounts.set_admin(&gone, true).await;
        assert!(matches!(result, Err(AdministrationError::Deactivated)));
        let again = NewUser { name: "gone".to_owned(), ..new_user() };
        let result = server.accounts.create_user(again).await;
        assert!(matches!(result, Err(CreateError::Name(NameError::InUse))), "never given again");
    }
}

#[tokio::test]
async fn two_who_want_the_same_name_at_once_do_not_both_get_it() {
    for database in engines().await {
        let server = TestServer::new(&database).await;
        let create = || {
            let accounts = server.accounts.clone();
            let user = NewUser { name: "alice".to_owned(), ..new_user() };
            tokio::spawn(async move { accounts.create_user(user).await })
        };
        let tasks: Vec<_> = (0..10).map(|_| create()).collect();
        let mut created = 0;
        for task in tasks {
            match task.await.unwrap() {
                Ok(_) => created += 1,
                Err(error) => {
                    assert!(matches!(error, CreateError::Name(NameError::InUse)), "{error:?}");
                }
            }
        }
        assert_eq!(created, 1);
    }
}
