//! The `longhouse` binary: command line, composition, listeners, the local control socket.
mod allocator;
mod commands;
mod control;
mod doctor;
mod failure;
mod folder;
mod listen;
mod node;
mod output;
mod passwords;
mod sandbox;
mod settings;

use std::{env, process::ExitCode};

fn main() -> ExitCode {
    // Two crypto providers are linked (ours and a dependency's): without a choice rustls panics at
    // its first use.
    if rustls::crypto::aws_lc_rs::default_provider().install_default().is_err() {
        return ExitCode::FAILURE;
    }
    let arguments: Vec<_> = env::args_os().collect();
    commands::run(arguments)
}
