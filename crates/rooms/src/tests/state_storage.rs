//! The bound of state storage: a change costs a constant, whatever the size of the state.
use db::{Read as _, params};
use serde_json::json;
use store::state_versions;

use crate::{
    Preset,
    testing::{object, servers, user},
};

#[tokio::test]
async fn a_change_of_a_large_state_costs_what_a_change_of_a_small_one_costs() {
    for (server, _database) in servers().await {
        let (rooms, alice) = (&server.rooms, user("alice"));
        let room_id = server.room("alice", Preset::PrivateChat).await;
        let keys = 400;
        for number in 0..keys {
            let key = format!("{number}");
            rooms
                .set_state(&alice, &room_id, "m.x", &key, object(json!({ "n": 0 })))
                .await
                .unwrap();
        }
        let before = entry_bytes(&server.store).await;
        for number in 0..keys {
            let key = format!("{number}");
            rooms
                .set_state(&alice, &room_id, "m.x", &key, object(json!({ "n": 1 })))
                .await
                .unwrap();
        }
        let per_change = (entry_bytes(&server.store).await - before) / keys;
        assert!(per_change <= 20, "{per_change} bytes a change");

        let room = rooms.room(&room_id).await.unwrap();
        let facts = room.facts(rooms).await.unwrap();
        let stored =
            state_versions::state(&server.store.db, facts.head.state_version).await.unwrap();
        let known = facts.state.iter().map(|event| (event.state_key_num.unwrap(), event.num));
        assert_eq!(stored, known.collect());
        assert!(facts.weight.since <= facts.weight.snapshot.max(32) + 1, "{:?}", facts.weight);
    }
}

async fn entry_bytes(store: &store::Store) -> i64 {
    let sql = "SELECT CAST(SUM(LENGTH(entries)) AS BIGINT) FROM state_versions";
    store.db.query_optional(sql, params![]).await.unwrap().unwrap().get(0).unwrap()
}
