//! A phone: the room list of Element X (matrix-sdk and matrix-sdk-ui, with their stores on disk), told by lines on standard
//! input what its user does, and answering each with one line of JSON.
//!
//! | line | what happens |
//! |---|---|
//! | `show` | the list as it stands on the screen, from top to bottom |
//! | `look NUMBER COUNT` | the user has scrolled to entry NUMBER: these COUNT rooms are on the screen |
//! | `open ROOM` | the user looks at one room |
//! | `read ROOM` | and reads up to its last messages |
//! | `say ROOM TEXT` | the user writes |
//!
//! The folder keeps session and stores: a phone that is started again on it goes on where it was. It ends with its input.
// The SDK's futures lie deep in one another.
#![recursion_limit = "256"]

mod device;
mod screen;

use std::path::PathBuf;

use clap::Parser;
use matrix_sdk::ruma::OwnedRoomId;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};

use crate::{device::Device, screen::Screen};

/// Any failure: the test is over.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A phone with one account.
#[derive(Parser)]
struct Options {
    /// The homeserver.
    #[arg(long)]
    url: String,
    /// The whole user id.
    #[arg(long)]
    user: String,
    /// Used when the folder has no session.
    #[arg(long)]
    password: String,
    /// Where session and stores are kept.
    #[arg(long)]
    folder: PathBuf,
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    // Quiet unless RUST_LOG says otherwise; standard output is for answers.
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .with_writer(std::io::stderr)
        .init();
    let options = Options::parse();
    let device =
        Device::switch_on(&options.url, &options.user, &options.password, &options.folder).await?;
    let screen = Screen::of(&device).await?;
    println!("{}", json!({ "device": device.id() }));
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = lines.next_line().await? {
        println!("{}", obey(&device, &screen, &line).await?);
    }
    device.switch_off().await;
    Ok(())
}

/// Does what the line says.
async fn obey(device: &Device, screen: &Screen, line: &str) -> Result<Value, Failure> {
    let mut words = line.splitn(3, ' ');
    let mut word = || words.next().unwrap_or_default();
    match word() {
        "show" => Ok(screen.show().await),
        "look" => {
            let rooms = screen.window(word().parse()?, word().parse()?);
            device.subscribe(&rooms).await;
            Ok(json!({ "rooms": rooms }))
        }
        "open" => {
            let room: OwnedRoomId = word().try_into()?;
            device.subscribe(std::slice::from_ref(&room)).await;
            Ok(json!({ "rooms": [room] }))
        }
        "read" => {
            let room: OwnedRoomId = word().try_into()?;
            screen.read(&room).await?;
            Ok(json!({}))
        }
        "say" => {
            let room: OwnedRoomId = word().try_into()?;
            Ok(json!({ "event_id": device.say(&room, word()).await? }))
        }
        other => Err(format!("what is {other:?}?").into()),
    }
}
