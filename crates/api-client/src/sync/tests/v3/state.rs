//! The state beside the timeline.
use serde_json::json;

use super::{Client, act, key, secretive, set_state, state};
use crate::testing::{TestApp, encode};

#[tokio::test]
async fn state_is_of_before_the_timeline_or_of_after_it() {
    for app in TestApp::on_each_engine().await {
        let ada = app.user("ada").await;
        let room = ada.create_room(json!({ "topic": "old" })).await;
        let limit = || json!({ "room": { "timeline": { "limit": 1 } } });
        let topic = |answer: &serde_json::Value, name: &str| {
            let events = answer["rooms"]["join"][&room][name]["events"].as_array().unwrap().clone();
            let topic = events.iter().find(|event| event["type"] == "m.room.topic");
            topic.map(|event| event["content"]["topic"].clone())
        };
        let final_name = "&use_state_after=true";
        let early_name = "&org.matrix.msc4222.use_state_after=true";
        let mut before = Client::with_filter(&ada, limit());
        let mut after = Client::with_filter(&ada, limit()).and(final_name);
        let mut unstably = Client::with_filter(&ada, limit()).and(early_name);
        before.sync().await;
        after.sync().await;
        unstably.sync().await;

        // In the timeline, without a gap.
        set_state(&ada, &room, "m.room.topic", json!({ "topic": "new" })).await;
        let answer = before.sync().await;
        assert_eq!(topic(&answer, "state"), None);
        assert_eq!(topic(&answer, "timeline"), Some(json!("new")));
        let answer = after.sync().await;
        assert!(answer["rooms"]["join"][&room].get("state").is_none());
        assert_eq!(topic(&answer, "state_after"), Some(json!("new")));
        assert_eq!(
            topic(&unstably.sync().await, "org.matrix.msc4222.state_after"),
            Some(json!("new"))
        );

        // In a gap, and at the end of the timeline.
        for words in ["in the gap", "last"] {
            set_state(&ada, &room, "m.room.topic", json!({ "topic": words })).await;
        }
        let answer = before.sync().await;
        assert_eq!(topic(&answer, "state"), Some(json!("in the gap")));
        assert_eq!(topic(&answer, "timeline"), Some(json!("last")));
        assert_eq!(topic(&after.sync().await, "state_after"), Some(json!("last")));

        // From scratch.
        let answer = Client::with_filter(&ada, limit()).sync().await;
        assert_eq!(topic(&answer, "state"), Some(json!("in the gap")));
        let answer = Client::with_filter(&ada, limit()).and(final_name).sync().await;
        assert_eq!(topic(&answer, "state_after"), Some(json!("last")));
    }
}

#[tokio::test]
async fn state_that_the_timeline_does_not_show_is_told_beside_it() {
    for app in TestApp::on_each_engine().await {
        let (ada, bob) = (app.user("ada").await, app.user("bob").await);
        let room = ada.create_room(secretive()).await;
        bob.join(&room).await;
        // Kept away by a filter.
        let mut messages = Client::with_filter(
            &bob,
            json!({ "room": { "timeline": { "types": ["m.room.message"] } } }),
        );
        messages.sync().await;
        set_state(&ada, &room, "m.room.topic", json!({ "topic": "words" })).await;
        ada.say(&room, "hello").await;
        assert_eq!(state(&messages.sync().await, &room, "state"), [key("m.room.topic", "")]);

        // It happened while the user was away.
        let mut client = Client::new(&bob);
        client.sync().await;
        act(&bob, &room, "leave", json!({})).await;
        set_state(&ada, &room, "m.room.name", json!({ "name": "a name" })).await;
        bob.join(&room).await;
        let answer = client.sync().await;
        assert_eq!(state(&answer, &room, "state"), [key("m.room.name", "")]);
        assert_eq!(answer["rooms"]["join"][&room]["timeline"]["limited"], false);
    }
}

#[tokio::test]
async fn members_are_loaded_lazily() {
    for app in TestApp::on_each_engine().await {
        let (ada, bob, cem) = (app.user("ada").await, app.user("bob").await, app.user("cem").await);
        let room = ada.create_room(json!({ "preset": "public_chat" })).await;
        bob.join(&room).await;
        cem.join(&room).await;
        bob.say(&room, "hello").await;
        let lazy = || {
            json!({ "room": {
            "state": { "lazy_load_members": true, "types": ["m.room.member"] },
            "timeline": { "limit": 2, "types": ["m.room.message"] },
        } })
        };
        let member = |user: &crate::testing::TestUser| key("m.room.member", user.id.as_str());
        let mut client = Client::with_filter(&ada, lazy());
        let mut after = Client::with_filter(&ada, lazy()).and("&use_state_after=true");
        for (client, name) in [(&mut client, "state"), (&mut after, "state_after")] {
            assert_eq!(state(&client.sync().await, &room, name), [member(&ada), member(&bob)]);
        }
        cem.say(&room, "me too").await;
        for (client, name) in [(&mut client, "state"), (&mut after, "state_after")] {
            assert_eq!(state(&client.sync().await, &room, name), [member(&cem)]);
        }
        // Without a gap, whoever changes is told, whether or not they write.
        let path = format!("/profile/{}/displayname", encode(bob.id.as_str()));
        assert_eq!(bob.put(&path, json!({ "displayname": "Robert" })).await.verdict(), "200");
        for (client, name) in [(&mut client, "state"), (&mut after, "state_after")] {
            assert_eq!(state(&client.sync().await, &room, name), [member(&bob)]);
        }
    }
}

#[tokio::test]
async fn the_summary_follows_the_members_also_behind_a_gap() {
    for app in TestApp::on_each_engine().await {
        let (ada, bob) = (app.user("ada").await, app.user("bob").await);
        let room = ada.create_room(json!({ "preset": "public_chat" })).await;
        let lazy = json!({ "room": {
            "state": { "lazy_load_members": true }, "timeline": { "limit": 1 },
        } });
        let mut client = Client::with_filter(&ada, lazy);
        let answer = client.sync().await;
        assert_eq!(answer["rooms"]["join"][&room]["summary"]["m.joined_member_count"], 1);
        bob.join(&room).await;
        for words in ["one", "two"] {
            ada.say(&room, words).await;
        }
        let summary = client.sync().await["rooms"]["join"][&room]["summary"].clone();
        assert_eq!(summary["m.joined_member_count"], 2);
        assert_eq!(summary["m.heroes"], json!([bob.id]));
        ada.say(&room, "three").await;
        let answer = client.sync().await;
        assert!(answer["rooms"]["join"][&room].get("summary").is_none());
    }
}

#[tokio::test]
async fn full_state_is_told_at_once() {
    for app in TestApp::on_each_engine().await {
        let ada = app.user("ada").await;
        let room = ada.create_room(json!({ "topic": "words" })).await;
        let mut client = Client::new(&ada).and("&full_state=true");
        client.sync().await;
        let answer = client.wait(20_000).await;
        assert!(state(&answer, &room, "state").contains(&key("m.room.topic", "")));
        assert_eq!(answer["rooms"]["join"][&room]["timeline"]["events"], json!([]));
        assert_eq!(answer["rooms"]["join"][&room]["timeline"]["limited"], false);
    }
}
