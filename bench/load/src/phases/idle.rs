//! Many long-polls that nothing wakes: what holding them costs.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use anyhow::ensure;
use serde_json::json;
use tokio::task::JoinSet;

use super::{Bench, Phase, SETTLING_MAX};
use crate::{
    matrix::{SyncRequest, User},
    measure::{Load, Outcome, closed_loop},
};

/// New polls are begun in bursts of this many, with a pause, as many as a listen backlog takes.
const BURST: usize = 100;
const BURST_PAUSE: Duration = Duration::from_millis(20);
/// Longer than opening, settling and watching together take.
const POLL_TIMEOUT_MS: u64 = 300_000;

pub async fn run(bench: &mut Bench<'_>) -> anyhow::Result<()> {
    let (count, watched) = (bench.sizes.idle_connections, bench.sizes.idle_seconds);
    let accounts = bench.sizes.idle_users.min(count).max(1);
    let positions = positions(bench, accounts).await?;
    bench.meter.settle(SETTLING_MAX).await?;
    let before = bench.meter.server_pss_bytes();

    let began = Instant::now();
    let mut polls = JoinSet::new();
    for number in 0..count {
        let (user, since) = positions[number % accounts].clone();
        let matrix = bench.world.matrix.clone();
        let filter = json!({"account_data": matrix.unrepeated()});
        let request =
            SyncRequest { since: Some(since), filter: Some(filter), timeout_ms: POLL_TIMEOUT_MS };
        polls.spawn(async move { matrix.sync(&user, &request).await });
        if number % BURST == BURST - 1 {
            tokio::time::sleep(BURST_PAUSE).await;
        }
    }
    bench.meter.settle(SETTLING_MAX).await?;
    let opening = began.elapsed();

    let mut outcome = Outcome { operations: count, ..Outcome::default() };
    let opened = bench.meter.open().await?;
    let cpu_before = bench.meter.server_cpu()?;
    let start = Instant::now();
    tokio::time::sleep(Duration::try_from_secs_f64(watched)?).await;
    outcome.elapsed = start.elapsed();
    let cpu = bench.meter.server_cpu()?.saturating_sub(cpu_before);
    let after = bench.meter.server_pss_bytes();
    if let Some(ended) = polls.try_join_next() {
        let reason = match ended? {
            Ok(answer) => {
                let beginning: String =
                    String::from_utf8_lossy(&answer).chars().take(300).collect();
                format!("answered although nothing happened: {beginning}")
            }
            Err(error) => format!("{error:#}"),
        };
        let ended = 1 + std::iter::from_fn(|| polls.try_join_next()).count();
        outcome.operations -= ended;
        outcome.failures = ended;
        outcome.first_failure = Some(format!("a long-poll ended: {reason}"));
    }
    let case = format!("{count} long-polls of {accounts} accounts");
    let core_share = 100.0 * cpu.as_secs_f64() / outcome.elapsed.as_secs_f64();
    let mut row = bench.meter.close(opened, outcome, Phase::IdlePolls.name(), case).await?;
    row.extra.insert("memory_growth_bytes", after.saturating_sub(before) as f64);
    row.extra.insert("percent_of_one_core", core_share);
    row.extra.insert("opening_seconds", opening.as_secs_f64());
    bench.add(row);
    Ok(())
}

/// Accounts of the pool and where each of them would sync from.
async fn positions(
    bench: &mut Bench<'_>,
    accounts: usize,
) -> anyhow::Result<Vec<(Arc<User>, String)>> {
    let users = bench.world.users(accounts).await?;
    let matrix = bench.world.matrix.clone();
    let found = Arc::new(Mutex::new(Vec::with_capacity(accounts)));
    let list = Arc::clone(&found);
    let load =
        Load { concurrency: 8, duration: bench.sizes.setup_limit(), operations_max: accounts };
    let outcome = closed_loop(load, move |turn| {
        let (matrix, list) = (matrix.clone(), Arc::clone(&list));
        let user = users.get(turn.number).cloned();
        async move {
            let Some(user) = user else { return Ok(0) };
            let position = matrix.position(&user).await?;
            list.lock().unwrap_or_else(PoisonError::into_inner).push((user, position));
            Ok(0)
        }
    })
    .await;
    let found = std::mem::take(&mut *found.lock().unwrap_or_else(PoisonError::into_inner));
    ensure!(found.len() == accounts, "positions: {}", outcome.first_failure.unwrap_or_default());
    Ok(found)
}
