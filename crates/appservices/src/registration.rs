//! A registration: what an administrator has told of an application service ([spec]).
//!
//! [spec]: https://spec.matrix.org/v1.16/application-service-api/#registration
use std::sync::Arc;

use config::Secret;
use protocol::ids::{OwnedUserId, ServerName, UserId, new_local_user_id};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::namespaces::{Namespace, Namespaces};

/// The longest token, in bytes: it has to fit into a header.
const TOKEN_BYTES_MAX: usize = 1_024;

/// The longest id, in bytes.
const ID_BYTES_MAX: usize = 255;

/// An application service as it was registered.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the file")]
pub struct Registration {
    /// Names it in paths, logs and in the database.
    pub id: Arc<str>,
    /// Where it listens, without a slash at the end; `None`: nothing is sent to it.
    pub url: Option<String>,
    /// The user that it is when it does not say otherwise.
    pub sender: OwnedUserId,
    /// Its namespaces.
    pub namespaces: Namespaces,
    /// Whether rate limits apply to its users. Never to its sender.
    pub is_rate_limited: bool,
    /// Whether typing, receipts and messages to devices are sent to it.
    pub receives_ephemeral: bool,
    /// Whether changes of device lists and counts of keys are sent to it (MSC3202).
    pub receives_encryption: bool,
    /// Whether it was written for the names that things had before the specification took them up (MSC2409).
    pub reads_unstable_names: bool,
    /// The protocols that it can look things up in.
    pub protocols: Vec<String>,
    /// SHA-256 of the token by which it is known here.
    pub(crate) as_token_hash: [u8; 32],
    /// The token by which this server is known there.
    pub(crate) hs_token: Secret,
}

/// The file. Keys that are not known are passed over: bridges write some for themselves and for other servers.
#[derive(Deserialize)]
struct File {
    id: String,
    url: Option<String>,
    as_token: Secretive,
    hs_token: Secretive,
    sender_localpart: String,
    #[serde(default)]
    namespaces: Option<NamespaceLists>,
    rate_limited: Option<bool>,
    protocols: Option<Vec<String>>,
    receive_ephemeral: Option<bool>,
    #[serde(rename = "de.sorunome.msc2409.push_ephemeral")]
    sorunome_push_ephemeral: Option<bool>,
    push_ephemeral: Option<bool>,
    #[serde(rename = "org.matrix.msc3202")]
    encryption: Option<bool>,
}

/// A text whose value no message shows.
struct Secretive(Secret);

impl<'de> Deserialize<'de> for Secretive {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(text) => Ok(Self(Secret::new(text))),
            _ => Err(serde::de::Error::custom("expected a text; put it in quotes")),
        }
    }
}

#[derive(Default, Deserialize)]
struct NamespaceLists {
    users: Option<Vec<Entry>>,
    aliases: Option<Vec<Entry>>,
    rooms: Option<Vec<Entry>>,
}

#[derive(Deserialize)]
struct Entry {
    regex: String,
    #[serde(default)]
    exclusive: bool,
}

/// A mistake in a registration: its key, and what is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mistake {
    pub(crate) key: Option<String>,
    pub(crate) message: String,
}

impl Mistake {
    fn of(key: impl Into<String>, message: impl Into<String>) -> Self {
        Self { key: Some(key.into()), message: message.into() }
    }
}

impl Registration {
    /// Reads a registration file's text.
    pub(crate) fn parse(text: &str, server: &ServerName) -> Result<Self, Vec<Mistake>> {
        let document: Value = serde_saphyr::from_str(text).map_err(|error| {
            let line = error.location().map(|place| format!("line {}: ", place.line()));
            // The error itself would quote the lines around, and there are tokens in them.
            let message = format!("{}this is no YAML", line.unwrap_or_default());
            vec![Mistake { key: None, message }]
        })?;
        let file: File = serde_path_to_error::deserialize(document).map_err(|error| {
            let path = error.path().to_string();
            let key = (path != ".").then_some(path);
            vec![Mistake { key, message: error.into_inner().to_string() }]
        })?;
        file.check(server)
    }

