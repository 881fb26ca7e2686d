use std::sync::Arc;

use db::testing::{TestDatabase, engines};
use mail::testing::{FRIENDLY, Manner, Post};
use protocol::Threepid;
use store::user_threepids::{self, ThreepidRow};

use super::*;
use crate::{
    Settings,
    testing::TestServer,
    threepids::{Messengers, Verification},
};

const DAY_MS: i64 = 86_400_000;
const SPREAD_MS: i64 = 5 * DAY_MS;

fn ending(settings: &mut Settings) {
    let (period_ms, renew_at_ms) = (30 * DAY_MS, 7 * DAY_MS);
    settings.validity = Some(Validity { period_ms, renew_at_ms, spread_ms: SPREAD_MS });
}

async fn server(database: &TestDatabase, post: &Post) -> TestServer {
    on_same(&TestServer::with(database, ending).await, post)
}

/// Another node on the same database.
fn on_same(server: &TestServer, post: &Post) -> TestServer {
    let mut server = server.restarted_with(ending);
    let (clock, entropy) = (server.store.clock.clone(), server.store.entropy.clone());
    let mail = mail::Mailer::new(&post.settings(), "example.org", clock, entropy).unwrap();
    let verification =
        Verification { base_url: "https://m.example.org".to_owned(), ..Verification::default() };
    server.write_to_addresses(Messengers { mail, sms: None, verification });
    server
}

async fn give_address(server: &TestServer, user_id: &UserId, address: &str) {
    let threepid = Threepid::parse("email", address).unwrap();
    let mut write = Write::new();
    let row = ThreepidRow { threepid, validated_at: 1, added_at: 1 };
    user_threepids::insert(&mut write, user_id, &row);
    server.store.db.write(write).await.unwrap();
}

fn token_of(mail: &mail::testing::Arrived) -> String {
    mail.link().split_once("account_validity/renew?token=").unwrap().1.to_owned()
}

#[tokio::test]
async fn an_account_ends_and_goes_on_once_it_is_renewed() {
    for database in engines().await {
        let post = Post::open().await;
        let server = server(&database, &post).await;
        let accounts = Arc::clone(&server.accounts);
        let alice = server.session("alice", "A").await;
        give_address(&server, &alice.user_id, "alice@example.org").await;
        accounts.send_renewal_mails().await.unwrap();
        assert!(post.take().is_empty());
        server.clock.advance_ms(23 * DAY_MS);
        for _ in 0..3 {
            accounts.send_renewal_mails().await.unwrap();
        }
        let mail = post.next().await;
        assert!(mail.text().contains("7 days"), "{}", mail.text());
        assert!(post.take().is_empty(), "one mail is enough");
        assert!(!accounts.has_expired(&alice).await.unwrap());
        server.clock.advance_ms(7 * DAY_MS - 1);
        assert!(!accounts.has_expired(&alice).await.unwrap());
        server.clock.advance_ms(1);
        assert!(accounts.has_expired(&alice).await.unwrap(), "a session in memory knows it too");
        let token = token_of(&mail);
        for wrong in ["", "x", &token.to_uppercase()] {
            let refused = accounts.renew_by_link(wrong).await;
            assert!(matches!(refused, Err(RenewError::Link)), "{refused:?}");
        }
        let until = accounts.renew_by_link(&token).await.unwrap();
        assert_eq!(until, server.store.clock.now_ms() + 30 * DAY_MS);
        assert!(!accounts.has_expired(&alice).await.unwrap());
        let again = accounts.renew_by_link(&token).await;
        assert!(matches!(again, Err(RenewError::Link)), "it is used up");
        // The next end has a mail of its own.
        accounts.send_renewal_mails().await.unwrap();
        assert!(post.take().is_empty());
        server.clock.advance_ms(25 * DAY_MS);
        accounts.send_renewal_mails().await.unwrap();
        assert_ne!(token_of(&post.next().await), token);
    }
}

