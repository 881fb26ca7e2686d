//! `longhouse report …`: what users have reported, from a running node over its socket.
use api_admin::local::{
    document::{Report as Document, Reports},
    list_reports,
};
use clap::Subcommand;

use super::{Context, block_on};
use crate::{control::Control, failure::Failure, output::table};

#[derive(Debug, Subcommand)]
pub(super) enum Report {
    /// Lists what users have reported, the oldest first.
    List,
}

impl Report {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let node = Control::new(&context.folder);
        match self {
            Self::List => list(context, &node),
        }
    }
}

/// Asks page by page: a node with many reports answers in pieces.
fn list(context: &Context, node: &Control) -> Result<(), Failure> {
    let mut all = Reports { reports: Vec::new() };
    loop {
        let after = all.reports.last().map_or(0, |report| report.id);
        let query = [("after", after.to_string())];
        let page: Reports = block_on(node.get(&list_reports::ENDPOINT, &query))?;
        if page.reports.is_empty() {
            break;
        }
        all.reports.extend(page.reports);
    }
    context.output.result(&all, |all| {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let row = |report: &Document| {
            vec![
                report.id.to_string(),
                report.reporter.clone(),
                text(&report.user_id),
                text(&report.room_id),
                text(&report.event_id),
                // A reason is what somebody typed: it stays on its line.
                text(&report.reason).split_whitespace().collect::<Vec<_>>().join(" "),
            ]
        };
        table(&all.reports.iter().map(row).collect::<Vec<_>>())
    })
}
