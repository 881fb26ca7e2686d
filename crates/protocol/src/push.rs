//! Push rules ([spec]): a user's rules, how they change, and what they say about an event.
//!
//! ruma knows the rules' forms, the server's defaults and how conditions match; this module adds checked changes, the
//! errors of the API, and evaluation without futures.
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#push-rules
mod evaluate;
mod event;
mod glob;
mod path;
mod rules;
mod threads;

pub use evaluate::{Outcome, PreparedRules, Recipient, tweaks};
pub use event::{PushEvent, RoomContext, mentioned_users};
pub use rules::{PushRuleError, PushRules, RULES_BYTES_MAX, RULES_MAX, RuleKind};
pub use ruma::push::Action;

#[cfg(test)]
mod tests;

/// Whether a glob pattern matches all of `text`, in either case of letters ([spec]). Takes time that grows with the pattern plus
/// the text; a pattern that is made to take more does not match.
///
/// [spec]: https://spec.matrix.org/v1.16/appendices/#glob-style-matching
#[must_use]
pub fn glob_matches(pattern: &str, text: &str) -> bool {
    glob::Glob::new(pattern).matches(text, &glob::Budget::new())
}
