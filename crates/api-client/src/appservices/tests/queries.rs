//! Users and aliases that are asked for.
use super::*;

#[tokio::test]
async fn it_is_asked_for_users_and_aliases_that_do_not_exist_yet() {
    for stage in Stage::on_each_engine().await {
        let alice = stage.server.user("alice").await;
        let room = open_room(&alice).await;
        let paths = || -> Vec<String> {
            let asked = std::mem::take(&mut *stage.bridge.asked.lock());
            assert!(
                asked.iter().all(|asked| asked.token == HS_TOKEN && asked.method == Method::GET)
            );
            asked.into_iter().map(|asked| asked.path).collect()
        };
        let profile = |user: &str| format!("/profile/{}", encode(user));
        let eve = "@irc_eve:example.org";
        assert_eq!(alice.get(&profile(eve)).await.verdict(), "404 M_NOT_FOUND");
        assert_eq!(paths(), ["/_matrix/app/v1/users/%40irc_eve%3Aexample.org"]);
        let invite = format!("/rooms/{}/invite", encode(&room));
        alice.post(&invite, json!({ "user_id": eve })).await;
        assert_eq!(paths().len(), 1);
        let alias = format!("/directory/room/{}", encode("#irc_x:example.org"));
        assert_eq!(alice.get(&alias).await.verdict(), "404 M_NOT_FOUND");
        assert_eq!(paths(), ["/_matrix/app/v1/rooms/%23irc_x%3Aexample.org"]);
        let join = format!("/join/{}", encode("#irc_x:example.org"));
        assert_eq!(alice.post(&join, json!({})).await.verdict(), "404 M_NOT_FOUND");
        assert_eq!(paths().len(), 1);
        // Whom it has made, and what is not in its namespaces, it is not asked for.
        let ghost = stage.ghost("irc_bob").await;
        assert_eq!(alice.get(&profile(&ghost)).await.verdict(), "200");
        for unknown in ["@eve:example.org", "@irc_eve:elsewhere.org"] {
            assert_eq!(alice.get(&profile(unknown)).await.verdict(), "404 M_NOT_FOUND");
        }
        let alias = format!("/directory/room/{}", encode("#x:example.org"));
        assert_eq!(alice.get(&alias).await.verdict(), "404 M_NOT_FOUND");
        assert_eq!(paths(), Vec::<String>::new());
    }
}
