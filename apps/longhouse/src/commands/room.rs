//! `longhouse room …`: the rooms of a running node, over its socket.
use std::{thread, time::Duration};

use api_admin::local::{
    delete_room, get_room_job, list_room_jobs, list_rooms, purge_room,
    room_document::{
        Blocked, Deletion, Job, Jobs, NewRoom, Room as Document, RoomEntries, RoomEntry,
    },
    set_room_block, show_room,
};
use clap::{Args, Subcommand};
use clock::SystemClock;

use super::{Context, block_on};
use crate::{
    control::Control,
    failure::{Failure, code},
    output::{note, table},
    passwords,
};

mod moment;

/// How often it is asked how far a job is.
const ASK_AGAIN: Duration = Duration::from_millis(500);

#[derive(Debug, Subcommand)]
pub(super) enum Room {
    /// Lists the rooms.
    List,
    /// Tells about a room.
    Show {
        /// The room: its id or an alias.
        room: String,
    },
    /// Lets no user of this server into a room any more, whether or not it is known here.
    Block {
        /// The room: its id or an alias.
        room: String,
        /// What users are told who want to join it.
        #[arg(long, value_name = "TEXT")]
        message: Option<String>,
    },
    /// Lets users into a room again.
    Unblock {
        /// The room: its id or an alias.
        room: String,
    },
    /// Deletes a room for good: its members are moved out, and everything about it is removed.
    Delete(Delete),
    /// Removes old messages of a room for good. What the room is made of stays.
    Purge(Purge),
    /// Lists what is and was done to rooms, the newest first.
    Jobs,
}

#[derive(Debug, Args)]
pub(super) struct Delete {
    /// The room: its id or an alias.
    room: String,
    /// Let nobody into it afterwards either.
    #[arg(long)]
    block: bool,
    /// What users are told who want to join it then.
    #[arg(long, value_name = "TEXT", requires = "block")]
    message: Option<String>,
    /// Put the members into a new room that this user makes, to tell them.
    #[arg(long, value_name = "USER", requires = "notice")]
    new_room_by: Option<String>,
    /// What the new room is called.
    #[arg(long, value_name = "NAME", default_value = "Closed room", requires = "new_room_by")]
    new_room_name: String,
    /// What is said in the new room.
    #[arg(long, value_name = "TEXT", requires = "new_room_by")]
    notice: Option<String>,
    /// Do not ask.
    #[arg(long, short)]
    yes: bool,
    /// Do not wait for the end.
    #[arg(long)]
    no_wait: bool,
}

#[derive(Debug, Args)]
pub(super) struct Purge {
    /// The room: its id or an alias.
    room: String,
    /// What goes: all before an event ($…), before a day (2026-01-31, in UTC), or what is older than a time (90d).
    #[arg(long, value_name = "WHEN")]
    before: String,
    /// Do not ask.
    #[arg(long, short)]
    yes: bool,
    /// Do not wait for the end.
    #[arg(long)]
    no_wait: bool,
}

impl Room {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let node = Control::new(&context.folder);
        match self {
            Self::List => list(context, &node),
            Self::Show { room } => {
                let room: Document = block_on(node.ask(&show_room::ENDPOINT, &room, &()))?;
                context.output.result(&room, describe)
            }
            Self::Block { room, message } => block(context, &node, &room, (true, message)),
            Self::Unblock { room } => block(context, &node, &room, (false, None)),
            Self::Delete(delete) => delete.run(context, &node),
            Self::Purge(purge) => purge.run(context, &node),
            Self::Jobs => jobs(context, &node),
        }
    }
}

impl Delete {
    fn run(self, context: &Context, node: &Control) -> Result<(), Failure> {
        node.check_running()?;
        if !self.yes {
            let room: Document = block_on(node.ask(&show_room::ENDPOINT, &self.room, &()))?;
            let name = room.name.as_deref().unwrap_or("a room without a name");
            let (id, joined, events) = (&room.room_id, room.joined, room.events);
            passwords::confirm(&format!(
                "Delete {id} ({name}) with {joined} members and {events} events for good?"
            ))?;
        }
        let new_room = self.new_room_by.zip(self.notice);
        let new_room =
            new_room.map(|(creator, notice)| NewRoom { creator, name: self.new_room_name, notice });
        let body = Deletion { block: self.block, message: self.message, new_room };
        let job: Job = block_on(node.ask(&delete_room::ENDPOINT, &self.room, &body))?;
        follow(context, node, job, self.no_wait)
    }
}

impl Purge {
    fn run(self, context: &Context, node: &Control) -> Result<(), Failure> {
        let now = SystemClock::shared().now_ms();
        let body = moment::parse(&self.before, now).ok_or_else(|| {
            Failure::new(format!(
                "{} is no event ($…), no day such as 2026-01-31 and no time such as 90d",
                self.before
            ))
            .with_code(code::USAGE)
        })?;
        node.check_running()?;
        if !self.yes {
            let (room, before) = (&self.room, &self.before);
            passwords::confirm(&format!(
                "Remove the messages of {room} before {before} for good?"
            ))?;
        }
        let job: Job = block_on(node.ask(&purge_room::ENDPOINT, &self.room, &body))?;
        follow(context, node, job, self.no_wait)
    }
}

