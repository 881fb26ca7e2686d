use serde_json::json;

use crate::testing::{TestApp, encode};

#[tokio::test]
async fn reports_are_kept_for_those_who_run_the_server() {
    for app in TestApp::on_each_engine().await {
        let (alice, bob, carol) =
            (app.user("alice").await, app.user("bob").await, app.user("carol").await);
        let room = alice.create_room(json!({ "preset": "public_chat" })).await;
        bob.join(&room).await;
        let event = alice.say(&room, "rude").await;
        let of_event = format!("/rooms/{}/report/{}", encode(&room), encode(&event));
        let of_room = format!("/rooms/{}/report", encode(&room));
        let of_user = format!("/users/{}/report", encode(alice.id.as_str()));
        let reason = json!({ "reason": "ru\u{0}de", "score": -100 });
        assert_eq!(bob.post(&of_event, reason.clone()).await.verdict(), "200");
        assert_eq!(bob.post(&of_event, json!({})).await.verdict(), "200");
        assert_eq!(carol.post(&of_event, reason.clone()).await.verdict(), "404 M_NOT_FOUND");
        assert_eq!(carol.post(&of_room, reason.clone()).await.verdict(), "200");
        assert_eq!(carol.post(&of_user, json!({ "reason": "" })).await.verdict(), "200");
        for path in [
            format!("/rooms/{}/report/{}", encode(&room), encode("$nothing")),
            format!("/rooms/{}/report", encode("!nowhere:example.org")),
            format!("/users/{}/report", encode("@nobody:example.org")),
            format!("/users/{}/report", encode("@nobody:elsewhere.example")),
        ] {
            assert_eq!(
                bob.post(&path, reason.clone()).await.verdict(),
                "404 M_NOT_FOUND",
                "{path}"
            );
        }
        for path in [&of_room, &of_user] {
            assert_eq!(bob.post(path, json!({})).await.verdict(), "400 M_BAD_JSON", "{path}");
        }

        let kept = app.app.moderation.reports(0, 100).await.unwrap();
        assert_eq!(kept.len(), 4, "{kept:?}");
        let first = &kept[0];
        assert_eq!(
            (first.reporter.as_str(), first.reason.as_deref()),
            (bob.id.as_str(), Some("rude"))
        );
        assert_eq!(first.subject.room_id.as_deref(), Some(&*room));
        assert_eq!(first.subject.event_id.as_deref(), Some(&*event));
        assert_eq!(first.subject.user_id.as_deref(), Some(alice.id.as_str()));
        assert_eq!(kept[1].reason, None);
        assert_eq!(kept[2].subject.event_id, None);
        assert_eq!(kept[3].subject.room_id, None);
        let rest = app.app.moderation.reports(kept[2].report_id, 100).await.unwrap();
        assert_eq!(rest, kept[3..]);
        assert!(app.app.moderation.delete_report(kept[0].report_id).await.unwrap());
        assert!(!app.app.moderation.delete_report(kept[0].report_id).await.unwrap());
    }
}
