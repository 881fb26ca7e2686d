use db::testing::engines;

use crate::testing::TestServer;

#[tokio::test]
async fn an_equal_filter_is_stored_once_a_user() {
    for database in engines().await {
        let server = TestServer::new(&database).await;
        let alice = server.session("alice", "A").await.user_num;
        let bob = server.session("bob", "B").await.user_num;
        let accounts = &server.accounts;
        assert_eq!(accounts.create_filter(alice, "{}").await.unwrap(), "0");
        assert_eq!(accounts.create_filter(alice, r#"{"a":1}"#).await.unwrap(), "1");
        assert_eq!(accounts.create_filter(alice, "{}").await.unwrap(), "0");
        assert_eq!(accounts.create_filter(bob, r#"{"b":1}"#).await.unwrap(), "0");
        assert_eq!(accounts.filter(alice, "1").await.unwrap().unwrap(), r#"{"a":1}"#);
        assert_eq!(accounts.filter(bob, "0").await.unwrap().unwrap(), r#"{"b":1}"#);
        for unknown in ["2", "-1", "", "x", "0x0", "99999999999999999999", "1\0"] {
            assert_eq!(accounts.filter(alice, unknown).await.unwrap(), None, "{unknown:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn filters_stored_at_once_get_ids_of_their_own() {
    for database in engines().await {
        let server = TestServer::new(&database).await;
        let alice = server.session("alice", "A").await.user_num;
        let tasks: Vec<_> = (0..20)
            .map(|number| {
                let accounts = server.accounts.clone();
                let filter = format!(r#"{{"n":{}}}"#, number / 2);
                tokio::spawn(async move { accounts.create_filter(alice, &filter).await.unwrap() })
            })
            .collect();
        let mut ids = std::collections::BTreeSet::new();
        for task in tasks {
            ids.insert(task.await.unwrap());
        }
        assert_eq!(ids.len(), 10);
    }
}
