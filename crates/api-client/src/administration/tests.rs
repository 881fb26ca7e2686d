use serde_json::json;

use crate::testing::{TestApp, encode};

#[tokio::test]
async fn administrators_lock_and_suspend_others_but_not_each_other() {
    for app in TestApp::on_each_engine().await {
        let (root, other, bob) =
            (app.user("boss").await, app.user("other").await, app.user("bob").await);
        for admin in [&root, &other] {
            app.app.accounts.set_admin(&admin.id, true).await.unwrap();
        }
        let abilities = root.get("/capabilities").await.json()["capabilities"].clone();
        assert_eq!(abilities["m.account_moderation"], json!({ "lock": true, "suspend": true }));
        let abilities = bob.get("/capabilities").await.json()["capabilities"].clone();
        assert!(abilities.get("m.account_moderation").is_none(), "{abilities}");
        for prefix in ["/_matrix/client/v1", "/_matrix/client/unstable/uk.timedout.msc4323"] {
            for (verb, field) in [("suspend", "suspended"), ("lock", "locked")] {
                let path = |id: &str| format!("{prefix}/admin/{verb}/{}", encode(id));
                let own = path(bob.id.as_str());
                assert_eq!(bob.get(&own).await.verdict(), "403 M_FORBIDDEN");
                assert_eq!(
                    bob.put(&own, json!({ field: true })).await.verdict(),
                    "403 M_FORBIDDEN"
                );
                assert_eq!(root.get(&own).await.json(), json!({ field: false }));
                let set = root.put(&own, json!({ field: true })).await;
                assert_eq!(set.json(), json!({ field: true }));
                assert_eq!(root.get(&own).await.json(), json!({ field: true }));
                root.put(&own, json!({ field: false })).await;
                for (id, verdict) in [
                    (root.id.as_str(), "403 M_FORBIDDEN"),
                    (other.id.as_str(), "403 M_FORBIDDEN"),
                    ("@nobody:example.org", "404 M_NOT_FOUND"),
                    ("@bob:elsewhere.example", "400 M_INVALID_PARAM"),
                ] {
                    let reply = root.put(&path(id), json!({ field: true })).await;
                    assert_eq!(reply.verdict(), verdict, "{id}");
                }
                assert_eq!(root.put(&own, json!({})).await.verdict(), "400 M_BAD_JSON");
            }
        }
    }
}