    /// Whether the application service may act as `user`: as its sender, or as a user of its namespace here.
    #[must_use]
    pub fn owns(&self, user: &UserId) -> bool {
        user == self.sender
            || (user.server_name() == self.sender.server_name() && self.namespaces.has_user(user))
    }

    /// Whether what happens to `user` interests the application service.
    #[must_use]
    pub fn follows(&self, user: &UserId) -> bool {
        user == self.sender || self.namespaces.has_user(user)
    }

    /// Whether nobody else may make `user`.
    #[must_use]
    pub fn claims_user(&self, user: &UserId) -> bool {
        user == self.sender || crate::namespaces::claims(&self.namespaces.users, user.as_str())
    }
}

impl File {
    fn check(self, server: &ServerName) -> Result<Registration, Vec<Mistake>> {
        let mut mistakes = Vec::new();
        if self.id.is_empty() || self.id.len() > ID_BYTES_MAX || self.id.contains('\0') {
            mistakes.push(Mistake::of("id", format!("expected 1 to {ID_BYTES_MAX} bytes")));
        }
        let url = self.url.filter(|url| !url.is_empty());
        let is_url = |url: &String| url.starts_with("http://") || url.starts_with("https://");
        if !url.iter().all(is_url) {
            mistakes
                .push(Mistake::of("url", "expected a URL that begins with http:// or https://"));
        }
        for (key, token) in [("as_token", &self.as_token), ("hs_token", &self.hs_token)] {
            let token = token.0.expose();
            let fits = (1..=TOKEN_BYTES_MAX).contains(&token.len())
                && token.bytes().all(|byte| byte.is_ascii_graphic());
            if !fits {
                let what = "ASCII characters and no space";
                let message = format!("expected 1 to {TOKEN_BYTES_MAX} {what}");
                mistakes.push(Mistake::of(key, message));
            }
        }
        if self.as_token.0 == self.hs_token.0 {
            mistakes.push(Mistake::of("hs_token", "is the same as as_token"));
        }
        let sender = new_local_user_id(&self.sender_localpart, server);
        if let Err(error) = &sender {
            mistakes.push(Mistake::of("sender_localpart", error.to_string()));
        }
        let lists = self.namespaces.unwrap_or_default();
        let namespaces = Namespaces {
            users: compile("users", lists.users, &mut mistakes),
            aliases: compile("aliases", lists.aliases, &mut mistakes),
            rooms: compile("rooms", lists.rooms, &mut mistakes),
        };
        let Some(sender) = sender.ok().filter(|_| mistakes.is_empty()) else {
            return Err(mistakes);
        };
        Ok(Registration {
            id: self.id.into(),
            url: url.map(|url| url.trim_end_matches('/').to_owned()),
            sender,
            namespaces,
            is_rate_limited: self.rate_limited.unwrap_or(true),
            receives_ephemeral: [
                self.receive_ephemeral,
                self.sorunome_push_ephemeral,
                self.push_ephemeral,
            ]
            .contains(&Some(true)),
            reads_unstable_names: [
                self.sorunome_push_ephemeral,
                self.push_ephemeral,
                self.encryption,
            ]
            .contains(&Some(true)),
            receives_encryption: self.encryption.unwrap_or(false),
            protocols: self.protocols.unwrap_or_default(),
            as_token_hash: Sha256::digest(self.as_token.0.expose()).into(),
            hs_token: self.hs_token.0,
        })
    }
}

fn compile(kind: &str, entries: Option<Vec<Entry>>, mistakes: &mut Vec<Mistake>) -> Vec<Namespace> {
    let mut namespaces = Vec::new();
    for (index, entry) in entries.unwrap_or_default().into_iter().enumerate() {
        match Namespace::new(&entry.regex, entry.exclusive) {
            Ok(namespace) => namespaces.push(namespace),
            Err(error) => {
                let key = format!("namespaces.{kind}[{index}].regex");
                mistakes.push(Mistake::of(key, error.to_string()));
            }
        }
    }
    namespaces
}

#[cfg(test)]
mod tests;
