//! `longhouse notice …`: what users of a running node are told in the server's name, over its socket.
use api_admin::local::{
    document::{Notice as Body, SentNotice},
    send_notice,
};
use clap::Subcommand;

use super::{Context, block_on};
use crate::{control::Control, failure::Failure};

#[derive(Debug, Subcommand)]
pub(super) enum Notice {
    /// Tells a user something, in a room that is for that alone.
    Send {
        /// The user: a name, or a whole user id.
        user: String,
        /// What the user is told.
        text: String,
    },
}

impl Notice {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let node = Control::new(&context.folder);
        match self {
            Self::Send { user, text } => {
                let body = Body { text };
                let sent: SentNotice = block_on(node.ask(&send_notice::ENDPOINT, &user, &body))?;
                context.output.result(&sent, |sent| format!("{} was told", sent.user_id))
            }
        }
    }
}
