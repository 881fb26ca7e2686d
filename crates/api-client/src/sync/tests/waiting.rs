//! What a request costs that waits.
use crate::sync::{sliding_sync, sync_v3};

/// The size of what a handler of three arguments is while it waits.
fn of_three<A, B, C, F: Future>(_: impl Fn(A, B, C) -> F) -> usize {
    size_of::<F>()
}

/// The same of four.
fn of_four<A, B, C, D, F: Future>(_: impl Fn(A, B, C, D) -> F) -> usize {
    size_of::<F>()
}

/// Ten thousand of them wait at the same time: what is needed only for an answer is in a box of its own.
#[test]
fn a_poll_that_waits_is_small() {
    let (v3, sliding) = (of_three(sync_v3::handler), of_four(sliding_sync::handler));
    // The filter alone has more than a kilobyte. With the answer inside they were three times as large.
    assert!(v3 < 5_000, "/v3/sync: {v3} bytes");
    assert!(sliding < 5_000, "sliding sync: {sliding} bytes");
}
