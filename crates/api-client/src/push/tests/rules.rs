//! Reading and changing rules.
use http::Method;
use serde_json::{Value, json};

use crate::testing::{TestApp, TestUser};

const CAKE: &str = "/pushrules/global/content/cake";

async fn ids(user: &TestUser, kind: &str) -> Vec<String> {
    let rules = user.get("/pushrules/global/").await.json();
    let rules = rules[kind].as_array().unwrap();
    rules.iter().map(|rule| rule["rule_id"].as_str().unwrap().to_owned()).collect()
}

fn cake() -> Value {
    json!({ "pattern": "cake*lie", "actions": ["notify"] })
}

#[tokio::test]
async fn everybody_has_the_servers_rules() {
    for app in TestApp::on_each_engine().await {
        let alice = app.user("alice").await;
        let all = alice.get("/pushrules/").await.json();
        let global = alice.get("/pushrules/global/").await.json();
        assert_eq!(all, json!({ "global": global }));
        for kind in ["override", "content", "room", "sender", "underride"] {
            assert!(global[kind].is_array(), "{kind}");
        }
        let master = alice.get("/pushrules/global/override/.m.rule.master").await.json();
        assert_eq!(
            master,
            json!({ "rule_id": ".m.rule.master", "default": true, "enabled": false, "conditions": [], "actions": [] })
        );
        let mention = alice.get("/pushrules/global/override/.m.rule.is_user_mention").await.json();
        assert_eq!(mention["conditions"][0]["value"], alice.id.as_str());
    }
}

#[tokio::test]
async fn a_rule_comes_changes_and_goes() {
    for app in TestApp::on_each_engine().await {
        let alice = app.user("alice").await;
        let bob = app.user("bob").await;
        assert_eq!(alice.get(CAKE).await.verdict(), "404 M_NOT_FOUND");
        let put = alice.put(CAKE, cake()).await;
        assert_eq!((put.verdict().as_str(), put.json()), ("200", json!({})));
        let rule = json!({ "rule_id": "cake", "default": false, "enabled": true, "pattern": "cake*lie", "actions": ["notify"] });
        assert_eq!(alice.get(CAKE).await.json(), rule);
        assert_eq!(bob.get(CAKE).await.verdict(), "404 M_NOT_FOUND");
        let (enabled, actions) = (format!("{CAKE}/enabled"), format!("{CAKE}/actions"));
        assert_eq!(alice.get(&enabled).await.json(), json!({ "enabled": true }));
        assert_eq!(alice.put(&enabled, json!({ "enabled": false })).await.json(), json!({}));
        assert_eq!(alice.get(&enabled).await.json(), json!({ "enabled": false }));
        assert_eq!(alice.get(&actions).await.json(), json!({ "actions": ["notify"] }));
        let louder = json!({ "actions": ["notify", { "set_tweak": "sound", "value": "bing" }] });
        assert_eq!(alice.put(&actions, louder.clone()).await.json(), json!({}));
        assert_eq!(alice.get(&actions).await.json(), louder);
        assert_eq!(alice.put(CAKE, cake()).await.verdict(), "200");
        assert_eq!(alice.get(&enabled).await.json(), json!({ "enabled": false }), "it stays off");
        assert_eq!(alice.delete(CAKE).await.json(), json!({}));
        for reply in
            [alice.delete(CAKE).await, alice.get(&enabled).await, alice.get(&actions).await]
        {
            assert_eq!(reply.verdict(), "404 M_NOT_FOUND");
        }
        let off = alice.put(&enabled, json!({ "enabled": false })).await;
        assert_eq!(off.verdict(), "404 M_NOT_FOUND");
        assert_eq!(alice.put(&actions, louder).await.verdict(), "404 M_NOT_FOUND");
    }
}

#[tokio::test]
async fn rules_of_every_kind_are_kept_in_their_order() {
    for app in TestApp::on_each_engine().await {
        let alice = app.user("alice").await;
        let rule = |kind: &str, id: &str| format!("/pushrules/global/{kind}/{id}");
        let actions = json!({ "actions": [] });
        for (kind, id) in [
            ("override", "%21r%3Aexample.org"),
            ("underride", "with%20space%3F"),
            ("room", "%21r%3Aexample.org"),
            ("room", "%21JqpJGk_QbYzUEEgsNTQRyLkUPOaXHjCvIu5hZiuzmnE"),
            ("sender", "%40spam%3Aexample.org"),
        ] {
            let path = rule(kind, id);
            assert_eq!(alice.put(&path, actions.clone()).await.verdict(), "200", "{path}");
            assert_eq!(alice.get(&path).await.json()["enabled"], true);
        }
        assert_eq!(ids(&alice, "override").await[..2], [".m.rule.master", "!r:example.org"]);
        assert_eq!(ids(&alice, "underride").await[0], "with space?");
        for id in ["c", "b", "a"] {
            assert_eq!(alice.put(&rule("content", id), cake()).await.verdict(), "200");
        }
        let path = format!("{}?after=b", rule("content", "d"));
        assert_eq!(alice.put(&path, cake()).await.verdict(), "200");
        assert_eq!(ids(&alice, "content").await, ["a", "b", "d", "c"]);
        let path = format!("{}?before=a", rule("content", "c"));
        assert_eq!(alice.put(&path, cake()).await.verdict(), "200");
        assert_eq!(ids(&alice, "content").await, ["c", "a", "b", "d"]);
        for place in ["?before=x", "?after=x", "?after=.m.rule.master", "?before=a&after=d"] {
            let path = rule("content", "e") + place;
            let verdict = alice.put(&path, cake()).await.verdict();
            assert!(verdict.starts_with("400 "), "{place} {verdict}");
        }
    }
}

