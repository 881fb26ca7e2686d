use db::testing::engines;
use serde_json::json;

use super::*;
use crate::testing::TestServer;

async fn set(server: &TestServer, session: &Session, field: &str, value: Value) -> &'static str {
    let result = server.accounts.set_profile_field(session, &session.user_id, field, &value).await;
    match result {
        Ok(()) => "set",
        Err(ProfileError::Field) => "field",
        Err(ProfileError::FieldTooLong) => "field too long",
        Err(ProfileError::Value) => "value",
        Err(ProfileError::TooLarge) => "too large",
        Err(error) => panic!("{error:?}"),
    }
}

async fn profile(server: &TestServer, session: &Session) -> Value {
    Value::Object(server.accounts.profile(&session.user_id).await.unwrap().unwrap())
}

#[tokio::test]
async fn fields_are_set_and_removed() {
    for database in engines().await {
        let server = TestServer::new(&database).await;
        let alice = server.session("alice", "A").await;
        assert_eq!(profile(&server, &alice).await, json!({ "displayname": "alice" }));
        for (field, value) in [
            ("displayname", json!("Alice \u{1F431}")),
            ("avatar_url", json!("mxc://example.org/abc")),
            ("m.tz", json!("Europe/Berlin")),
            ("org.example.job", json!({ "title": "\u{0}", "levels": [1, null] })),
            ("org.example.null", json!(null)),
        ] {
            assert_eq!(set(&server, &alice, field, value).await, "set", "{field}");
        }
        let full = json!({
            "displayname": "Alice \u{1F431}",
            "avatar_url": "mxc://example.org/abc",
            "m.tz": "Europe/Berlin",
            "org.example.job": { "title": "\u{0}", "levels": [1, null] },
            "org.example.null": null,
        });
        assert_eq!(profile(&server, &alice).await, full);
        set(&server, &alice, "displayname", json!(null)).await;
        set(&server, &alice, "avatar_url", json!("")).await;
        for field in ["m.tz", "org.example.null", "org.example.never"] {
            let (accounts, user_id) = (&server.accounts, &alice.user_id);
            accounts.delete_profile_field(&alice, user_id, field).await.unwrap();
        }
        let rest = json!({ "org.example.job": { "title": "\u{0}", "levels": [1, null] } });
        assert_eq!(profile(&server, &alice).await, rest);
    }
}

#[tokio::test]
async fn what_a_field_cannot_be_is_refused() {
    for database in engines().await {
        let server = TestServer::new(&database).await;
        let alice = server.session("alice", "A").await;
        let long_name = "x".repeat(257);
        let long_field = format!("org.{}", "x".repeat(255));
        for (field, value, expected) in [
            ("displayname", json!(1), "value"),
            ("displayname", json!(long_name), "value"),
            ("avatar_url", json!("https://example.org/cat.png"), "value"),
            ("avatar_url", json!("mxc://"), "value"),
            ("avatar_url", json!({}), "value"),
            ("m.tz", json!(null), "value"),
            ("job", json!("x"), "field"),
            ("Org.example", json!("x"), "field"),
            ("org..example", json!("x"), "field"),
            ("org.1", json!("x"), "field"),
            ("", json!("x"), "field"),
            ("org.\u{0}", json!("x"), "field"),
            (&long_field, json!("x"), "field too long"),
        ] {
            assert_eq!(set(&server, &alice, field, value).await, expected, "{field}");
        }
        assert_eq!(profile(&server, &alice).await, json!({ "displayname": "alice" }));
    }
}

#[tokio::test]
async fn a_profile_has_at_most_64_kib() {
    for database in engines().await {
        let server = TestServer::new(&database).await;
        let alice = server.session("alice", "A").await;
        // `displayname` and `"alice"` have 18 bytes, the field's name 5 and its quotes 2.
        let fits = "é".repeat((65_536 - 18 - 5 - 2) / 2);
        assert_eq!(set(&server, &alice, "a.big", json!(format!("{fits}x"))).await, "set");
        assert_eq!(set(&server, &alice, "a.big", json!(format!("{fits}xx"))).await, "too large");
        assert_eq!(set(&server, &alice, "b.b", json!(1)).await, "too large");
        assert_eq!(set(&server, &alice, "a.big", json!("small")).await, "set");
        assert_eq!(set(&server, &alice, "b.b", json!(1)).await, "set");
    }
}

#[tokio::test]
async fn others_profiles_are_theirs_and_changes_have_a_place_in_the_stream() {
    for database in engines().await {
        let server = TestServer::new(&database).await;
        let alice = server.session("alice", "A").await;
        let bob = server.session("bob", "B").await;
        let result = server
            .accounts
            .set_profile_field(&bob, &alice.user_id, "displayname", &json!("x"))
            .await;
        assert!(matches!(result, Err(ProfileError::NotYours)));
        let before = server.store.changes.position();
        set(&server, &alice, "displayname", json!("A")).await;
        server.accounts.delete_profile_field(&alice, &alice.user_id, "m.tz").await.unwrap();
        let until = server.store.changes.position();
        assert_eq!(until, before + 2);
        assert!(server.store.changes.user_changed_since(alice.user_num, before));
        let db = &server.store.db;
        let whose = profiles::changed_users(db, None, before, until).await.unwrap();
        assert_eq!(whose, [alice.user_num]);
        let named = ["m.status".to_owned()];
        let whose = profiles::changed_users(db, Some(&named), before, until).await.unwrap();
        assert!(whose.is_empty());
        let mut changes = profiles::of_users(db, &[alice.user_num], None).await.unwrap();
        changes.sort_by_key(|change| change.position);
        let changes: Vec<_> =
            changes.iter().map(|change| (change.field.as_str(), change.value.as_deref())).collect();
        assert_eq!(changes, [("displayname", Some("\"A\"")), ("m.tz", None)]);
        for stranger in ["@nobody:example.org", "@alice:elsewhere.org"] {
            let stranger = UserId::parse(stranger).unwrap();
            assert_eq!(server.accounts.profile(&stranger).await.unwrap(), None);
        }
    }
}

#[tokio::test]
async fn whoever_is_erased_has_no_profile() {
    for database in engines().await {
        let server = TestServer::new(&database).await;
        let alice = server.session("alice", "A").await;
        let bob = server.session("bob", "B").await;
        server.accounts.deactivate_user(&alice.user_id, true).await.unwrap();
        server.accounts.deactivate_user(&bob.user_id, false).await.unwrap();
        assert_eq!(profile(&server, &alice).await, json!({}));
        assert_eq!(profile(&server, &bob).await, json!({ "displayname": "bob" }));
    }
}
