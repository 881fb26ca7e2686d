//! `longhouse media …`: what users of a running node uploaded, over its socket.
use std::time::Duration;

use api_admin::local::{
    delete_media,
    document::{
        ChangedMedia, Media as Listed, MediaMove, MediaQuota, MediaUsage, Medium, MoveWord,
        Protection, Quarantine,
    },
    get_media_move, get_media_usage, list_media, move_media, set_media_protection,
    set_media_quarantine, set_media_quota,
};
use clap::Subcommand;
use config::Bytes;

use super::{Context, block_on};
use crate::{
    control::Control,
    failure::{Failure, count},
    output::{self, table},
    passwords,
};

/// How often it is asked how far a move is.
const PROGRESS_PERIOD: Duration = Duration::from_millis(500);

#[derive(Debug, Subcommand)]
pub(super) enum Media {
    /// Lists media.
    List {
        /// Only what this user uploaded: a name, or a whole user id.
        #[arg(long)]
        user: Option<String>,
    },
    /// Hides a content from everybody, under whichever URIs it is and will be.
    Quarantine {
        /// The media: its id, or its whole mxc:// URI.
        media: String,
    },
    /// Shows a content again.
    Unquarantine {
        /// The media: its id, or its whole mxc:// URI.
        media: String,
    },
    /// Keeps media from being hidden or deleted for their age.
    Protect {
        /// The media: its id, or its whole mxc:// URI.
        media: String,
    },
    /// Protects media no longer.
    Unprotect {
        /// The media: its id, or its whole mxc:// URI.
        media: String,
    },
    /// Deletes media for good.
    Delete {
        /// The media: its id, or its whole mxc:// URI.
        media: String,
        /// Do not ask.
        #[arg(long, short)]
        yes: bool,
    },
    /// Tells what a user's uploads take.
    Usage {
        /// The user: a name, or a whole user id.
        user: String,
    },
    /// Sets how much a user may upload.
    Quota {
        /// The user: a name, or a whole user id.
        user: String,
        /// All uploads together, such as 500MiB, or `default` for what the configuration says.
        bytes: String,
    },
    /// Moves all files to where new ones are stored: from the disk to the bucket, or back. The node goes on meanwhile.
    /// Started again, it goes on where it was.
    Move {
        /// Do not wait for its end.
        #[arg(long)]
        no_wait: bool,
    },
}

impl Media {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let node = Control::new(&context.folder);
        match self {
            Self::List { user } => list(context, &node, &user.unwrap_or_default()),
            Self::Quarantine { media } => quarantine(context, &node, &media, true),
            Self::Unquarantine { media } => quarantine(context, &node, &media, false),
            Self::Protect { media } => protect(context, &node, &media, true),
            Self::Unprotect { media } => protect(context, &node, &media, false),
            Self::Delete { media, yes } => {
                node.check_running()?;
                if !yes {
                    passwords::confirm(&format!("Delete {media} for good?"))?;
                }
                let deleted: ChangedMedia =
                    block_on(node.ask(&delete_media::ENDPOINT, id_of(&media), &()))?;
                context.output.result(&deleted, |_| format!("{media} is deleted"))
            }
            Self::Usage { user } => {
                let usage: MediaUsage = block_on(node.ask(&get_media_usage::ENDPOINT, &user, &()))?;
                context.output.result(&usage, describe)
            }
            Self::Quota { user, bytes } => {
                let bytes = match bytes.as_str() {
                    "default" => None,
                    text => Some(
                        Bytes::parse(text)
                            .ok_or_else(|| {
                                Failure::new(format!("{text} is no number of bytes such as 500MiB"))
                            })?
                            .0,
                    ),
                };
                let body = MediaQuota { bytes };
                let usage: MediaUsage =
                    block_on(node.ask(&set_media_quota::ENDPOINT, &user, &body))?;
                context.output.result(&usage, describe)
            }
            Self::Move { no_wait } => block_on(move_all(context, &node, no_wait)),
        }
    }
}

