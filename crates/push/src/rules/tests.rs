use std::sync::Arc;

use clock::MockClock;
use db::testing::{TestDatabase, engines};
use entropy::SeededEntropy;
use futures_util::future::join_all;
use protocol::{
    ids::{OwnedUserId, UserId},
    push::RuleKind,
};
use store::Store;

use super::*;

async fn push(database: &TestDatabase) -> Arc<Push> {
    let clock = Arc::new(MockClock::default());
    let store = Store::open(database.open().await, clock, SeededEntropy::shared(1)).await.unwrap();
    Push::new(store, "example.org".try_into().unwrap())
}

async fn user(push: &Push) -> (UserNum, OwnedUserId) {
    let id = UserId::parse("@alice:example.org").unwrap();
    let mut write = Write::new();
    let num = push.store.interner.user(&mut write, &id).await.unwrap();
    push.store.write(write).await.unwrap();
    (num, id)
}

fn put(rules: &mut PushRules, id: &str) -> Result<(), PushRuleError> {
    rules.put(RuleKind::Content, id, br#"{"pattern":"x","actions":[]}"#, None, None)
}

#[tokio::test]
async fn changes_at_the_same_time_are_all_kept() {
    for database in engines().await {
        let push = push(&database).await;
        let (num, id) = user(&push).await;
        // More than would get through by trying again.
        let names: Vec<String> = (0..4 * ATTEMPTS_MAX).map(|n| n.to_string()).collect();
        let changes =
            names.iter().map(|name| push.change_rules(num, &id, move |rules| put(rules, name)));
        for result in join_all(changes).await {
            result.unwrap();
        }
        let rules = push.rules(num, &id).await.unwrap();
        for name in &names {
            assert_eq!(rules.is_enabled(RuleKind::Content, name), Some(true));
        }
    }
}

#[tokio::test]
async fn only_a_change_is_written() {
    for database in engines().await {
        let push = push(&database).await;
        let (num, id) = user(&push).await;
        let before = push.store.changes.position();
        push.change_rules(num, &id, |_| Ok(())).await.unwrap();
        let refused = push.change_rules(num, &id, |rules| {
            put(rules, "a")?;
            rules.remove(RuleKind::Override, ".m.rule.master")
        });
        let refused = refused.await;
        assert!(matches!(refused, Err(RulesError::Refused(PushRuleError::ServerDefault))));
        assert_eq!(push.store.changes.position(), before);
        assert!(push.own_rules(num, &id).await.unwrap().is_none());
        push.change_rules(num, &id, |rules| put(rules, "a")).await.unwrap();
        assert_eq!(push.store.changes.position(), before + 1);
        assert!(push.store.changes.user_changed_since(num, before));
    }
}

/// Whoever joins a room does so with the rules that were read for it, or the join is tried again.
#[tokio::test]
async fn a_write_may_depend_on_the_rules_it_has_seen() {
    for database in engines().await {
        let push = push(&database).await;
        let (num, id) = user(&push).await;
        let depends = async |read: Option<i64>| {
            let mut write = Write::new();
            account_data::expect(&mut write, num, ACCOUNT_DATA_TYPE, read);
            push.store.write(write).await.map(drop)
        };
        assert!(depends(None).await.is_ok());
        push.change_rules(num, &id, |rules| put(rules, "a")).await.unwrap();
        assert!(matches!(depends(None).await, Err(db::WriteError::Conflict { .. })));
        let first = push.own_rules(num, &id).await.unwrap().unwrap().position;
        assert!(depends(Some(first)).await.is_ok());
        push.change_rules(num, &id, |rules| put(rules, "b")).await.unwrap();
        assert!(matches!(depends(Some(first)).await, Err(db::WriteError::Conflict { .. })));
    }
}

/// Prepared rules take twenty kilobytes.
#[tokio::test]
async fn who_has_changed_nothing_shares_the_rules_of_the_server() {
    for database in engines().await {
        let push = push(&database).await;
        let (num, id) = user(&push).await;
        let before = push.prepared_rules(num, &id).await.unwrap();
        assert!(Arc::ptr_eq(&before.rules, &push.ordinary));
        push.change_rules(num, &id, |rules| put(rules, "a")).await.unwrap();
        let after = push.prepared_rules(num, &id).await.unwrap();
        assert!(!Arc::ptr_eq(&after.rules, &push.ordinary));
    }
}
