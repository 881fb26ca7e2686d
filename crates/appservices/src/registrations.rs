//! All registrations of a node, read at its start.
use std::{
    fmt, fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use protocol::ids::{RoomAliasId, ServerName, UserId};
use sha2::{Digest as _, Sha256};
use subtle::{Choice, ConstantTimeEq as _};

use crate::{
    namespaces,
    registration::{Mistake, Registration},
};

/// The largest file that is read, in bytes.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// All application services of a node.
#[derive(Clone, Debug, Default)]
pub struct Registrations {
    all: Vec<Arc<Registration>>,
}

/// Something is wrong with registration files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    /// Each mistake.
    pub problems: Vec<Problem>,
}

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// In which file.
    pub file: PathBuf,
    /// The value of which key; `None` for what is wrong with the file.
    pub key: Option<String>,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.file.display())?;
        if let Some(key) = &self.key {
            write!(f, "{key}: ")?;
        }
        f.write_str(&self.message)
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: Vec<String> = self.problems.iter().map(ToString::to_string).collect();
        f.write_str(&all.join("\n"))
    }
}

impl std::error::Error for Invalid {}

impl Registrations {
    /// Reads the files of the application services of `server`.
    ///
    /// # Errors
    /// Lists every file that cannot be read or is not valid, and every two that claim the same.
    pub fn load(files: &[PathBuf], server: &ServerName) -> Result<Self, Invalid> {
        let mut problems = Vec::new();
        let mut read: Vec<(&Path, Arc<Registration>)> = Vec::new();
        for file in files {
            match load(file, server) {
                Ok(registration) => read.push((file, Arc::new(registration))),
                Err(mistakes) => {
                    let problem = |mistake: Mistake| problem(file, mistake.key, mistake.message);
                    problems.extend(mistakes.into_iter().map(problem));
                }
            }
        }
        for (index, (file, registration)) in read.iter().enumerate() {
            for (other_file, other) in read.iter().take(index) {
                if let Some((key, what)) = conflict(registration, other) {
                    let message = format!("{what} (in {})", other_file.display());
                    problems.push(problem(file, Some(key), message));
                }
            }
        }
        if problems.is_empty() {
            Ok(Self { all: read.into_iter().map(|(_, registration)| registration).collect() })
        } else {
            Err(Invalid { problems })
        }
    }

    /// All of them, in the order of the configuration.
    #[must_use]
    pub fn all(&self) -> &[Arc<Registration>] {
        &self.all
    }

    /// The one with this id.
    #[must_use]
    pub fn by_id(&self, id: &str) -> Option<&Arc<Registration>> {
        self.all.iter().find(|registration| &*registration.id == id)
    }

    /// The one that has this token. How long it takes says nothing of the tokens that there are.
    #[must_use]
    pub fn by_token(&self, token: &str) -> Option<&Arc<Registration>> {
        if self.all.is_empty() {
            return None;
        }
        let hash: [u8; 32] = Sha256::digest(token).into();
        let mut found = None;
        for registration in &self.all {
            let is_same: Choice = registration.as_token_hash.ct_eq(&hash);
            if is_same.into() {
                found = Some(registration);
            }
        }
        found
    }

    /// The one of which alone `user` can be.
    #[must_use]
    pub fn owner_of_user(&self, user: &UserId) -> Option<&Arc<Registration>> {
        self.all.iter().find(|registration| registration.claims_user(user))
    }

    /// The one that alone may make `alias`.
    #[must_use]
    pub fn owner_of_alias(&self, alias: &RoomAliasId) -> Option<&Arc<Registration>> {
        let claims = |registration: &&Arc<Registration>| {
            namespaces::claims(&registration.namespaces.aliases, alias.as_str())
        };
        self.all.iter().find(claims)
    }
}

impl accounts::ClaimedNames for Registrations {
    fn is_claimed(&self, user: &UserId) -> bool {
        self.owner_of_user(user).is_some()
    }
}

fn problem(file: &Path, key: Option<String>, message: String) -> Problem {
    Problem { file: file.to_owned(), key, message }
}

fn load(file: &Path, server: &ServerName) -> Result<Registration, Vec<Mistake>> {
    let mistake = |message: String| vec![Mistake { key: None, message }];
    let unreadable = |error: std::io::Error| mistake(format!("cannot be read: {error}"));
    let about = fs::metadata(file).map_err(unreadable)?;
    if !about.is_file() || about.len() > FILE_BYTES_MAX {
        return Err(mistake(format!("expected a file of at most {FILE_BYTES_MAX} bytes")));
    }
    Registration::parse(&fs::read_to_string(file).map_err(unreadable)?, server)
}

/// What two registrations cannot both have: the key, and why.
fn conflict(one: &Registration, other: &Registration) -> Option<(String, String)> {
    let taken = |key: &str| Some((key.to_owned(), "another application service has it".to_owned()));
    if one.id == other.id {
        return taken("id");
    }
    if one.as_token_hash == other.as_token_hash {
        return taken("as_token");
    }
    if other.claims_user(&one.sender) {
        let why = "is in an exclusive namespace of another application service";
        return Some(("sender_localpart".to_owned(), why.to_owned()));
    }
    if one.claims_user(&other.sender) {
        let why = "an exclusive namespace has the sender of another application service";
        return Some(("namespaces.users".to_owned(), why.to_owned()));
    }
    let (ours, theirs) = (&one.namespaces, &other.namespaces);
    for (kind, ours, theirs) in
        [("users", &ours.users, &theirs.users), ("aliases", &ours.aliases, &theirs.aliases)]
    {
        for (index, namespace) in ours.iter().enumerate().filter(|(_, own)| own.is_exclusive) {
            let same = |other: &namespaces::Namespace| {
                other.is_exclusive && other.pattern() == namespace.pattern()
            };
            if theirs.iter().any(same) {
                return taken(&format!("namespaces.{kind}[{index}].regex"));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests;
