//! Mail about what was not read, where the SMTP server or the node fails.
use std::{sync::Arc, time::Duration};

use ::push::delivery::digests::{Digests, Settings};
use mail::{
    Mailer,
    testing::{FRIENDLY, Manner, Post},
};
use store::pushers::PusherRow;
use tokio::sync::oneshot;

use super::{
    digests::{MINUTE_MS, chat, due, due_after, servers},
    pushers::list,
};
use crate::testing::TestApp;

/// The digests of a node that has just started, and looks often what has happened.
fn restarted(app: &TestApp, post: &Post) -> Arc<Digests> {
    let store = app.app.rooms.store();
    let (clock, entropy) = (store.clock.clone(), store.entropy.clone());
    let mailer = Mailer::new(&post.settings(), "example.org", clock, entropy).unwrap().unwrap();
    let settings = Settings {
        after_ms: 400,
        every_ms: 60 * MINUTE_MS,
        include_content: true,
        base_url: "https://example.org".to_owned(),
        web_client: None,
        server_name: "example.org".to_owned(),
    };
    Digests::new(Arc::clone(&app.app.deliveries), mailer, settings)
}

/// What is stored of Ada's pusher.
async fn stored(app: &TestApp) -> PusherRow {
    let ada = app.app.accounts.find_by_name("ada").await.unwrap().unwrap();
    app.app.push.pushers(ada.user_num).await.unwrap().remove(0)
}

#[tokio::test]
async fn a_mail_that_is_not_taken_is_told_later_and_less_and_less_often() {
    let (apps, post) = servers(|_| ()).await;
    for app in apps {
        let (_, bob, room) = chat(&app).await;
        bob.say(&room, "hello").await;
        assert_eq!(due(&app).await, 0);
        let before = stored(&app).await;
        // Not the address: the SMTP server does not like anybody's mail.
        let manners = [
            Manner { mail: "451 4.3.0 later", ..FRIENDLY },
            Manner { mail: "554 5.7.1 spam", ..FRIENDLY },
            Manner { mail: "554 spam", ..FRIENDLY },
            Manner { recipient: "550 5.7.1 relaying denied", ..FRIENDLY },
        ];
        app.clock.advance_ms(10 * MINUTE_MS);
        for (failures, manner) in manners.into_iter().enumerate() {
            post.be(manner);
            assert_eq!(due(&app).await, 0, "{manner:?}");
            let after = stored(&app).await;
            assert!(after.failing_since_ts.is_some(), "{manner:?}");
            let after = PusherRow { failing_since_ts: None, ..after };
            assert_eq!(after, before, "nothing is noted as told");
            app.clock.advance_ms((1 << failures) * MINUTE_MS - 1);
            assert_eq!(due(&app).await, 0);
            app.clock.advance_ms(1);
        }
        bob.say(&room, "there?").await;
        post.be(FRIENDLY);
        assert_eq!(due(&app).await, 1);
        let text = post.next().await.text();
        assert!(text.contains("bob: hello") && text.contains("bob: there?"), "{text}");
        assert_eq!(stored(&app).await.failing_since_ts, None);
        assert_eq!(due_after(&app, 600).await, 0);
    }
}

#[tokio::test]
async fn an_address_that_is_refused_for_good_is_written_to_no_more() {
    for manner in [
        Manner { recipient: "550 5.1.1 no such user", ..FRIENDLY },
        Manner { mail: "550 5.2.1 disabled", ..FRIENDLY },
    ] {
        let (apps, post) = servers(|_| ()).await;
        post.be(manner);
        for app in apps {
            let (ada, bob, room) = chat(&app).await;
            bob.say(&room, "hello").await;
            assert_eq!(due_after(&app, 10).await, 0);
            assert!(list(&ada).await.is_empty(), "{manner:?}");
            bob.say(&room, "hello?").await;
            assert_eq!(due_after(&app, 600).await, 0);
        }
    }
}

/// It may be that the SMTP server takes nobody's mail from us.
#[tokio::test]
async fn a_refusal_without_a_reason_is_believed_after_a_week() {
    let (apps, post) = servers(|_| ()).await;
    for app in apps {
        let (ada, bob, room) = chat(&app).await;
        post.be(Manner { recipient: "550 not permitted", ..FRIENDLY });
        bob.say(&room, "hello").await;
        for _ in 0..27 {
            assert_eq!(due_after(&app, 6 * 60).await, 0);
        }
        assert_eq!(list(&ada).await.len(), 1, "that was less than a week");
        for _ in 0..6 {
            assert_eq!(due_after(&app, 6 * 60).await, 0);
        }
        assert!(list(&ada).await.is_empty());
        post.be(FRIENDLY);
    }
}

#[tokio::test]
async fn while_the_smtp_server_is_silent_it_is_left_alone_and_nothing_is_lost() {
    let short = |config: &mut config::Config| config.email.timeout = config::Lifetime::seconds(1);
    let (apps, post) = servers(short).await;
    for app in apps {
        let (_, bob, room) = chat(&app).await;
        bob.say(&room, "hello").await;
        post.be(Manner { mail: "", ..FRIENDLY });
        assert_eq!(due_after(&app, 10).await, 0);
        post.be(FRIENDLY);
        assert_eq!(due(&app).await, 0, "it is not asked for a while");
        app.clock.advance_ms(MINUTE_MS);
        assert_eq!(due(&app).await, 1);
        assert!(post.next().await.text().contains("bob: hello"));
    }
}

/// Of a node that dies while a mail is on its way nobody knows whether it arrived: it is not told again.
#[tokio::test]
async fn a_crash_in_the_middle_tells_nothing_twice() {
    let (apps, post) = servers(|_| ()).await;
    for app in apps {
        let (_, bob, room) = chat(&app).await;
        bob.say(&room, "hello").await;
        app.clock.advance_ms(10 * MINUTE_MS);
        post.be(Manner { mail: "", ..FRIENDLY });
        let digests = restarted(&app, &post);
        let sending = tokio::spawn(async move { digests.send_due().await });
        while stored(&app).await.last_success_ts.is_none() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        sending.abort();
        assert!(sending.await.unwrap_err().is_cancelled());
        post.be(FRIENDLY);
        let digests = restarted(&app, &post);
        assert_eq!(digests.send_due().await.unwrap(), 0);
        bob.say(&room, "news").await;
        assert_eq!(digests.send_due().await.unwrap(), 0);
        app.clock.advance_ms(60 * MINUTE_MS);
        assert_eq!(digests.send_due().await.unwrap(), 1);
        let text = post.next().await.text();
        assert!(text.contains("bob: news") && !text.contains("bob: hello"), "{text}");
        assert_eq!(post.take(), []);
    }
}

#[tokio::test]
async fn a_node_that_starts_again_goes_on_where_it_was() {
    let (apps, post) = servers(|_| ()).await;
    for app in apps {
        let (_, bob, room) = chat(&app).await;
        for text in ["one", "two"] {
            bob.say(&room, text).await;
            app.clock.advance_ms(60 * MINUTE_MS);
            let (stop, stopped) = oneshot::channel::<()>();
            let digests = restarted(&app, &post);
            let running = tokio::spawn(async move {
                digests.run(async { drop(stopped.await) }).await;
            });
            let told = post.next().await.text();
            assert!(told.contains(&format!("(1 unread, from bob)\r\n  bob: {text}")), "{told}");
            stop.send(()).unwrap();
            running.await.unwrap();
        }
        assert_eq!(restarted(&app, &post).send_due().await.unwrap(), 0);
        assert_eq!(post.take(), []);
    }
}
