//! `longhouse-load`: measures any Matrix homeserver through its client-server API.
//!
//! Each phase prepares users and rooms of its own, waits until the server is quiet, works for a
//! bounded time, and reports rate, latency, and the CPU time and memory of the server's processes.
//!
//! Invariant: nothing here knows which server it talks to. What differs between servers (how to
//! register, how to ask for the size on disk) is an option.

mod http;
mod matrix;
mod measure;
mod options;
mod phases;
mod processes;
mod report;
mod world;

use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;

use options::Options;

fn main() -> ExitCode {
    match start(&Options::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("longhouse-load: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// Runs what was asked for. `Ok(false)` says that it ran, with failed operations or phases.
fn start(options: &Options) -> anyhow::Result<bool> {
    processes::raise_file_limit();
    // One thread: the generator leaves the rest of a small machine to the server it measures.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let report = runtime.block_on(phases::run(options)).context("the run was given up")?;
    if options.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        print!("{}", report.table());
    }
    Ok(report.is_clean())
}