#[tokio::test]
async fn a_mail_that_was_not_sent_is_tried_again_and_two_nodes_send_one() {
    for database in engines().await {
        let (busy, post) = (Post::open_with("451 later").await, Post::open().await);
        let first = server(&database, &busy).await;
        let alice = first.session("alice", "A").await;
        give_address(&first, &alice.user_id, "alice@example.org").await;
        first.clock.advance_ms(31 * DAY_MS);
        first.accounts.send_renewal_mails().await.unwrap();
        let second = on_same(&first, &post);
        second.accounts.send_renewal_mails().await.unwrap();
        assert!(post.take().is_empty(), "the other node may still be at it");
        second.clock.advance_ms(3_600_000);
        let third = on_same(&first, &post);
        let (one, other) =
            tokio::join!(second.accounts.send_renewal_mails(), third.accounts.send_renewal_mails());
        one.unwrap();
        other.unwrap();
        let mail = post.next().await;
        assert!(mail.text().contains("has ended"), "{}", mail.text());
        assert!(post.take().is_empty());
        second.accounts.renew_by_link(&token_of(&mail)).await.unwrap();
        let alice = first.login("alice", "A2").await;
        let alice = first.authenticate(&alice).await;
        assert!(!first.accounts.has_expired(&alice).await.unwrap());
    }
}

#[tokio::test]
async fn what_an_smtp_server_has_against_us_costs_nobody_their_mail() {
    for database in engines().await {
        let post = Post::open().await;
        let server = server(&database, &post).await;
        for name in ["alice", "bob"] {
            let user = server.session(name, "A").await.user_id.clone();
            give_address(&server, &user, &format!("{name}@example.org")).await;
        }
        server.clock.advance_ms(25 * DAY_MS);
        for recipient in
            ["530 5.7.0 log in first", "550 5.7.1 relaying denied", "550 go away", "452 full"]
        {
            post.be(Manner { recipient, ..FRIENDLY });
            server.accounts.send_renewal_mails().await.unwrap();
            assert!(post.take().is_empty(), "{recipient}");
            server.clock.advance_ms(3_600_000);
        }
        post.be(FRIENDLY);
        server.accounts.send_renewal_mails().await.unwrap();
        let mut told = [post.next().await.to, post.next().await.to].concat();
        told.sort_unstable();
        assert_eq!(told, ["alice@example.org", "bob@example.org"]);
        server.clock.advance_ms(3_600_000);
        server.accounts.send_renewal_mails().await.unwrap();
        assert!(post.take().is_empty());
    }
}

#[tokio::test]
async fn who_was_an_administrator_for_long_begins_anew() {
    for database in engines().await {
        let post = Post::open().await;
        let server = server(&database, &post).await;
        let alice = server.session("alice", "A").await;
        server.accounts.set_admin(&alice.user_id, true).await.unwrap();
        server.clock.advance_ms(100 * DAY_MS);
        server.accounts.set_admin(&alice.user_id, false).await.unwrap();
        server.accounts.begin_validity().await.unwrap();
        let token = server.login("alice", "A2").await;
        let alice = server.authenticate(&token).await;
        assert!(!server.accounts.has_expired(&alice).await.unwrap());
        let ends = account_validity::expiry(&server.store.db, alice.user_num).await.unwrap();
        assert!(ends.unwrap() > server.store.clock.now_ms() + 24 * DAY_MS);
    }
}

#[tokio::test]
async fn a_renewal_elsewhere_counts_at_once() {
    for database in engines().await {
        let post = Post::open().await;
        let one = server(&database, &post).await;
        let other = on_same(&one, &post);
        let alice = one.session("alice", "A").await;
        one.clock.advance_ms(31 * DAY_MS);
        assert!(one.accounts.has_expired(&alice).await.unwrap());
        let until = other.accounts.renew(&alice.user_id, Renewal::For(DAY_MS)).await.unwrap();
        assert_eq!(until, other.store.clock.now_ms() + DAY_MS);
        assert!(!one.accounts.has_expired(&alice).await.unwrap());
        other.accounts.renew(&alice.user_id, Renewal::Until(7)).await.unwrap();
        let granted = other.login("alice", "B").await;
        let alice = other.authenticate(&granted).await;
        assert!(other.accounts.has_expired(&alice).await.unwrap(), "an end can be in the past");
        other.accounts.renew(&alice.user_id, Renewal::Usual).await.unwrap();
        assert!(!other.accounts.has_expired(&alice).await.unwrap());
        let nobody = UserId::parse("@nobody:example.org").unwrap();
        let refused = other.accounts.renew(&nobody, Renewal::Usual).await;
        assert!(matches!(refused, Err(RenewError::Account(_))));
        one.accounts.deactivate_user(&alice.user_id, false).await.unwrap();
        let closed = one.accounts.renew(&alice.user_id, Renewal::Usual).await;
        assert!(matches!(closed, Err(RenewError::Account(_))));
        assert_eq!(account_validity::expiry(&one.store.db, alice.user_num).await.unwrap(), None);
    }
}

