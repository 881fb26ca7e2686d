//! Namespaces: which users, aliases and rooms an application service is interested in ([spec]).
//!
//! [spec]: https://spec.matrix.org/v1.16/application-service-api/#registration
use protocol::ids::{RoomAliasId, RoomId, UserId};
use regex::Regex;

/// The names that a regular expression describes.
#[derive(Clone, Debug)]
pub struct Namespace {
    /// Whether nobody else may make such names.
    pub is_exclusive: bool,
    regex: Regex,
}

impl Namespace {
    /// The names that begin with what `pattern` describes. The other servers match from the beginning, too, and not up to
    /// the end: registration files count on it.
    ///
    /// # Errors
    /// Says what is wrong with the pattern.
    pub fn new(pattern: &str, is_exclusive: bool) -> Result<Self, regex::Error> {
        // First alone: an unmatched bracket must not be closed by ours.
        Regex::new(pattern)?;
        Ok(Self { is_exclusive, regex: Regex::new(&format!("^(?:{pattern})"))? })
    }

    /// Whether `name` is in it.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.regex.is_match(name)
    }

    /// The regular expression.
    #[must_use]
    pub fn pattern(&self) -> &str {
        let whole = self.regex.as_str();
        whole.strip_prefix("^(?:").and_then(|rest| rest.strip_suffix(')')).unwrap_or(whole)
    }
}

/// All namespaces of an application service.
#[derive(Clone, Debug, Default)]
pub struct Namespaces {
    /// Of user ids.
    pub users: Vec<Namespace>,
    /// Of room aliases.
    pub aliases: Vec<Namespace>,
    /// Of room ids.
    pub rooms: Vec<Namespace>,
}

impl Namespaces {
    /// Whether a user id is in them.
    #[must_use]
    pub fn has_user(&self, user: &UserId) -> bool {
        has(&self.users, user.as_str())
    }

    /// Whether an alias is in them.
    #[must_use]
    pub fn has_alias(&self, alias: &RoomAliasId) -> bool {
        has(&self.aliases, alias.as_str())
    }

    /// Whether a room id is in them.
    #[must_use]
    pub fn has_room(&self, room: &RoomId) -> bool {
        has(&self.rooms, room.as_str())
    }
}

fn has(namespaces: &[Namespace], name: &str) -> bool {
    namespaces.iter().any(|namespace| namespace.contains(name))
}

/// Whether `name` is in one of those that are exclusive.
pub(crate) fn claims(namespaces: &[Namespace], name: &str) -> bool {
    namespaces.iter().any(|namespace| namespace.is_exclusive && namespace.contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_from_the_beginning_and_not_up_to_the_end() {
        let namespace = Namespace::new("@irc_|@bot", true).unwrap();
        assert!(namespace.contains("@irc_alice:example.org"));
        assert!(namespace.contains("@bot:example.org"));
        assert!(!namespace.contains("@alice:irc_.example.org"));
        assert!(!namespace.contains("x@irc_alice:example.org"));
        assert_eq!(namespace.pattern(), "@irc_|@bot");
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for pattern in ["@irc_(", "a)(b", "(?!x)", "["] {
            assert!(Namespace::new(pattern, true).is_err(), "{pattern}");
        }
    }
}
