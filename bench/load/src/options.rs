//! What the command line says, and what it means when it says nothing.

use std::{path::PathBuf, time::Duration};

use clap::Parser;

use crate::phases::Phase;

/// Measure a Matrix homeserver over its client-server API.
#[derive(Debug, Parser)]
#[command(name = "longhouse-load", version)]
pub struct Options {
    /// Where the server listens, without TLS
    #[arg(long, default_value = "http://127.0.0.1:8008")]
    pub url: String,

    /// Make accounts by Synapse's shared-secret API instead of open registration
    #[arg(long, value_name = "SECRET")]
    pub registration_secret: Option<String>,

    /// Room version to ask for (the server's default if absent)
    #[arg(long, value_name = "VERSION")]
    pub room_version: Option<String>,

    /// A server process, measured with everything it started; may be repeated
    #[arg(long, value_name = "PID")]
    pub server_pid: Vec<u32>,

    /// A database process, measured with everything it started; may be repeated
    #[arg(long, value_name = "PID")]
    pub database_pid: Vec<u32>,

    /// Folder whose size on disk is the server's data
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,

    /// Shell command that prints the database's size in bytes
    #[arg(long, value_name = "COMMAND", conflicts_with = "data_dir")]
    pub database_size_command: Option<String>,

    /// Shell command that prints the size in bytes of what stores room state
    #[arg(long, value_name = "COMMAND")]
    pub state_size_command: Option<String>,

    /// Run only these phases (all of them if absent)
    #[arg(long = "phase", value_delimiter = ',', value_name = "PHASE")]
    pub phases: Vec<Phase>,

    /// Small sizes, for a smoke run of a few seconds
    #[arg(long)]
    pub quick: bool,

    /// Print the report as JSON instead of a table
    #[arg(long)]
    pub json: bool,

    #[command(flatten)]
    overrides: Overrides,
}

/// Defines every size once: its flag, its meaning, its value in a full and in a quick run.
macro_rules! sizes {
    ($($(#[doc = $doc:literal])+ $name:ident: $kind:ty = $full:expr, quick $quick:expr;)+) => {
        #[derive(Clone, Debug, clap::Args)]
        #[command(next_help_heading = "Sizes (full, quick)")]
        struct Overrides {
            $($(#[doc = $doc])+ #[arg(long, value_name = "N")] $name: Option<$kind>,)+
        }

        /// How much each phase does.
        #[derive(Clone, Debug)]
        pub struct Sizes {
            $($(#[doc = $doc])+ pub $name: $kind,)+
        }

        impl Options {
            /// The sizes of this run: the profile's, unless a flag says otherwise.
            #[must_use]
            pub fn sizes(&self) -> Sizes {
                let given = self.overrides.clone();
                Sizes {
                    $($name: given.$name.unwrap_or_else(
                        || if self.quick { $quick } else { $full }
                    ),)+
                }
            }
        }
    };
}

sizes! {
    /// Seconds that each measured loop works (5, 0.2)
    seconds: f64 = 5.0, quick 0.2;
    /// Most operations of one measured loop (100000, 200)
    operations: usize = 100_000, quick 200;
    /// Longest time to prepare one phase, in seconds (600, 30)
    setup_seconds: f64 = 600.0, quick 30.0;
    /// How long the server must do nothing to count as quiet, in milliseconds (500, 100)
    quiet_ms: u64 = 500, quick 100;
    /// Most accounts that the register phase makes (200, 8)
    registrations: usize = 200, quick 8;
    /// Accounts that join, and rooms that each of them joins (50,20; 5,2)
    joins: List = list(&[50, 20]), quick list(&[5, 2]);
    /// Concurrent senders into one room, one case each; the last also into a room each (1,8,32; 1,8)
    senders: List = list(&[1, 8, 32]), quick list(&[1, 8]);
    /// Sizes of rooms whose members are not connected (2,10,100,1000,5000; 2,10)
    members: List = list(&[2, 10, 100, 1000, 5000]), quick list(&[2, 10]);
    /// Events of history before sending on (1000,100000; 100)
    history: List = list(&[1000, 100_000]), quick list(&[100]);
    /// Push rules of the member who has many (1000, 20)
    push_rules: usize = 1000, quick 20;
    /// Rooms of the account that syncs (50, 5)
    rooms: usize = 50, quick 5;
    /// Messages in each of those rooms (100, 10)
    room_messages: usize = 100, quick 10;
    /// Rooms in the window of sliding sync (20, 3)
    window: usize = 20, quick 3;
    /// Rooms of the account with very many of them (5000, 20)
    many_rooms: usize = 5000, quick 20;
    /// Messages that are searched (100000, 200)
    searched: usize = 100_000, quick 200;
    /// Rooms of the space whose hierarchy is read (500, 5)
    space_rooms: usize = 500, quick 5;
    /// Long-polling listeners of the delivery phase (50, 5)
    listeners: usize = 50, quick 5;
    /// Messages a second of the delivery phase (20, 20)
    delivery_rate: u32 = 20, quick 20;
    /// Seconds of the delivery phase (10, 1)
    delivery_seconds: u32 = 10, quick 1;
    /// Events of the room that is paged through (1000, 200)
    page_events: usize = 1000, quick 200;
    /// Members of the room whose members are listed (1000, 10)
    members_listed: usize = 1000, quick 10;
    /// Bytes of a media file (100000, 100000)
    media_bytes: usize = 100_000, quick 100_000;
    /// Idle long-polls held open (10000, 50)
    idle_connections: usize = 10_000, quick 50;
    /// Accounts that hold them (1000, 8)
    idle_users: usize = 1000, quick 8;
    /// Seconds that they are watched (10, 1)
    idle_seconds: f64 = 10.0, quick 1.0;
    /// Members of the room whose state storage is measured (2000, 8)
    state_members: usize = 2000, quick 8;
    /// Joins and leaves in that room (2000, 16)
    state_changes: usize = 2000, quick 16;
}

impl Sizes {
    /// The longest preparation of one phase.
    #[must_use]
    pub fn setup_limit(&self) -> Duration {
        Duration::try_from_secs_f64(self.setup_seconds).unwrap_or(Duration::MAX)
    }
}

/// Numbers separated by commas.
#[derive(Clone, Debug, PartialEq)]
pub struct List(pub Vec<usize>);

fn list(numbers: &[usize]) -> List {
    List(numbers.to_vec())
}

impl std::str::FromStr for List {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.split(',').map(str::parse).collect::<Result<_, _>>().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_overrides_the_profile() {
        let options = Options::parse_from(["x", "--quick", "--members", "3,4", "--rooms", "9"]);
        let sizes = options.sizes();
        assert_eq!(sizes.members, List(vec![3, 4]));
        assert_eq!((sizes.rooms, sizes.listeners), (9, 5));
        assert_eq!(Options::parse_from(["x"]).sizes().listeners, 50);
    }

    #[test]
    fn phases_are_named_and_separated_by_commas() {
        let options = Options::parse_from(["x", "--phase", "send,sync-initial"]);
        assert_eq!(options.phases, [Phase::Send, Phase::SyncInitial]);
        assert!(Options::try_parse_from(["x", "--phase", "nonsense"]).is_err());
    }
}
