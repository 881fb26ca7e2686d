//! `longhouse email …`: whether a running node can send mail.
use api_admin::local::{
    document::{Mailed, TestMail},
    send_test_mail,
};
use clap::Subcommand;

use super::{Context, block_on};
use crate::{control::Control, failure::Failure};

#[derive(Debug, Subcommand)]
pub(super) enum Email {
    /// Sends a test mail, and tells what the SMTP server says.
    Test {
        /// The address that it goes to.
        address: String,
    },
}

impl Email {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let node = Control::new(&context.folder);
        match self {
            Self::Test { address } => {
                let body = TestMail { address };
                let mailed: Mailed = block_on(node.ask(&send_test_mail::ENDPOINT, "", &body))?;
                context.output.result(&mailed, |mailed| {
                    format!("the SMTP server has taken a mail to {}", mailed.address)
                })
            }
        }
    }
}
