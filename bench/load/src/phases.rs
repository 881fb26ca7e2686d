//! The phases, in the order in which they run, and what they share.

mod accounts;
mod delivery;
mod disk;
mod history;
mod idle;
mod media;
mod previews;
mod rooms;
mod search;
mod send;
mod sliding;
mod spaces;
mod sync;

use std::{collections::BTreeMap, time::Duration};

use clap::ValueEnum;

use crate::{
    measure::{Load, Meter, Turn, closed_loop},
    options::{Options, Sizes},
    report::{Report, Row},
    world::World,
};

/// How long a large preparation may echo in the server before it is measured all the same.
const SETTLING_MAX: Duration = Duration::from_mins(2);

/// What can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Phase {
    /// Make accounts
    Register,
    /// Log in with a password
    Login,
    /// Create private rooms
    CreateRoom,
    /// Join public rooms
    Join,
    /// Send from 1, 8, 32 senders into one room, and into a room each
    Send,
    /// Send into rooms with more and more members who are not connected
    SendMembers,
    /// Send into rooms with more and more history
    SendHistory,
    /// Send into a room with a member who has many push rules
    SendPushRules,
    /// From a send to its arrival at long-polling listeners
    Delivery,
    /// Initial sync of an account with many rooms
    SyncInitial,
    /// Sync from a position after which nothing happened
    SyncIncremental,
    /// First request of simplified sliding sync
    SlidingFirst,
    /// Sliding sync from a position after which nothing happened
    SlidingIncremental,
    /// First request of simplified sliding sync, of an account with very many rooms
    SlidingManyRooms,
    /// A page of 100 events of history
    Messages,
    /// List the members of a large room
    Members,
    /// Full-text search, ranked, over many messages
    Search,
    /// The first page of a large space's hierarchy
    Hierarchy,
    /// Previews of a link that the server knows already
    PreviewCached,
    /// Upload files
    MediaUpload,
    /// Download files
    MediaDownload,
    /// Hold many idle long-polls
    IdlePolls,
    /// Bytes on disk for each message
    Disk,
    /// Bytes on disk for each join and leave in a large room
    StateStorage,
}

impl Phase {
    /// As on the command line.
    fn name(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::Login => "login",
            Self::CreateRoom => "create-room",
            Self::Join => "join",
            Self::Send => "send",
            Self::SendMembers => "send-members",
            Self::SendHistory => "send-history",
            Self::SendPushRules => "send-push-rules",
            Self::Delivery => "delivery",
            Self::SyncInitial => "sync-initial",
            Self::SyncIncremental => "sync-incremental",
            Self::SlidingFirst => "sliding-first",
            Self::SlidingIncremental => "sliding-incremental",
            Self::SlidingManyRooms => "sliding-many-rooms",
            Self::Messages => "messages",
            Self::Members => "members",
            Self::Search => "search",
            Self::Hierarchy => "hierarchy",
            Self::PreviewCached => "preview-cached",
            Self::MediaUpload => "media-upload",
            Self::MediaDownload => "media-download",
            Self::IdlePolls => "idle-polls",
            Self::Disk => "disk",
            Self::StateStorage => "state-storage",
        }
    }

    async fn run(self, bench: &mut Bench<'_>) -> anyhow::Result<()> {
        match self {
            Self::Register => accounts::register(bench).await,
            Self::Login => accounts::login(bench).await,
            Self::CreateRoom => rooms::create(bench).await,
            Self::Join => rooms::join(bench).await,
            Self::Send => send::concurrent(bench).await,
            Self::SendMembers => send::by_members(bench).await,
            Self::SendHistory => send::by_history(bench).await,
            Self::SendPushRules => send::by_push_rules(bench).await,
            Self::Delivery => delivery::run(bench).await,
            Self::SyncInitial => sync::initial(bench).await,
            Self::SyncIncremental => sync::incremental(bench).await,
            Self::SlidingFirst => sliding::first(bench).await,
            Self::SlidingIncremental => sliding::incremental(bench).await,
            Self::SlidingManyRooms => sliding::first_of_many(bench).await,
            Self::Messages => history::messages(bench).await,
            Self::Members => history::members(bench).await,
            Self::Search => search::run(bench).await,
            Self::Hierarchy => spaces::hierarchy(bench).await,
            Self::PreviewCached => previews::cached(bench).await,
            Self::MediaUpload => media::upload(bench).await,
            Self::MediaDownload => media::download(bench).await,
            Self::IdlePolls => idle::run(bench).await,
            Self::Disk => disk::by_message(bench).await,
            Self::StateStorage => disk::by_state_change(bench).await,
        }
    }
}

/// Runs the phases that the options name, or all of them, one after the other.
///
/// # Errors
/// When the options name no server, or a measured process is gone. A phase that cannot run is
/// told in the report, and the others run.
pub async fn run(options: &Options) -> anyhow::Result<Report> {
    let world = World::new(options)?;
    let server_version = world.matrix.server_version().await;
    let sizes = options.sizes();
    let account = None;
    let (meter, rows) = (Meter::new(options), Vec::new());
    let mut bench = Bench { options, sizes, world, meter, rows, account };
    let mut broken = BTreeMap::new();
    eprintln!("measuring {server_version}\n{}", Row::HEADING);
    for &phase in Phase::value_variants() {
        if !options.phases.is_empty() && !options.phases.contains(&phase) {
            continue;
        }
        if let Err(error) = phase.run(&mut bench).await {
            eprintln!("{}: could not run: {error:#}", phase.name());
            broken.insert(phase.name(), format!("{error:#}"));
            bench.meter.server_cpu()?;
        }
    }
    Ok(Report {
        load_version: env!("CARGO_PKG_VERSION"),
        server_version,
        room_version: options.room_version.clone(),
        rows: bench.rows,
        broken,
    })
}

/// What a phase works with.
struct Bench<'a> {
    options: &'a Options,
    sizes: Sizes,
    world: World,
    meter: Meter,
    rows: Vec<Row>,
    /// The account with many rooms that the sync phases share.
    account: Option<sync::Account>,
}

impl Bench<'_> {
    /// As many operations as fit into the time of one measured loop.
    fn load(&self, concurrency: usize) -> Load {
        Load {
            concurrency,
            duration: Duration::try_from_secs_f64(self.sizes.seconds).unwrap_or(Duration::MAX),
            operations_max: self.sizes.operations,
        }
    }

    /// Measures a closed loop and adds its row. The operation answers with its length in bytes.
    async fn measure<F, R>(
        &mut self,
        phase: Phase,
        case: String,
        load: Load,
        operation: F,
    ) -> anyhow::Result<()>
    where
        F: Fn(Turn) -> R + Clone + Send + 'static,
        R: Future<Output = anyhow::Result<usize>> + Send + 'static,
    {
        let opened = self.meter.open().await?;
        let outcome = closed_loop(load, operation).await;
        let row = self.meter.close(opened, outcome, phase.name(), case).await?;
        self.add(row);
        Ok(())
    }

    fn add(&mut self, row: Row) {
        eprintln!("{}", row.line());
        self.rows.push(row);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_and_command_line_use_the_same_names() {
        for phase in Phase::value_variants() {
            let value = phase.to_possible_value().unwrap();
            assert_eq!(value.get_name(), phase.name());
        }
    }
}
