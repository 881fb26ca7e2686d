//! `longhouse doctor`
use std::path::PathBuf;

use clap::Args;
use config::{Config, Serves};
use egress::{Egress, Options};
use serde::Serialize;

use super::{Context, block_on};
use crate::{
    doctor::{
        Check, Probes, Verdict, check_database, check_folder, check_media, check_node,
        check_privacy, check_registration,
    },
    failure::{Failure, code, count},
    settings,
};

#[derive(Debug, Args)]
pub(super) struct Doctor {
    /// The configuration file, instead of the data folder's.
    #[arg(long, value_name = "FILE", env = "LONGHOUSE_CONFIG")]
    config: Option<PathBuf>,
    /// Look for the server at this URL, instead of where the configuration says clients look.
    #[arg(long, value_name = "URL")]
    url: Option<String>,
}

#[derive(Serialize)]
struct Report {
    verdict: Verdict,
    checks: Vec<Check>,
}

impl Doctor {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let checks = block_on(self.check(context))?;
        let verdict = checks.iter().map(|check| check.verdict).max().unwrap_or(Verdict::Good);
        let report = Report { verdict, checks };
        context.output.result(&report, |report| {
            report.checks.iter().map(Check::to_text).collect::<String>()
        })?;
        let number = |verdict| report.checks.iter().filter(|c| c.verdict == verdict).count();
        match verdict {
            Verdict::Good => Ok(()),
            Verdict::Warning => {
                let what = count(number(Verdict::Warning), "warning");
                Err(Failure::new(what).with_code(code::CHECK_WARNED))
            }
            Verdict::Fault => {
                let what = count(number(Verdict::Fault), "fault");
                Err(Failure::new(what).with_code(code::CHECK_FAILED))
            }
        }
    }

    async fn check(self, context: &Context) -> Result<Vec<Check>, Failure> {
        let file = settings::file(&context.folder, self.config);
        let config = match settings::load(&context.folder, file, Vec::new()) {
            Ok(loaded) => loaded.config,
            Err(failure) => {
                return Ok(vec![Check::fault(
                    "configuration",
                    failure.what(),
                    failure.next_step(),
                )]);
            }
        };
        let folder = &context.folder;
        let mut checks = vec![Check::good("configuration", "every setting is known and valid")];
        checks.push(check_folder(folder));
        checks.push(check_privacy(&config, folder));
        checks.push(check_registration(&config));
        checks.extend(check_media(&config, folder).await);
        let (node, status) = check_node(folder).await;
        checks.push(node);
        checks.push(check_database(&config, folder, status.as_ref()).await);
        let listener = status.as_ref().and_then(|status| {
            let serves = |listener: &&api_admin::local::document::Listener| {
                listener.serves.iter().any(|serves| serves == Serves::Client.word())
            };
            status.listeners.iter().find(serves).map(|listener| listener.url.clone())
        });
        // A node that does not run is one fault, not ten.
        if listener.is_some() || self.url.is_some() {
            // The running node's name counts: an option may have set it.
            let name = status.map_or(config.server.name.clone(), |status| status.server_name);
            checks.extend(probes(&config, &name, self.url, listener)?.run().await);
        }
        Ok(checks)
    }
}

fn probes(
    config: &Config,
    server_name: &str,
    url: Option<String>,
    listener: Option<String>,
) -> Result<Probes, Failure> {
    let is_local = server_name == "localhost";
    let listener = listener.filter(|_| is_local);
    let entrance = url.or(listener).unwrap_or_else(|| format!("https://{server_name}"));
    let client = Egress::new(Options {
        // The administrator asks about their own server, which may well stand in their own network.
        allow_private: true,
        allow_own: true,
        extra_ca_file: config.egress.extra_ca_file.clone(),
        connect_timeout: config.egress.connect_timeout.as_duration(),
        request_timeout: config.egress.request_timeout.as_duration(),
    })
    .map_err(Failure::new)?;
    Ok(Probes { client, entrance: entrance.trim_end_matches('/').to_owned(), is_local })
}