#[tokio::test]
async fn the_servers_rules_can_only_be_switched_and_given_other_actions() {
    for app in TestApp::on_each_engine().await {
        let alice = app.user("alice").await;
        let message = "/pushrules/global/underride/.m.rule.message";
        let off = alice.put(&format!("{message}/enabled"), json!({ "enabled": false })).await;
        assert_eq!(off.verdict(), "200");
        let quiet = json!({ "actions": ["dont_notify"] });
        assert_eq!(alice.put(&format!("{message}/actions"), quiet).await.verdict(), "200");
        let rule = alice.get(message).await.json();
        assert_eq!((&rule["enabled"], &rule["actions"]), (&json!(false), &json!([])));
        assert_eq!(alice.delete(message).await.verdict(), "400 M_INVALID_PARAM");
        let replaced = alice.put(message, json!({ "actions": [] })).await;
        assert_eq!(replaced.verdict(), "400 M_INVALID_PARAM");
    }
}

#[tokio::test]
async fn what_is_no_rule_is_refused() {
    for app in TestApp::on_each_engine().await {
        let alice = app.user("alice").await;
        let before = alice.get("/pushrules/").await.json();
        let actions = json!({ "actions": [] });
        for (path, body, verdict) in [
            ("override/.mine", actions.clone(), "400 M_INVALID_PARAM"),
            ("override/a%2Fb", actions.clone(), "400 M_INVALID_PARAM"),
            ("override/a%5Cb", actions.clone(), "400 M_INVALID_PARAM"),
            ("room/no-room", actions.clone(), "400 M_INVALID_PARAM"),
            ("sender/nobody", actions.clone(), "400 M_INVALID_PARAM"),
            ("nothing/x", actions.clone(), "400 M_INVALID_PARAM"),
            ("content/x", actions.clone(), "400 M_MISSING_PARAM"),
            ("content/x", json!({ "pattern": 5, "actions": [] }), "400 M_BAD_JSON"),
            ("override/x", json!({}), "400 M_BAD_JSON"),
            ("override/x", json!([]), "400 M_BAD_JSON"),
            ("override/x", json!({ "actions": [null] }), "400 M_BAD_JSON"),
            ("override/x", json!({ "actions": {} }), "400 M_BAD_JSON"),
            ("override/x", json!({ "actions": [], "conditions": [1] }), "400 M_BAD_JSON"),
            ("override/x/enabled", json!({ "enabled": true }), "404 M_NOT_FOUND"),
            ("override/x/enabled", json!({ "enabled": "yes" }), "400 M_BAD_JSON"),
            ("override/x/actions", actions.clone(), "404 M_NOT_FOUND"),
        ] {
            let reply = alice.put(&format!("/pushrules/global/{path}"), body.clone()).await;
            assert_eq!(reply.verdict(), verdict, "{path} {body}");
        }
        for (text, verdict) in
            [("", "400 M_NOT_JSON"), ("{", "400 M_NOT_JSON"), ("{\"actions\":[]", "400 M_NOT_JSON")]
        {
            let reply = alice.request_raw(Method::PUT, CAKE, text).await;
            assert_eq!(reply.verdict(), verdict, "{text}");
        }
        let deep = format!("{}{}", "[".repeat(60_000), "]".repeat(4));
        let reply = alice.request_raw(Method::PUT, CAKE, deep).await;
        assert!(reply.verdict().starts_with("400 "), "{}", reply.verdict());
        for path in ["device/", "global/nothing/x", "global/content/x/other", "global/content"] {
            let verdict = alice.get(&format!("/pushrules/{path}")).await.verdict();
            assert!(verdict.starts_with('4'), "{path} {verdict}");
        }
        assert_eq!(alice.get("/pushrules/").await.json(), before);
    }
}

#[tokio::test]
async fn rules_do_not_grow_without_end() {
    for app in TestApp::on_each_engine().await {
        let alice = app.user("alice").await;
        let long = "x".repeat(60_000);
        let body = json!({ "pattern": long, "actions": [] });
        let mut refused = 0;
        for number in 0..4 {
            let path = format!("/pushrules/global/content/{number}");
            match alice.put(&path, body.clone()).await.verdict().as_str() {
                "200" => assert_eq!(refused, 0),
                verdict => {
                    assert_eq!(verdict, "413 M_TOO_LARGE");
                    refused += 1;
                }
            }
        }
        assert_eq!(refused, 1);
        let longer = json!({ "pattern": "x".repeat(65_536), "actions": [] });
        assert_eq!(alice.put(CAKE, longer).await.verdict(), "413 M_TOO_LARGE");
        assert_eq!(ids(&alice, "content").await, ["2", "1", "0"]);
    }
}
