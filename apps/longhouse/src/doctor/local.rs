//! What can be seen on the machine itself.
use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use api_admin::local::{document::Status, get_status};
use clock::SystemClock;
use config::{Config, RegistrationMode};
use db::{Database, OpenError};
use rustix::fs::statvfs;

use super::Check;
use crate::{control::Control, failure::Failure, folder::Folder, node};

/// Below this, writes will fail soon.
const FREE_BYTES_NEEDED: u64 = 256 << 20;
/// Below this, somebody should look.
const FREE_BYTES_COMFORTABLE: u64 = 2 << 30;

/// Whether the folder is there, and whether its disk has room.
pub(crate) fn check_folder(folder: &Folder) -> Check {
    const NAME: &str = "disk";
    let path = folder.path().display();
    let free = match statvfs(folder.path()) {
        Ok(disk) => disk.f_bavail.saturating_mul(disk.f_frsize),
        Err(error) => {
            let evidence = if folder.path().exists() {
                format!("{path} cannot be read: {error}")
            } else {
                format!("there is no folder {path}")
            };
            return Check::fault(
                NAME,
                evidence,
                "Name the node's folder with --data DIR, or make it with `longhouse up`.",
            );
        }
    };
    let evidence = format!("{} MiB free under {path}", free >> 20);
    if free < FREE_BYTES_NEEDED {
        Check::fault(NAME, evidence, "Make room: with a full disk nothing can be stored.")
    } else if free < FREE_BYTES_COMFORTABLE {
        Check::warning(NAME, evidence, "Make room before it runs full.")
    } else {
        Check::good(NAME, evidence)
    }
}

/// Whether others on the machine can read what only the node should.
pub(crate) fn check_privacy(config: &Config, folder: &Folder) -> Check {
    const NAME: &str = "secrets";
    let folder_is_private = is_private(folder.path()).unwrap_or(true);
    let database = match node::database_location(config, folder) {
        Ok(db::Location::Sqlite(path)) => Some(path),
        _ => None,
    };
    let secrets = [Some(folder.signing_key()), Some(folder.configuration()), database];
    let there: Vec<_> =
        secrets.into_iter().flatten().filter_map(|path| Some((is_private(&path)?, path))).collect();
    if there.is_empty() {
        return Check::good(NAME, "there are none yet");
    }
    // Nobody else gets at what is inside a private folder, whatever the modes in it.
    let inside = |path: &Path| folder_is_private && path.starts_with(folder.path());
    let open: Vec<String> = there
        .into_iter()
        .filter(|(private, path)| !private && !inside(path))
        .map(|(_, path)| path.display().to_string())
        .collect();
    if open.is_empty() {
        return Check::good(NAME, "the key, the configuration and the database are their owner's");
    }
    let files = open.join(" ");
    Check::warning(
        NAME,
        format!("other users of this machine can read {files}"),
        format!("Run: chmod 600 {files}"),
    )
}

/// Whether only its owner can use the file; none if there is no such file.
fn is_private(path: &Path) -> Option<bool> {
    fs::metadata(path).ok().map(|file| matches!(file.permissions().mode() & 0o077, 0))
}

/// Whether registration is open to the world.
pub(crate) fn check_registration(config: &Config) -> Check {
    const NAME: &str = "registration";
    let mode = config.registration.mode;
    let is_local = config.listeners.iter().all(|listener| listener.address.ip().is_loopback());
    match mode {
        RegistrationMode::Open if !is_local => Check::warning(
            NAME,
            "anybody who reaches the server can make an account",
            "Set registration.mode to token or closed unless that is meant: open servers are found \
             and used to send spam.",
        ),
        RegistrationMode::Token if config.registration.tokens.is_empty() => Check::warning(
            NAME,
            "a token is asked for, and the configuration has none",
            "Add one to registration.tokens.",
        ),
        mode => Check::good(NAME, mode.word()),
    }
}

/// Whether a node runs in the folder; its status if it does.
pub(crate) async fn check_node(folder: &Folder) -> (Check, Option<Status>) {
    const NAME: &str = "node";
    let asked: Result<Status, Failure> =
        Control::new(folder).ask(&get_status::ENDPOINT, "", &()).await;
    match asked {
        Ok(status) => {
            let limping: Vec<String> = status
                .components
                .iter()
                .filter(|part| part.health != "running")
                .map(|part| format!("{} is {}", part.name, part.health))
                .collect();
            let check = if limping.is_empty() {
                let evidence = format!("version {}, process {}", status.version, status.process);
                Check::good(NAME, evidence)
            } else {
                Check::fault(NAME, limping.join(", "), "The node's log says why.")
            };
            (check, Some(status))
        }
        Err(failure) => (Check::fault(NAME, failure.what(), failure.next_step()), None),
    }
}

/// Whether media can be stored in the bucket; nothing if there is none.
pub(crate) async fn check_media(config: &Config, folder: &Folder) -> Option<Check> {
    const NAME: &str = "media";
    let checked = match node::bucket(&config.media_s3, folder) {
        Ok(None) => return None,
        Ok(Some(bucket)) => bucket.check().await,
        Err(error) => Err(error),
    };
    let name = config.media_s3.bucket.as_deref().unwrap_or_default();
    Some(match checked {
        Ok(()) => Check::good(NAME, format!("the bucket {name} can be written and read")),
        Err(error) => Check::fault(
            NAME,
            error.to_string(),
            "See [media_s3] in docs/configuration.md: uploads fail, and downloads of what is there.",
        ),
    })
}

/// Whether the database can be opened. A running node has done so.
pub(crate) async fn check_database(
    config: &Config,
    folder: &Folder,
    running: Option<&Status>,
) -> Check {
    const NAME: &str = "database";
    if let Some(status) = running {
        return Check::good(NAME, format!("{}, {} accounts", status.database, status.users));
    }
    let location = match node::database_location(config, folder) {
        Ok(location) => location,
        Err(failure) => return Check::fault(NAME, failure.what(), failure.next_step()),
    };
    // Looking must not make a file.
    if let db::Location::Sqlite(path) = &location
        && !path.exists()
    {
        return Check::warning(
            NAME,
            format!("{location} does not exist yet"),
            "The first start makes it.",
        );
    }
    let options = node::database_options(config, SystemClock::shared());
    match Database::open(&location, options).await {
        Ok(database) => {
            database.close().await;
            Check::good(NAME, format!("{location} can be opened"))
        }
        Err(OpenError::InUse { process, .. }) => Check::warning(
            NAME,
            format!("{location} is in use by {process}, which does not answer on the socket"),
            "Is it a node that is still starting, or one of another --data folder?",
        ),
        Err(error) => {
            Check::fault(NAME, error.to_string(), "See database.url in docs/configuration.md.")
        }
    }
}