#[tokio::test]
async fn accounts_that_were_there_before_end_spread_over_some_time() {
    for database in engines().await {
        let before = TestServer::new(&database).await;
        for number in 0..8 {
            before.user(&format!("user{number}")).await;
        }
        let root = before.session("root", "R").await;
        before.accounts.set_admin(&root.user_id, true).await.unwrap();
        let guest = before.accounts.register_guest(None).await.unwrap();
        before.accounts.begin_validity().await.unwrap();
        let forever = before.login("user0", "A").await;
        let forever = before.authenticate(&forever).await;
        let refused = before.accounts.renew(&forever.user_id, Renewal::Usual).await;
        assert!(matches!(refused, Err(RenewError::Off)));

        let after = before.restarted_with(ending);
        after.accounts.begin_validity().await.unwrap();
        let last = after.store.clock.now_ms() + 30 * DAY_MS;
        let mut ends = Vec::new();
        for number in 0..8 {
            let user = after.accounts.find_by_name(&format!("user{number}")).await.unwrap();
            let user = user.unwrap().user_num;
            let end = account_validity::expiry(&after.store.db, user).await.unwrap().unwrap();
            assert!((last - SPREAD_MS..=last).contains(&end), "{end}");
            ends.push(end);
        }
        after.accounts.begin_validity().await.unwrap();
        ends.sort_unstable();
        ends.dedup();
        assert!(ends.len() > 4, "they do not end at once: {ends:?}");
        after.clock.advance_ms(40 * DAY_MS);
        let user = after.login("user0", "B").await;
        assert!(after.accounts.has_expired(&*after.authenticate(&user).await).await.unwrap());
        // Neither administrators nor guests.
        for granted in [after.login("root", "R2").await, guest.granted.unwrap()] {
            let session = after.authenticate(&granted).await;
            assert!(!after.accounts.has_expired(&session).await.unwrap(), "{}", session.user_id);
        }
        // Who was an administrator when the account ended is one no more.
        after.accounts.renew(&root.user_id, Renewal::Until(1)).await.unwrap();
        let root = after.login("root", "R3").await;
        let session = after.authenticate(&root).await;
        assert!(!after.accounts.has_expired(&session).await.unwrap());
        after.accounts.set_admin(&session.user_id, false).await.unwrap();
        assert!(after.accounts.has_expired(&*after.authenticate(&root).await).await.unwrap());
    }
}

#[tokio::test]
async fn who_asks_for_a_mail_gets_one_and_not_too_many() {
    for database in engines().await {
        let post = Post::open().await;
        let server = server(&database, &post).await;
        let accounts = &server.accounts;
        let alice = server.session("alice", "A").await;
        let refused = accounts.request_renewal_mail(&alice).await;
        assert!(matches!(refused, Err(RenewalMailError::NoAddress)));
        give_address(&server, &alice.user_id, "alice@example.org").await;
        accounts.request_renewal_mail(&alice).await.unwrap();
        let older = token_of(&post.next().await);
        for _ in 0..4 {
            accounts.request_renewal_mail(&alice).await.unwrap();
            post.next().await;
        }
        let refused = accounts.request_renewal_mail(&alice).await;
        assert!(matches!(refused, Err(RenewalMailError::TooOften { .. })), "{refused:?}");
        server.clock.advance_ms(24 * DAY_MS);
        accounts.request_renewal_mail(&alice).await.unwrap();
        post.next().await;
        server.clock.advance_ms(2 * 3_600_000);
        accounts.send_renewal_mails().await.unwrap();
        assert!(post.take().is_empty(), "who has asked for the mail gets no other one");
        let refused = accounts.renew_by_link(&older).await;
        assert!(matches!(refused, Err(RenewError::Link)), "the last one counts");
        let root = server.session("root", "R").await;
        let mut write = Write::new();
        account_validity::delete(&mut write, root.user_num);
        server.store.db.write(write).await.unwrap();
        let refused = accounts.request_renewal_mail(&root).await;
        assert!(matches!(refused, Err(RenewalMailError::Endless)));
    }
}
