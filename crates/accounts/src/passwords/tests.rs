use super::*;
use crate::testing::settings;

fn passwords(change: impl FnOnce(&mut Settings)) -> Passwords {
    let mut settings = settings();
    change(&mut settings);
    Passwords::new(&settings, entropy::SeededEntropy::shared(1)).unwrap()
}

#[tokio::test]
async fn a_hash_knows_its_password_and_no_other() {
    let passwords = passwords(|_| ());
    let hash = passwords.hash("correct horse").await.unwrap();
    assert!(hash.starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "{hash}");
    assert_ne!(hash, passwords.hash("correct horse").await.unwrap(), "each has its own salt");
    assert_eq!(passwords.verify("correct horse", Some(&hash)).await.unwrap(), Verdict::Right);
    for wrong in ["", "correct horsE", "correct horse ", &"x".repeat(5_000)] {
        assert_eq!(passwords.verify(wrong, Some(&hash)).await.unwrap(), Verdict::Wrong, "{wrong}");
    }
    assert_eq!(passwords.verify("", None).await.unwrap(), Verdict::Wrong, "no hash, no password");
    assert_eq!(passwords.verify("x", Some("garbage")).await.unwrap(), Verdict::Wrong);
    assert_eq!(passwords.verify("", Some("")).await.unwrap(), Verdict::Wrong);
}

#[tokio::test]
async fn it_does_not_matter_how_a_letter_was_composed() {
    let passwords = passwords(|_| ());
    let hash = passwords.hash("caf\u{e9} \u{fb01}").await.unwrap();
    let verdict = passwords.verify("cafe\u{301} fi", Some(&hash)).await.unwrap();
    assert_eq!(verdict, Verdict::Right);
}

#[tokio::test]
async fn a_hash_at_another_cost_is_outdated() {
    let old = passwords(|_| ()).hash("pw").await.unwrap();
    let today = passwords(|settings| settings.password_cost.iterations = 2);
    assert_eq!(today.verify("pw", Some(&old)).await.unwrap(), Verdict::RightButOutdated);
    assert_eq!(today.verify("wp", Some(&old)).await.unwrap(), Verdict::Wrong);
}

#[tokio::test]
async fn hashes_of_synapse_are_accepted_with_its_pepper() {
    let passwords = passwords(|settings| settings.bcrypt_pepper = Some(Secret::new("pepper")));
    let stored = bcrypt::hash("cafépepper", 4).unwrap();
    let verdict = passwords.verify("cafe\u{301}", Some(&stored)).await.unwrap();
    assert_eq!(verdict, Verdict::RightButOutdated);
    assert_eq!(passwords.verify("cafe", Some(&stored)).await.unwrap(), Verdict::Wrong);
    assert_eq!(passwords.verify("cafépepper", Some(&stored)).await.unwrap(), Verdict::Wrong);
}

#[tokio::test]
async fn whoever_comes_when_too_many_wait_is_sent_away() {
    let passwords = passwords(|_| ());
    passwords.waiting.store(WAITING_MAX, Ordering::SeqCst);
    assert!(matches!(passwords.hash("pw").await, Err(PasswordError::Busy)));
    assert_eq!(passwords.waiting.load(Ordering::SeqCst), WAITING_MAX, "the place is given back");
}

#[test]
fn the_default_is_what_owasp_recommends() {
    let cost = PasswordCost::default();
    assert_eq!((cost.memory_kib, cost.iterations, cost.parallelism), (19_456, 2, 1));
}

#[test]
fn a_password_is_neither_too_short_nor_too_long() {
    assert_eq!(check_new("", 0), Err(WeakPassword::Short(1)));
    assert_eq!(check_new("ééééééé", 8), Err(WeakPassword::Short(8)));
    assert_eq!(check_new("éééééééé", 8), Ok(()));
    assert_eq!(check_new(&"x".repeat(1_025), 8), Err(WeakPassword::Long));
}
