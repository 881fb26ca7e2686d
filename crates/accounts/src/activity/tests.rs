use std::net::IpAddr;

use db::{Read as _, params, testing::engines};

use super::*;
use crate::testing::TestServer;

const HOME: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
const TRAIN: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(198, 51, 100, 7));

#[tokio::test]
async fn uses_are_written_together_and_shown_with_the_device() {
    for database in engines().await {
        let server = TestServer::new(&database).await;
        let alice = server.session("alice", "A").await;
        let accounts = &server.accounts;
        let uses = || user_ips::of_user(&server.store.db, &alice.user_id);
        accounts.note_activity(&alice, HOME, Some("client/1"));
        assert_eq!(uses().await.unwrap(), [], "not yet written");
        accounts.flush_activity().await.unwrap();
        server.clock.advance_ms(INTERVAL_MS - 1);
        accounts.note_activity(&alice, HOME, Some("client/2"));
        accounts.flush_activity().await.unwrap();
        let seen = uses().await.unwrap();
        assert_eq!(seen.len(), 1);
        assert_eq!((seen[0].ip.as_str(), seen[0].user_agent.as_str()), ("192.0.2.1", "client/1"));
        server.clock.advance_ms(1);
        accounts.note_activity(&alice, HOME, Some("client/2"));
        server.clock.advance_ms(1);
        accounts.note_activity(&alice, TRAIN, None);
        accounts.flush_activity().await.unwrap();
        let seen: Vec<_> = uses().await.unwrap().into_iter().map(|seen| seen.ip).collect();
        assert_eq!(seen, ["198.51.100.7", "192.0.2.1"]);
        let device = accounts.device(&alice, "A").await.unwrap().unwrap();
        assert_eq!(device.last_seen_ip.as_deref(), Some("198.51.100.7"));
        assert_eq!(device.last_seen_ts, Some(1_700_000_120_001));
    }
}

#[tokio::test]
async fn the_queries_that_administrators_have_find_daily_users() {
    for database in engines().await {
        let server = TestServer::new(&database).await;
        let alice = server.session("alice", "A").await;
        let bob = server.session("bob", "B").await;
        for day in 0..3 {
            for session in [&alice, &bob].into_iter().take(if day == 1 { 2 } else { 1 }) {
                server.accounts.note_activity(session, HOME, Some("client"));
                server.accounts.note_activity(session, TRAIN, Some("client"));
            }
            server.accounts.flush_activity().await.unwrap();
            server.clock.advance_ms(86_400_000);
        }
        let rows = server.store.db.query(
            "SELECT timestamp, COUNT(DISTINCT user_id) FROM user_daily_visits \
             GROUP BY timestamp ORDER BY timestamp",
            params![],
        );
        let rows: Vec<(i64, i64)> = rows
            .await
            .unwrap()
            .iter()
            .map(|row| (row.get(0).unwrap(), row.get(1).unwrap()))
            .collect();
        let first_day = 1_699_920_000_000;
        let day_ms = 86_400_000;
        assert_eq!(rows, [(first_day, 1), (first_day + day_ms, 2), (first_day + 2 * day_ms, 1)]);
        let count = |since| user_daily_visits::count_users_since(&server.store.db, since);
        assert_eq!(count(first_day).await.unwrap(), 2);
        assert_eq!(count(first_day + 2 * day_ms).await.unwrap(), 1);
    }
}

#[tokio::test]
async fn uses_of_a_month_ago_are_forgotten() {
    for database in engines().await {
        let server = TestServer::new(&database).await;
        let alice = server.session("alice", "A").await;
        server.accounts.note_activity(&alice, HOME, Some(&"é\0x".repeat(1_000)));
        server.accounts.flush_activity().await.unwrap();
        let uses = || user_ips::of_user(&server.store.db, &alice.user_id);
        assert_eq!(uses().await.unwrap()[0].user_agent, "é");
        server.clock.advance_ms(USES_KEPT_MS);
        server.accounts.sweep().await.unwrap();
        assert_eq!(uses().await.unwrap().len(), 1);
        server.clock.advance_ms(1);
        server.accounts.sweep().await.unwrap();
        assert_eq!(uses().await.unwrap(), []);
    }
}
