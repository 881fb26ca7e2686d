//! Components that log what happens to them.
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use tokio::time::{sleep, timeout};

use crate::{Component, Health, OrderError, Supervisor};

type Log = Arc<Mutex<Vec<String>>>;

fn logging(log: &Log, name: &'static str, depends_on: &'static [&'static str]) -> Component {
    let log = log.clone();
    Component::new(name, depends_on, move |mut signal| {
        let log = log.clone();
        async move {
            log.lock().unwrap().push(format!("+{name}"));
            signal.ready();
            signal.stopped().await;
            log.lock().unwrap().push(format!("-{name}"));
            Ok(())
        }
    })
}

async fn until(supervisor: &Supervisor, wanted: impl Fn(&Supervisor) -> bool) {
    let reached = async {
        while !wanted(supervisor) {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(Duration::from_secs(5), reached).await.unwrap();
}

#[tokio::test]
async fn starts_by_dependency_and_stops_backwards() {
    let log = Log::default();
    let components = vec![
        logging(&log, "homeserver", &["database"]),
        logging(&log, "adminbot", &["homeserver"]),
        logging(&log, "database", &[]),
    ];
    let supervisor = Supervisor::new(components).unwrap();
    supervisor.start_all().await;
    until(&supervisor, |s| s.status().iter().all(|c| c.health == Health::Running)).await;
    supervisor.stop_all(Duration::from_secs(5)).await;
    let seen = log.lock().unwrap().join(" ");
    assert_eq!(seen, "+database +homeserver +adminbot -adminbot -homeserver -database");
    assert!(supervisor.status().iter().all(|c| c.health == Health::Stopped));
}

#[tokio::test]
async fn a_panic_restarts_one_and_leaves_the_others() {
    let log = Log::default();
    let runs = Arc::new(AtomicU32::new(0));
    let falling = Component::new("falling", &[], move |mut signal| {
        let run = runs.fetch_add(1, Ordering::SeqCst);
        async move {
            assert!(run >= 2, "falls in run {run}");
            signal.ready();
            signal.stopped().await;
            Ok(())
        }
    });
    let supervisor = Supervisor::new(vec![falling, logging(&log, "steady", &[])]).unwrap();
    supervisor.start_all().await;
    until(&supervisor, |s| s.status()[0].health == Health::Running).await;
    assert_eq!(supervisor.status()[0].restarts, 2);
    assert_eq!(supervisor.status()[1].health, Health::Running);
    assert_eq!(*log.lock().unwrap(), ["+steady"]);
    supervisor.stop_all(Duration::from_secs(5)).await;
}

#[tokio::test]
async fn an_error_restarts_as_well() {
    let first = Arc::new(Mutex::new(true));
    let component = Component::new("once", &[], move |mut signal| {
        let fails = std::mem::replace(&mut *first.lock().unwrap(), false);
        async move {
            if fails {
                return Err("not yet".into());
            }
            signal.ready();
            signal.stopped().await;
            Ok(())
        }
    });
    let supervisor = Supervisor::new(vec![component]).unwrap();
    supervisor.start_all().await;
    until(&supervisor, |s| s.status()[0].health == Health::Running).await;
    assert_eq!(supervisor.status()[0].restarts, 1);
    supervisor.stop_all(Duration::from_secs(5)).await;
}

#[tokio::test]
async fn one_that_does_not_stop_is_cut_off() {
    let stubborn = Component::new("stubborn", &[], |signal| async move {
        signal.ready();
        std::future::pending().await
    });
    let supervisor = Supervisor::new(vec![stubborn]).unwrap();
    supervisor.start_all().await;
    let stop = supervisor.stop_all(Duration::from_millis(50));
    timeout(Duration::from_secs(2), stop).await.unwrap();
    assert_eq!(supervisor.status()[0].health, Health::Stopped);
}

#[test]
fn impossible_orders_are_refused() {
    let log = Log::default();
    let missing = Supervisor::new(vec![logging(&log, "a", &["b"])]).unwrap_err();
    assert_eq!(missing, OrderError::Missing { name: "a", missing: "b" });
    let circle = vec![logging(&log, "a", &["b"]), logging(&log, "b", &["a"])];
    assert_eq!(Supervisor::new(circle).unwrap_err(), OrderError::Circle(vec!["a", "b"]));
}
