//! Media, up and down. Every upload differs, so that no server can store it once.

use std::sync::Arc;

use anyhow::{Context, ensure};
use bytes::Bytes;

use super::{Bench, Phase};

const CONCURRENCY: usize = 4;
/// Files that are downloaded in turn.
const FILES: usize = 20;

pub async fn upload(bench: &mut Bench<'_>) -> anyhow::Result<()> {
    let users = bench.world.users(CONCURRENCY).await?;
    let matrix = bench.world.matrix.clone();
    let length = bench.sizes.media_bytes;
    let load = bench.load(CONCURRENCY);
    bench
        .measure(Phase::MediaUpload, format!("{length} bytes"), load, move |turn| {
            let (matrix, user) = (matrix.clone(), users.get(turn.worker).cloned());
            async move {
                let user = user.context("no user")?;
                Ok(matrix.upload(&user, noise(length, turn.number)).await?.len())
            }
        })
        .await
}

pub async fn download(bench: &mut Bench<'_>) -> anyhow::Result<()> {
    let users = bench.world.users(CONCURRENCY).await?;
    let matrix = bench.world.matrix.clone();
    let length = bench.sizes.media_bytes;
    let mut files = Vec::new();
    for number in 0..FILES {
        let user = users.first().context("no user")?;
        files.push(matrix.upload(user, noise(length, usize::MAX - number)).await?);
    }
    let files: Arc<[String]> = files.into();
    let load = bench.load(CONCURRENCY);
    bench
        .measure(Phase::MediaDownload, format!("{length} bytes"), load, move |turn| {
            let (matrix, files) = (matrix.clone(), Arc::clone(&files));
            let user = users.get(turn.worker).cloned();
            async move {
                let file = files.get(turn.number % FILES).context("no file")?;
                let user = user.context("no user")?;
                let bytes = matrix.download(&user, file).await?.len();
                ensure!(bytes == length, "a file of {length} bytes came back with {bytes}");
                Ok(bytes)
            }
        })
        .await
}

/// Bytes that do not compress, different for each seed (xorshift64).
fn noise(length: usize, seed: usize) -> Bytes {
    let mut state = (seed as u64) ^ 0x9e37_79b9_7f4a_7c15;
    let words = (0..length.div_ceil(8)).flat_map(|_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    });
    words.take(length).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn noise_has_its_length_and_differs() {
        assert_eq!(super::noise(1001, 1).len(), 1001);
        assert_ne!(super::noise(64, 1), super::noise(64, 2));
    }
}