/// Tells how far a job is until it has ended.
fn follow(context: &Context, node: &Control, mut job: Job, no_wait: bool) -> Result<(), Failure> {
    let mut shown = String::new();
    while job.status == "open" && !no_wait {
        let now = progress(&job);
        if now != shown {
            note(&now);
            shown = now;
        }
        thread::sleep(ASK_AGAIN);
        job = block_on(node.ask(&get_room_job::ENDPOINT, &job.job.to_string(), &()))?;
    }
    if let Some(why) = &job.failure {
        return Err(Failure::new(format!("job {} failed: {why}", job.job)));
    }
    context.output.result(&job, |job| match (job.status.as_str(), job.kind.as_str()) {
        ("open", _) => format!("job {} has begun; `room jobs` tells how far it is", job.job),
        (_, "delete") => format!("{} is deleted", job.room_id),
        _ => format!("{} events of {} are removed", job.done, job.room_id),
    })
}

fn progress(job: &Job) -> String {
    let Job { job: number, stage, done, total, .. } = job;
    match total {
        0 => format!("job {number}: {stage}"),
        total => format!("job {number}: {stage}, {done} of {total} events"),
    }
}

fn block(
    context: &Context,
    node: &Control,
    room: &str,
    (blocked, message): (bool, Option<String>),
) -> Result<(), Failure> {
    let body = Blocked { blocked, message };
    let room: Document = block_on(node.ask(&set_room_block::ENDPOINT, room, &body))?;
    let what = if blocked { "is blocked" } else { "is not blocked" };
    context.output.result(&room, |room| format!("{} {what}", room.room_id))
}

/// Asks page by page: a node with many rooms answers in pieces.
fn list(context: &Context, node: &Control) -> Result<(), Failure> {
    let mut all = RoomEntries { rooms: Vec::new() };
    loop {
        let after = all.rooms.last().map_or(0, |room| room.number);
        let query = [("after", after.to_string())];
        let page: RoomEntries = block_on(node.get(&list_rooms::ENDPOINT, &query))?;
        if page.rooms.is_empty() {
            break;
        }
        all.rooms.extend(page.rooms);
    }
    context.output.result(&all, |all| {
        let row = |room: &RoomEntry| {
            let marks = [(room.published, "published"), (room.blocked, "blocked")];
            let marks: Vec<&str> =
                marks.iter().filter(|(is, _)| *is).map(|(_, word)| *word).collect();
            let alias = room.canonical_alias.clone().unwrap_or_default();
            // A name is what somebody typed: it stays on its line.
            let name = room.name.as_deref().unwrap_or_default();
            let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
            vec![room.room_id.clone(), room.joined.to_string(), marks.join(", "), alias, name]
        };
        table(&all.rooms.iter().map(row).collect::<Vec<_>>())
    })
}

fn jobs(context: &Context, node: &Control) -> Result<(), Failure> {
    let mut all = Jobs { jobs: Vec::new() };
    loop {
        let before = all.jobs.last().map_or(i64::MAX, |job| job.job);
        let query = [("before", before.to_string())];
        let page: Jobs = block_on(node.get(&list_room_jobs::ENDPOINT, &query))?;
        if page.jobs.is_empty() {
            break;
        }
        all.jobs.extend(page.jobs);
    }
    context.output.result(&all, |all| {
        let row = |job: &Job| {
            vec![
                job.job.to_string(),
                job.kind.clone(),
                job.room_id.clone(),
                job.status.clone(),
                format!("{} of {}", job.done, job.total),
                job.failure.clone().unwrap_or_else(|| job.stage.clone()),
            ]
        };
        table(&all.jobs.iter().map(row).collect::<Vec<_>>())
    })
}

fn describe(room: &Document) -> String {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let word = |is: bool| if is { "yes" } else { "no" };
    let blocked = match (&room.block_message, room.blocked) {
        (Some(message), true) => format!("yes: {message}"),
        (_, is) => word(is).to_owned(),
    };
    let mut rows = vec![("room", room.room_id.clone()), ("blocked", blocked)];
    if room.known {
        rows.extend([
            ("name", text(&room.name)),
            ("topic", text(&room.topic)),
            ("aliases", room.aliases.join(" ")),
            ("type", text(&room.room_type)),
            ("version", text(&room.room_version)),
            ("creator", text(&room.creator)),
            ("join rule", text(&room.join_rule)),
            ("history", text(&room.history_visibility)),
            ("guests", word(room.guests).to_owned()),
            ("encrypted", word(room.encrypted).to_owned()),
            ("published", word(room.published).to_owned()),
            ("joined", room.joined.to_string()),
            ("invited", room.invited.to_string()),
            ("events", room.events.to_string()),
        ]);
    }
    let one_line = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let rows = rows.into_iter().map(|(name, value)| vec![name.to_owned(), one_line(value)]);
    table(&rows.collect::<Vec<_>>())
}
