use serde_json::{Value, json};

use crate::testing::{TestApp, TestUser, encode};

async fn search(user: &TestUser, term: &str) -> Value {
    let reply = user.post("/user_directory/search", json!({ "search_term": term })).await;
    assert_eq!(reply.verdict(), "200", "{}", reply.json());
    reply.json()
}

async fn names(user: &TestUser, term: &str) -> Vec<String> {
    let found = search(user, term).await;
    let results = found["results"].as_array().unwrap().iter();
    results.map(|person| person["user_id"].as_str().unwrap().to_owned()).collect()
}

async fn leave(user: &TestUser, room: &str) {
    let reply = user.post(&format!("/rooms/{}/leave", encode(room)), json!({})).await;
    assert_eq!(reply.verdict(), "200");
}

#[tokio::test]
async fn people_find_those_they_could_meet() {
    for app in TestApp::on_each_engine().await {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        assert_eq!(names(&alice, "bob").await, Vec::<String>::new());
        let bob_is_found = vec![bob.id.to_string()];

        // In a room of their own.
        let room = alice.create_room(json!({})).await;
        alice.post(&format!("/rooms/{}/invite", encode(&room)), json!({ "user_id": bob.id })).await;
        assert_eq!(
            names(&alice, "bob").await,
            Vec::<String>::new(),
            "who is asked in is not there yet"
        );
        bob.join(&room).await;
        for term in ["bob", "BO", "@bob:example.org", "@bob:ex"] {
            assert_eq!(names(&alice, term).await, bob_is_found, "{term}");
        }
        for term in ["", " ", "@", "ob", "example", "\u{0}"] {
            assert_eq!(names(&alice, term).await, Vec::<String>::new(), "{term:?}");
        }
        assert_eq!(names(&bob, "bob").await, Vec::<String>::new(), "nobody looks for themselves");
        let carol = app.user("carol").await;
        assert_eq!(names(&carol, "bob").await, Vec::<String>::new());
        leave(&bob, &room).await;
        assert_eq!(names(&alice, "bob").await, Vec::<String>::new());

        // In a room that anybody may enter; then only by invite; then it can be read by anybody.
        let open = bob.create_room(json!({ "preset": "public_chat" })).await;
        assert_eq!(names(&carol, "bob").await, bob_is_found);
        let rules = format!("/rooms/{}/state/m.room.join_rules/", encode(&open));
        assert_eq!(bob.put(&rules, json!({ "join_rule": "invite" })).await.verdict(), "200");
        assert_eq!(names(&carol, "bob").await, Vec::<String>::new());
        let history = format!("/rooms/{}/state/m.room.history_visibility/", encode(&open));
        let readable = json!({ "history_visibility": "world_readable" });
        assert_eq!(bob.put(&history, readable).await.verdict(), "200");
        assert_eq!(names(&carol, "bob").await, bob_is_found);

        // By another name; no longer by the old one.
        let name = format!("/profile/{}/displayname", encode(bob.id.as_str()));
        let set = bob.put(&name, json!({ "displayname": "Robert \u{c9}mile" })).await;
        assert_eq!(set.verdict(), "200");
        let found = search(&carol, "emile rob").await;
        assert_eq!(
            found,
            json!({
                "results": [{ "user_id": bob.id, "display_name": "Robert \u{c9}mile" }],
                "limited": false,
            })
        );
        app.app.accounts.deactivate_user(&bob.id, false).await.unwrap();
        assert_eq!(names(&carol, "rob").await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_search_is_limited_and_the_best_come_first() {
    for app in TestApp::on_each_engine().await {
        let alice = app.user("alice").await;
        let room = alice.create_room(json!({ "preset": "public_chat" })).await;
        for name in ["anna", "annabel", "ann", "annika"] {
            app.user(name).await.join(&room).await;
        }
        let found = names(&alice, "ann").await;
        assert_eq!(
            found,
            ["@ann", "@anna", "@annabel", "@annika"].map(|id| format!("{id}:example.org"))
        );
        let body = json!({ "search_term": "ann", "limit": 2 });
        let page = alice.post("/user_directory/search", body).await.json();
        assert_eq!(
            (page["results"].as_array().unwrap().len(), &page["limited"]),
            (2, &json!(true))
        );
        for body in
            [json!({}), json!({ "search_term": 5 }), json!({ "search_term": "a", "limit": -1 })]
        {
            let reply = alice.post("/user_directory/search", body.clone()).await;
            assert_eq!(reply.verdict(), "400 M_BAD_JSON", "{body}");
        }
        let long = json!({ "search_term": "x ".repeat(20_000), "limit": 4_000_000_000_u32 });
        assert_eq!(alice.post("/user_directory/search", long).await.verdict(), "200");
    }
}

#[tokio::test]
async fn an_administrator_opens_the_directory_or_closes_it() {
    let all = TestApp::on_each_engine_with(|config| config.user_directory.search_all_users = true);
    for app in all.await {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        assert_eq!(names(&alice, "bob").await, [bob.id.to_string()]);
    }
    let none = TestApp::on_each_engine_with(|config| config.user_directory.enabled = false);
    for app in none.await {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let room = alice.create_room(json!({ "preset": "public_chat" })).await;
        bob.join(&room).await;
        assert_eq!(names(&alice, "bob").await, Vec::<String>::new());
    }
}
