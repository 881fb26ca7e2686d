use std::sync::Arc;

use clock::MockClock;

use super::*;

fn limiter(per_second: f64, burst: u32) -> (Limiter, Arc<MockClock>) {
    let clock = Arc::new(MockClock::default());
    let login = config::Rate { per_second, burst };
    let limits = config::RateLimits { login, ..config::RateLimits::default() };
    (Limiter::new(&limits, clock.clone()), clock)
}

fn take(limiter: &Limiter, who: Who) -> Result<(), String> {
    limiter.take(RateClass::Login, who).map_err(|failure| format!("{failure:?}"))
}

#[test]
fn a_burst_then_the_long_run() {
    let (limiter, clock) = limiter(2.0, 3);
    for _ in 0..3 {
        take(&limiter, Who::User(1)).unwrap();
    }
    let refused = take(&limiter, Who::User(1)).unwrap_err();
    assert!(refused.contains(r#""retry_after_ms": Number(500)"#), "{refused}");
    clock.advance_ms(499);
    take(&limiter, Who::User(1)).unwrap_err();
    clock.advance_ms(1);
    take(&limiter, Who::User(1)).unwrap();
    take(&limiter, Who::User(1)).unwrap_err();
}

#[test]
fn callers_and_classes_do_not_share() {
    let (limiter, _) = limiter(1.0, 1);
    take(&limiter, Who::User(1)).unwrap();
    take(&limiter, Who::User(2)).unwrap();
    take(&limiter, Who::Address(1)).unwrap();
    limiter.take(RateClass::Message, Who::User(1)).unwrap();
    take(&limiter, Who::User(1)).unwrap_err();
}

#[test]
fn an_ipv6_subscriber_is_one_caller_and_a_mapped_address_is_the_address() {
    let who = |address: &str| Who::from(address.parse::<IpAddr>().unwrap());
    assert_eq!(who("2001:db8:1:2::1"), who("2001:db8:1:2:ffff::9"));
    assert_ne!(who("2001:db8:1:2::1"), who("2001:db8:1:3::1"));
    assert_eq!(who("::ffff:192.0.2.1"), who("192.0.2.1"));
    assert_ne!(who("192.0.2.1"), who("192.0.2.2"));
}

#[test]
fn switched_off_means_no_limit() {
    let limits = config::RateLimits { enabled: false, ..config::RateLimits::default() };
    let limiter = Limiter::new(&limits, Arc::new(MockClock::default()));
    for _ in 0..10_000 {
        take(&limiter, Who::User(1)).unwrap();
    }
}

#[test]
fn memory_is_bounded() {
    let (limiter, _) = limiter(0.01, 1);
    for user in 0..400_000 {
        take(&limiter, Who::User(user)).unwrap();
    }
    let kept: usize = limiter.shards.iter().map(|shard| shard.lock().len()).sum();
    assert!(kept <= SHARDS * SHARD_ENTRIES_MAX, "{kept}");
}

#[test]
fn classes_are_numbered_as_they_are_listed() {
    for (number, class) in RateClass::ALL.into_iter().enumerate() {
        assert_eq!(class as usize, number, "{class}");
    }
}
