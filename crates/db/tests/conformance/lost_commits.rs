//! A COMMIT whose answer never comes: the writes are answered with what is true.
use std::{
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    time::Duration,
};

use db::{Database, Location, Read as _, Write, WriteError, params, testing};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream, UnixStream},
    time::{sleep, timeout},
};

use crate::TABLES;

/// What happens to the next COMMIT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Mishap {
    None,
    /// The connection is cut before the server has it.
    Lost,
    /// The server does it, and the connection is cut before it can say so.
    Unanswered,
    /// As before, and nobody gets a new connection.
    UnansweredAndGone,
    /// Nobody gets a connection.
    Gone,
}

/// Stands between the engine and PostgreSQL.
#[derive(Clone)]
struct Proxy(Arc<AtomicU8>);

impl Proxy {
    fn set(&self, mishap: Mishap) {
        self.0.store(mishap as u8, Ordering::SeqCst);
    }

    fn is(&self, mishap: Mishap) -> bool {
        self.0.load(Ordering::SeqCst) == mishap as u8
    }

    /// Forwards connections to the socket; returns the port.
    async fn start(self, socket: String) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if self.is(Mishap::Gone) {
                    continue;
                }
                let server = UnixStream::connect(&socket).await.unwrap();
                let proxy = self.clone();
                tokio::spawn(async move { proxy.forward(client, server).await });
            }
        });
        port
    }

    /// Until either end, or a mishap, ends it.
    async fn forward(self, mut client: TcpStream, mut server: UnixStream) -> std::io::Result<()> {
        let (mut asked, mut answered) = (vec![0; 16 * 1024], vec![0; 16 * 1024]);
        loop {
            tokio::select! {
                count = client.read(&mut asked) => {
                    let bytes = &asked[..count?];
                    if bytes.is_empty() {
                        return Ok(());
                    }
                    let commits = bytes.windows(7).any(|window| window == b"COMMIT\0");
                    if commits && self.is(Mishap::Lost) {
                        self.set(Mishap::None);
                        return Ok(());
                    }
                    server.write_all(bytes).await?;
                    if commits && !self.is(Mishap::None) {
                        let gone = self.is(Mishap::UnansweredAndGone);
                        self.set(if gone { Mishap::Gone } else { Mishap::None });
                        // The answer has come: the server has done it.
                        let _answer = server.read(&mut answered).await?;
                        return Ok(());
                    }
                }
                count = server.read(&mut answered) => {
                    let bytes = &answered[..count?];
                    if bytes.is_empty() {
                        return Ok(());
                    }
                    client.write_all(bytes).await?;
                }
            }
        }
    }
}

/// A database behind a proxy. The first of the three keeps the others alive.
async fn behind_a_proxy() -> (testing::TestDatabase, Proxy, Database) {
    let test = testing::postgres().await;
    let Location::Postgres(url) = &test.location else { panic!("not of PostgreSQL") };
    let folder = url.split_once("host=").unwrap().1.split('&').next().unwrap();
    let folder = folder.replace("%2F", "/").replace("%2f", "/");
    let proxy = Proxy(Arc::new(AtomicU8::new(Mishap::None as u8)));
    let port = proxy.clone().start(format!("{folder}/.s.PGSQL.5432")).await;
    let name = test.name().unwrap();
    let location = Location::Postgres(format!("postgres://postgres@127.0.0.1:{port}/{name}"));
    let mut options = testing::options();
    options.reconnect = Duration::from_millis(500);
    let db = Database::open(&location, options).await.unwrap();
    db.migrate(TABLES).await.unwrap();
    db.write(insert(1)).await.unwrap();
    (test, proxy, db)
}

fn insert(id: i64) -> Write {
    let mut write = Write::new();
    let position = write.position();
    write.execute("INSERT INTO things (id, count) VALUES ($1, 1)", params![id]);
    write.execute(
        "INSERT INTO log (position, writer, number) VALUES ($1, 0, $2)",
        params![position, id],
    );
    write
}

/// Not repeatable, and takes no position.
fn count(id: i64) -> Write {
    let mut write = Write::new();
    write.execute_expecting("UPDATE things SET count = count + 1 WHERE id = $1", params![id], 1);
    write
}

async fn stored(db: &Database) -> Vec<(i64, i64)> {
    let rows = db.query("SELECT id, count FROM things ORDER BY id", params![]).await.unwrap();
    rows.iter().map(|row| (row.get(0).unwrap(), row.get(1).unwrap())).collect()
}

#[tokio::test]
async fn a_lost_commit_is_done_once() {
    let (_test, proxy, db) = behind_a_proxy().await;
    for (round, mishap) in [(2, Mishap::Lost), (4, Mishap::Unanswered)] {
        proxy.set(mishap);
        let committed = db.write(insert(round)).await.unwrap();
        assert_eq!(committed.first_position(), round, "{mishap:?}");
        committed.publication.publish();
        proxy.set(mishap);
        db.write(count(round)).await.unwrap();
        assert!(proxy.is(Mishap::None), "it has happened");
        let mut expected = vec![(1, 1), (round, 2)];
        if round == 4 {
            expected = vec![(1, 1), (2, 2), (3, 1), (4, 2)];
        }
        assert_eq!(stored(&db).await, expected, "{mishap:?}");
        assert_eq!(db.visible_position(), round);
        db.write(insert(round + 1)).await.unwrap().publication.publish();
    }
    assert_eq!(db.untold_position(), 1, "the first was dropped, by the test itself");
}

#[tokio::test]
async fn while_the_server_is_gone_an_unanswered_commit_waits_and_others_are_refused() {
    let (_test, proxy, db) = behind_a_proxy().await;
    proxy.set(Mishap::UnansweredAndGone);
    let unanswered = tokio::spawn({
        let db = db.clone();
        async move { db.write(insert(2)).await }
    });
    while !proxy.is(Mishap::Gone) {
        sleep(Duration::from_millis(5)).await;
    }
    for id in [10, 11] {
        let refused = timeout(Duration::from_secs(5), db.write(insert(id))).await;
        let WriteError::Failed(error) = refused.expect("it does not hang").unwrap_err() else {
            panic!("not a conflict");
        };
        assert!(error.is_transient() && !error.outcome_unknown(), "{error:?}");
    }
    assert!(!unanswered.is_finished(), "nobody knows yet");
    proxy.set(Mishap::None);
    let committed = timeout(Duration::from_secs(5), unanswered).await.unwrap().unwrap().unwrap();
    assert_eq!(committed.first_position(), 2);
    committed.publication.publish();
    db.write(insert(3)).await.unwrap().publication.publish();
    assert_eq!(stored(&db).await, [(1, 1), (2, 1), (3, 1)]);
    assert_eq!(db.visible_position(), 3);
}

#[tokio::test]
async fn a_database_that_is_closed_meanwhile_says_that_nobody_knows() {
    let (_test, proxy, db) = behind_a_proxy().await;
    proxy.set(Mishap::UnansweredAndGone);
    let unanswered = tokio::spawn({
        let db = db.clone();
        async move { db.write(insert(2)).await }
    });
    while !proxy.is(Mishap::Gone) {
        sleep(Duration::from_millis(5)).await;
    }
    sleep(Duration::from_millis(300)).await;
    timeout(Duration::from_secs(5), db.close()).await.expect("it does not wait for the server");
    let WriteError::Failed(error) = unanswered.await.unwrap().unwrap_err() else {
        panic!("not a conflict");
    };
    assert!(error.outcome_unknown(), "{error:?}");
}