/// Asks how far it is.
async fn move_all(context: &Context, node: &Control, no_wait: bool) -> Result<(), Failure> {
    let mut done: MediaMove = node.ask(&move_media::ENDPOINT, "", &()).await?;
    let mut told = String::new();
    while done.state == MoveWord::Running && !no_wait {
        tokio::time::sleep(PROGRESS_PERIOD).await;
        done = node.ask(&get_media_move::ENDPOINT, "", &()).await?;
        let progress = describe_move(&done);
        if progress != told && done.state == MoveWord::Running {
            output::note(&progress);
            told = progress;
        }
    }
    context.output.result(&done, describe_move)?;
    match done.state {
        MoveWord::Failed => Err(Failure::new("the move was broken off")
            .next("The node's log says why. The same command goes on with what is left.")),
        MoveWord::Idle => Err(Failure::new("the node was started again during the move")
            .next("The same command goes on with what is left.")),
        MoveWord::Done if done.damaged > 0 => Err(Failure::new(format!(
            "{} are damaged, and stay where they are",
            count_of(done.damaged)
        ))
        .next("The node's log names them.")),
        MoveWord::Running | MoveWord::Done => Ok(()),
    }
}

fn describe_move(done: &MediaMove) -> String {
    let MediaMove { to, files, thousandths, .. } = done;
    let bytes = Bytes(done.bytes);
    let (percent, tenth) = (thousandths / 10, thousandths % 10);
    match done.state {
        MoveWord::Running => {
            format!("{percent}.{tenth} %: moved {} ({bytes}) to {to}", count_of(*files))
        }
        _ => format!("moved {} ({bytes}) to {to}", count_of(*files)),
    }
}

fn count_of(files: u64) -> String {
    count(usize::try_from(files).unwrap_or(usize::MAX), "file")
}

/// The part of an `mxc://` URI that names one of this server's media.
fn id_of(media: &str) -> &str {
    media.rsplit('/').next().unwrap_or_default()
}

fn describe(usage: &MediaUsage) -> String {
    let MediaUsage { user_id, files, bytes, quota_bytes } = usage;
    let quota = quota_bytes.map(|quota| format!(", of at most {}", shown(quota)));
    let quota = quota.unwrap_or_default();
    format!("{user_id} has uploaded {files} files: {}{quota}", shown(*bytes))
}

fn shown(bytes: i64) -> String {
    Bytes(u64::try_from(bytes).unwrap_or_default()).to_string()
}

fn quarantine(
    context: &Context,
    node: &Control,
    media: &str,
    quarantined: bool,
) -> Result<(), Failure> {
    let body = Quarantine { quarantined };
    let changed: ChangedMedia =
        block_on(node.ask(&set_media_quarantine::ENDPOINT, id_of(media), &body))?;
    let what = if quarantined { "hidden" } else { "shown again" };
    context.output.result(&changed, |changed| format!("{} media are {what}", changed.media))
}

fn protect(context: &Context, node: &Control, media: &str, protected: bool) -> Result<(), Failure> {
    let body = Protection { protected };
    let changed: ChangedMedia =
        block_on(node.ask(&set_media_protection::ENDPOINT, id_of(media), &body))?;
    let what = if protected { "is protected" } else { "is not protected" };
    context.output.result(&changed, |_| format!("{media} {what}"))
}

/// Asks page by page.
fn list(context: &Context, node: &Control, user: &str) -> Result<(), Failure> {
    let mut all = Listed { media: Vec::new() };
    loop {
        let after = all.media.last().map(|medium| medium.id().to_owned()).unwrap_or_default();
        let query = [("after", after), ("user", user.to_owned())];
        let page: Listed = block_on(node.get(&list_media::ENDPOINT, &query))?;
        if page.media.is_empty() {
            break;
        }
        all.media.extend(page.media);
    }
    context.output.result(&all, |all| {
        let row = |medium: &Medium| {
            let state = match (medium.quarantined, medium.protected) {
                (true, _) => "quarantined",
                (_, true) => "protected",
                _ => "",
            };
            vec![
                medium.uri.clone(),
                shown(medium.bytes),
                medium.uploader.clone().unwrap_or_default(),
                medium.content_type.clone().unwrap_or_default(),
                state.to_owned(),
            ]
        };
        table(&all.media.iter().map(row).collect::<Vec<_>>())
    })
}
