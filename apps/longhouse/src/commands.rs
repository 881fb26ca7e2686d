//! The command line: one file a command.
mod completions;
mod config;
mod day;
mod decode;
mod doctor;
mod email;
mod endpoints;
mod media;
mod notice;
mod register_new_matrix_user;
mod report;
mod room;
mod serve;
mod status;
mod up;
mod user;
mod version;

use std::{ffi::OsString, path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

pub(crate) use self::{decode::program as decoder_program, version::VERSION};
use crate::{failure::Failure, folder::Folder, output::Output};

/// A Matrix homeserver in one process.
#[derive(Debug, Parser)]
#[command(name = "longhouse", version, disable_help_subcommand = true)]
struct Line {
    /// The node's folder: configuration, database, keys, media, socket.
    #[arg(long, value_name = "DIR", env = "LONGHOUSE_DATA", default_value = "data")]
    data: PathBuf,
    /// Print results, and on the standard error stream what went wrong, as JSON documents.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Starts a node in the data folder, and makes the folder at the first start.
    Up(up::Up),
    /// Starts a node with a configuration file.
    Serve(serve::Serve),
    /// Looks at the configuration.
    #[command(subcommand)]
    Config(config::Config),
    /// Manages accounts of a running node.
    #[command(subcommand)]
    User(user::User),
    /// Shows what users of a running node have reported.
    #[command(subcommand)]
    Report(report::Report),
    /// Tells users of a running node something.
    #[command(subcommand)]
    Notice(notice::Notice),
    /// Manages the rooms of a running node.
    #[command(subcommand)]
    Room(room::Room),
    /// Manages what users of a running node uploaded.
    #[command(subcommand)]
    Media(media::Media),
    /// Tries whether a running node can send mail.
    #[command(subcommand)]
    Email(email::Email),
    /// Tells how the running node does.
    Status,
    /// Checks the installation as clients see it, and says what to do about faults.
    Doctor(doctor::Doctor),
    /// Prints the version.
    Version,
    /// Prints a shell's completions.
    Completions(completions::Completions),
    /// Lists every HTTP endpoint.
    Endpoints,
    /// Decodes images for a node, which starts it itself.
    #[command(hide = true)]
    DecodePictures(decode::DecodePictures),
}

/// What every command may want to know.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    pub(crate) folder: Folder,
    pub(crate) output: Output,
}

/// Runs the command that `arguments` (with the program's name first) ask for.
pub(crate) fn run(arguments: Vec<OsString>) -> ExitCode {
    if called_as(&arguments, "register_new_matrix_user") {
        return finish(register_new_matrix_user::run(arguments), false);
    }
    let line = Line::parse_from(arguments);
    let context = Context { folder: Folder::new(line.data), output: Output { json: line.json } };
    let result = match line.command {
        Command::Up(command) => command.run(&context),
        Command::Serve(command) => command.run(&context),
        Command::Config(command) => command.run(&context),
        Command::User(command) => command.run(&context),
        Command::Report(command) => command.run(&context),
        Command::Notice(command) => command.run(&context),
        Command::Room(command) => command.run(&context),
        Command::Media(command) => command.run(&context),
        Command::Email(command) => command.run(&context),
        Command::Status => status::run(&context),
        Command::Doctor(command) => command.run(&context),
        Command::Version => version::run(&context),
        Command::Completions(command) => command.run(),
        Command::Endpoints => endpoints::run(&context),
        Command::DecodePictures(command) => command.run(),
    };
    finish(result, line.json)
}

/// Whether the program was started under another name, by a link for instance.
fn called_as(arguments: &[OsString], name: &str) -> bool {
    let program = arguments.first().map(PathBuf::from);
    program.is_some_and(|program| program.file_name().is_some_and(|own| own == name))
}

/// Tells why the command failed, on the standard error stream: the other has results only.
fn finish(result: Result<(), Failure>, json: bool) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let text = if json { failure.to_json() } else { format!("longhouse: {failure}") };
            crate::output::note(&text);
            failure.exit_code()
        }
    }
}

/// How this program was called, for messages that say what to type next.
pub(crate) fn program() -> String {
    let called = std::env::args_os().next().map(PathBuf::from);
    let shown = called.filter(|path| path.components().count() > 1);
    shown.map_or_else(|| "longhouse".to_owned(), |path| path.display().to_string())
}

/// Runs what a command does on a small runtime of its own.
pub(crate) fn block_on<T>(task: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| Failure::of("cannot start", &error))?.block_on(task)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Line::command().debug_assert();
    }
}
