//! Bytes on disk: for each message, and for each change of membership in a large room.
//!
//! Sizes are what the database or the file system says before and after, with everything in them:
//! indexes, free pages, and for `SQLite` its write-ahead log, as they are some seconds after the last write.

use std::{process::Command, sync::Arc, time::Duration};

use anyhow::{Context, bail};

use super::{Bench, Phase, send};
use crate::{measure::Load, processes::disk_bytes, report::Row, world::Room};

const CONCURRENCY: usize = 8;

/// Seconds for which sizes have to be the same to be taken.
const STILL_S: u32 = 5;

/// Seconds after which they are taken anyway.
const STILL_TRIES_MAX: u32 = 30;

pub async fn by_message(bench: &mut Bench<'_>) -> anyhow::Result<()> {
    if !can_measure(bench, Phase::Disk) {
        return Ok(());
    }
    let (senders, rooms) = send::a_room_each(bench).await?;
    bench.meter.settle(super::SETTLING_MAX).await?;
    let before = still_bytes(bench).await?;
    let case = format!("messages in {} rooms", rooms.len());
    send::measure(bench, Phase::Disk, case, senders, rooms).await?;
    let grown = still_bytes(bench).await?.saturating_sub(before);
    note_bytes(bench.rows.last_mut(), "bytes_per_message", grown, None);
    Ok(())
}

pub async fn by_state_change(bench: &mut Bench<'_>) -> anyhow::Result<()> {
    if !can_measure(bench, Phase::StateStorage) {
        return Ok(());
    }
    let size = bench.sizes.state_members;
    let members = bench.world.users(size).await?;
    let room = Arc::new(bench.world.room_of(members).await?);
    bench.meter.settle(super::SETTLING_MAX).await?;
    let (before, state_before) = (still_bytes(bench).await?, state_bytes(bench)?);
    let count = (bench.sizes.state_changes / 2).min(size.saturating_sub(1));
    change(bench, &room, count, Change::Leave).await?;
    change(bench, &room, count, Change::JoinAgain).await?;
    let grown = still_bytes(bench).await?.saturating_sub(before);
    let state =
        state_bytes(bench)?.zip(state_before).map(|(after, then)| after.saturating_sub(then));
    let left = bench.rows.iter().rev().nth(1).map_or(0, |row| row.operations);
    let last = bench.rows.last_mut();
    note_bytes(last, "bytes_per_change", grown, Some(left));
    if let Some(state) = state {
        note_bytes(bench.rows.last_mut(), "state_bytes_per_change", state, Some(left));
    }
    Ok(())
}

#[derive(Clone, Copy)]
enum Change {
    Leave,
    JoinAgain,
}

/// Everybody but the creator, as many as `count`, leaves or joins again.
async fn change(
    bench: &mut Bench<'_>,
    room: &Arc<Room>,
    count: usize,
    change: Change,
) -> anyhow::Result<()> {
    let (matrix, room) = (bench.world.matrix.clone(), Arc::clone(room));
    let verb = match change {
        Change::Leave => "leave",
        Change::JoinAgain => "join again",
    };
    let case = format!("{verb}, {} members", room.members.len());
    let load = Load {
        concurrency: CONCURRENCY,
        duration: bench.sizes.setup_limit(),
        operations_max: count,
    };
    bench
        .measure(Phase::StateStorage, case, load, move |turn| {
            let (matrix, room) = (matrix.clone(), Arc::clone(&room));
            async move {
                let member = room.members.get(turn.number + 1).context("no member")?;
                let answer = match change {
                    Change::Leave => matrix.leave(member, &room.id).await?,
                    Change::JoinAgain => matrix.join(member, &room.id).await?,
                };
                Ok(answer.len())
            }
        })
        .await
}

/// Adds a figure for each operation of the row, and of `others` before it.
fn note_bytes(row: Option<&mut Row>, name: &'static str, bytes: u64, others: Option<usize>) {
    let Some(row) = row else { return };
    let operations = (row.operations + others.unwrap_or(0)).max(1);
    let each = bytes as f64 / operations as f64;
    eprintln!("{}: {name} {each:.0}", row.phase);
    row.extra.insert(name, each);
}

fn can_measure(bench: &Bench<'_>, phase: Phase) -> bool {
    let can = bench.options.data_dir.is_some() || bench.options.database_size_command.is_some();
    if !can {
        eprintln!("{}: left out without --data-dir or --database-size-command", phase.name());
    }
    can
}

/// The bytes once they hold still: a server may copy what it has logged to its place, and give the log's space back,
/// some seconds after the last write.
async fn still_bytes(bench: &Bench<'_>) -> anyhow::Result<u64> {
    let (mut bytes, mut still) = (data_bytes(bench)?, 0);
    for _ in 0..STILL_TRIES_MAX {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let now = data_bytes(bench)?;
        still = if now == bytes { still + 1 } else { 0 };
        bytes = now;
        if still == STILL_S {
            break;
        }
    }
    Ok(bytes)
}

fn data_bytes(bench: &Bench<'_>) -> anyhow::Result<u64> {
    match (&bench.options.data_dir, &bench.options.database_size_command) {
        (Some(folder), _) => disk_bytes(folder).with_context(|| folder.display().to_string()),
        (None, Some(command)) => bytes_from(command),
        (None, None) => bail!("nothing to measure on disk"),
    }
}

fn state_bytes(bench: &Bench<'_>) -> anyhow::Result<Option<u64>> {
    bench.options.state_size_command.as_deref().map(bytes_from).transpose()
}

/// Runs a shell command that prints a number of bytes.
fn bytes_from(command: &str) -> anyhow::Result<u64> {
    let output = Command::new("sh").args(["-c", command]).output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    text.trim().parse().with_context(|| {
        format!("{command:?} printed {text:?} {}", String::from_utf8_lossy(&output.stderr).trim())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_command_prints_a_number() {
        assert_eq!(bytes_from("echo 4096").unwrap(), 4096);
        assert!(bytes_from("echo a lot; echo why >&2").unwrap_err().to_string().contains("why"));
    }
}
