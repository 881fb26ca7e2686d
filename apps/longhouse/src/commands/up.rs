//! `longhouse up`
use std::{fmt::Write as _, net::SocketAddr};

use clap::Args;
use config::{DatabaseUrl, Override};

use super::{Context, program};
use crate::{
    failure::{Failure, code},
    folder::{Folder, write_private},
    node::{self, Ready},
    output, settings,
};

#[derive(Debug, Args)]
pub(super) struct Up {
    /// Where to listen.
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// The part after the colon of every user id. It cannot be changed after the first start.
    #[arg(long, value_name = "NAME")]
    server_name: Option<String>,
    /// `sqlite:FILE` or `postgres://USER:PASSWORD@HOST:PORT/NAME`.
    #[arg(long, value_name = "URL")]
    database: Option<String>,
}

impl Up {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let loaded = settings::load(
            &context.folder,
            settings::file(&context.folder, None),
            self.overrides(),
        )?;
        context.folder.create().map_err(|error| cannot_make(&context.folder, &error))?;
        let json = context.output.json;
        node::run(loaded, &context.folder, |ready| {
            // Not before: an address that cannot be had must not stay in the new file.
            self.write_file(&context.folder)?;
            if json { output::print(&ready.to_json()) } else { output::print(&welcome(ready)) }
        })
    }

    fn overrides(&self) -> Vec<Override> {
        let listen =
            self.listen.map(|address| ("listeners.0.address", address.to_string(), "--listen"));
        let name = self.server_name.clone().map(|name| ("server.name", name, "--server-name"));
        let database = self.database.clone().map(|url| ("database.url", url, "--database"));
        [listen, name, database]
            .into_iter()
            .flatten()
            .map(|(path, value, option)| Override { path, value, option })
            .collect()
    }

    /// Writes the configuration file with what the options say, if there is none.
    fn write_file(&self, folder: &Folder) -> Result<(), Failure> {
        let path = folder.configuration();
        if path.exists() {
            return Ok(());
        }
        match write_private(&path, &self.file()?) {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
                Err(cannot_make(folder, &error))
            }
            _ => Ok(()),
        }
    }

    fn file(&self) -> Result<String, Failure> {
        let mut file = String::from(
            "# Written by `longhouse up` at its first start, with the options it was given.\n\
             # `longhouse config example` shows every setting.\n",
        );
        // Writing to a String can't fail.
        if let Some(name) = &self.server_name {
            let _ = write!(file, "\n[server]\nname = {}\n", quoted(name)?);
        }
        if let Some(address) = &self.listen {
            let _ = write!(file, "\n[[listeners]]\naddress = \"{address}\"\n");
        }
        if let Some(url) = &self.database {
            let url = DatabaseUrl::parse(url).ok_or_else(|| {
                Failure::new("--database is no database URL").with_code(code::USAGE)
            })?;
            let _ = write!(file, "\n[database]\nurl = {}\n", quoted(url.expose())?);
        }
        Ok(file)
    }
}

fn cannot_make(folder: &Folder, error: &std::io::Error) -> Failure {
    Failure::of(&format!("cannot make {}", folder.path().display()), error)
        .next("Name another folder with --data DIR.")
}

/// A basic string of TOML has the escapes of JSON.
fn quoted(text: &str) -> Result<String, Failure> {
    serde_json::to_string(text).map_err(Failure::new)
}

fn welcome(ready: &Ready) -> String {
    let Ready { url, server_name, folder, version, has_users, .. } = ready;
    let program = format!("{} --data {folder}", program());
    let first = if *has_users { "user list" } else { "user create NAME --admin" };
    let what = if *has_users { "Accounts:" } else { "First administrator:" };
    format!(
        "Longhouse {version} serves {server_name}\n\n\
         Homeserver URL:  {url}\n\
         Folder:          {folder}\n\n\
         {what}\n  {program} {first}\n\
         Who may register is decided by `registration.mode` in {folder}/longhouse.toml (closed at first).\n\
         Check what clients see:\n  {program} doctor\n\
         Stop with Ctrl-C.\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_file_holds_the_options_and_is_valid() {
        let up = Up {
            listen: Some("[::1]:81".parse().unwrap()),
            server_name: Some("example.org".to_owned()),
            database: Some("postgres://u:p\"w@h/n".to_owned()),
        };
        let folder = tempfile::tempdir().unwrap();
        let folder = Folder::new(folder.path().join("data"));
        folder.create().unwrap();
        up.write_file(&folder).unwrap();
        let sources = config::Sources { file: Some(folder.configuration()), ..Default::default() };
        let config = config::load(&sources).unwrap().config;
        assert_eq!(config.server.name, "example.org");
        assert_eq!(config.listeners[0].address.to_string(), "[::1]:81");
        assert_eq!(config.database.url.unwrap().expose(), "postgres://u:p\"w@h/n");
    }
}
