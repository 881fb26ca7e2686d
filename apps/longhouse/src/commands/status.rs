//! `longhouse status`
use api_admin::local::{document::Status, get_status};

use super::{Context, block_on};
use crate::{control::Control, failure::Failure, output::table};

pub(super) fn run(context: &Context) -> Result<(), Failure> {
    let status: Status =
        block_on(Control::new(&context.folder).ask(&get_status::ENDPOINT, "", &()))?;
    context.output.result(&status, people)
}

fn people(status: &Status) -> String {
    let row = |name: &str, value: String| vec![name.to_owned(), value];
    let mut rows = vec![
        row("server name", status.server_name.clone()),
        row("version", status.version.clone()),
        row("running for", duration(status.uptime_ms)),
        row("process", status.process.to_string()),
        row("folder", status.folder.clone()),
        row("database", status.database.clone()),
        row("accounts", status.users.to_string()),
    ];
    for listener in &status.listeners {
        rows.push(row("listens on", format!("{} ({})", listener.url, listener.serves.join(", "))));
    }
    for part in &status.components {
        let failure = part.failure.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
        let restarts = match part.restarts {
            0 => String::new(),
            times => format!(", restarted {times} times"),
        };
        rows.push(row("component", format!("{} {}{restarts}{failure}", part.name, part.health)));
    }
    table(&rows)
}

fn duration(ms: i64) -> String {
    let minutes = ms / 60_000;
    match (minutes / 1_440, minutes / 60 % 24, minutes % 60) {
        (0, 0, 0) => format!("{} s", ms / 1_000),
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}
