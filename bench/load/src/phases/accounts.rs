//! Making accounts and logging in: mostly the cost of the server's password hash.

use std::sync::Arc;

use anyhow::Context;

use super::{Bench, Phase};
use crate::{matrix::Registration, measure::Load, world::PASSWORD};

/// Concurrent newcomers. Password hashing is a matter of cores, not of concurrency.
const CONCURRENCY: usize = 4;

pub async fn register(bench: &mut Bench<'_>) -> anyhow::Result<()> {
    let count = bench.sizes.registrations;
    let names = Arc::new(bench.world.fresh_names(count));
    let (matrix, registration) = (bench.world.matrix.clone(), bench.world.registration.clone());
    let how = match registration {
        Registration::Open => "open, two steps",
        Registration::SharedSecret(_) => "shared secret",
    };
    let load = Load { operations_max: count, ..bench.load(CONCURRENCY) };
    bench
        .measure(Phase::Register, how.to_owned(), load, move |turn| {
            let (matrix, names) = (matrix.clone(), Arc::clone(&names));
            let registration = registration.clone();
            async move {
                let name = names.get(turn.number).context("no name left")?;
                matrix.register(&registration, name, PASSWORD).await.map(|user| user.id.len())
            }
        })
        .await
}

pub async fn login(bench: &mut Bench<'_>) -> anyhow::Result<()> {
    let users = bench.world.users(CONCURRENCY).await?;
    let matrix = bench.world.matrix.clone();
    let load = Load { operations_max: bench.sizes.registrations, ..bench.load(CONCURRENCY) };
    bench
        .measure(Phase::Login, "password".to_owned(), load, move |turn| {
            let (matrix, user) = (matrix.clone(), users.get(turn.worker).cloned());
            async move {
                let user = user.context("no user")?;
                Ok(matrix.login(&user.localpart, PASSWORD).await?.len())
            }
        })
        .await
}
