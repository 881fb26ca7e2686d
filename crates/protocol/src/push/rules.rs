//! One user's push rules: reading, writing, changing.
use ruma::push::{
    Action, AnyPushRuleRef, InsertPushRuleError, NewConditionalPushRule, NewPatternedPushRule,
    NewPushRule, NewSimplePushRule, PushCondition, RemovePushRuleError, Ruleset,
};
use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::{Value, json};

use super::threads::{ThreadRule, ThreadRules};
use crate::{
    ids::{OwnedRoomId, OwnedUserId, UserId},
    object,
};

/// The most rules of one user, without those of the server.
pub const RULES_MAX: usize = 1_000;

/// The most bytes of one user's rules as JSON, with those of the server: [`RULES_MAX`] of usual length and some of long ones.
pub const RULES_BYTES_MAX: usize = 192 * 1024;

/// What older versions of the specification had besides `notify`, and now says to ignore.
const IGNORED_ACTIONS: [&str; 2] = ["dont_notify", "coalesce"];

/// The kinds, in the order in which they are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the specification's names")]
pub enum RuleKind {
    Override,
    Content,
    /// The server's rules about threads (MSC4306): see [`PushRules::ask_for_threads`].
    PostContent,
    Room,
    Sender,
    Underride,
}

impl RuleKind {
    /// All of them, the strongest first.
    pub const ALL: [Self; 6] = [
        Self::Override,
        Self::Content,
        Self::PostContent,
        Self::Room,
        Self::Sender,
        Self::Underride,
    ];

    /// The kind of that name in paths and JSON.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// The name in paths and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Override => "override",
            Self::Content => "content",
            Self::PostContent => "postcontent",
            Self::Room => "room",
            Self::Sender => "sender",
            Self::Underride => "underride",
        }
    }

    fn ruma(self) -> ruma::push::RuleKind {
        self.as_str().into()
    }
}

/// Why the rules stay as they are.
#[derive(Debug, thiserror::Error)]
pub enum PushRuleError {
    /// There is no such rule (`M_NOT_FOUND`).
    #[error("there is no such push rule")]
    NotFound,
    /// A rule of the server can be switched off or get other actions, but not be replaced or deleted (`M_INVALID_PARAM`).
    #[error("the server's own rules cannot be replaced or deleted")]
    ServerDefault,
    /// The id cannot be one of that kind (`M_INVALID_PARAM`).
    #[error("that is not a valid id for a push rule of this kind")]
    InvalidId,
    /// `before` or `after` names a rule that is not there, or one of the server (`M_INVALID_PARAM`).
    #[error("`before` or `after` does not name one of your rules of this kind")]
    UnknownNeighbor,
    /// `before` and `after` contradict each other (`M_INVALID_PARAM`).
    #[error("`before` stands in front of `after`")]
    Order,
    /// More than [`RULES_MAX`] (`M_TOO_LARGE`).
    #[error("more than {RULES_MAX} push rules of your own")]
    TooMany,
    /// More than [`RULES_BYTES_MAX`] (`M_TOO_LARGE`).
    #[error("the push rules have more than {RULES_BYTES_MAX} bytes")]
    TooLarge,
    /// A content rule without a pattern (`M_MISSING_PARAM`).
    #[error("a content rule needs a pattern")]
    MissingPattern,
    /// The body is not JSON (`M_NOT_JSON`).
    #[error("that is not JSON: {0}")]
    NotJson(serde_json::Error),
    /// The body is not a rule (`M_BAD_JSON`).
    #[error("that is not a push rule: {0}")]
    Form(serde_json::Error),
}

impl From<serde_json::Error> for PushRuleError {
    fn from(error: serde_json::Error) -> Self {
        if error.is_data() { Self::Form(error) } else { Self::NotJson(error) }
    }
}

/// One user's push rules. The server's default rules are always among them.
#[derive(Clone, Debug)]
pub struct PushRules {
    pub(super) rules: Ruleset,
    /// Those about threads, of who has ever subscribed to one.
    pub(super) threads: Option<ThreadRules>,
}

#[derive(Deserialize)]
struct Body {
    #[serde(deserialize_with = "actions")]
    actions: Vec<Action>,
    #[serde(default)]
    conditions: Option<Vec<PushCondition>>,
    #[serde(default)]
    pattern: Option<String>,
}

#[derive(Deserialize)]
struct Threads {
    #[serde(default, rename = "postcontent")]
    threads: Vec<Value>,
}

#[derive(Deserialize)]
struct ActionsBody {
    #[serde(deserialize_with = "actions")]
    actions: Vec<Action>,
}

fn actions<'de, D: Deserializer<'de>>(input: D) -> Result<Vec<Action>, D::Error> {
    let actions = Vec::<Value>::deserialize(input)?;
    let counts =
        |action: &Value| !action.as_str().is_some_and(|text| IGNORED_ACTIONS.contains(&text));
    let actions = actions.into_iter().filter(counts).map(serde_json::from_value);
    actions.collect::<Result<_, _>>().map_err(D::Error::custom)
}

impl PushRules {
    /// What a new user has.
    #[must_use]
    pub fn server_default(user: &UserId) -> Self {
        Self { rules: Ruleset::server_default(user), threads: None }
    }

    /// Reads what [`Self::to_json`] has written. The server's rules are brought up to date: those of an older
    /// specification go, new ones come, and what the user has changed in them stays.
    ///
    /// # Errors
    /// Fails if it is not a rule set.
    pub fn from_json(json: &str, user: &UserId) -> Result<Self, serde_json::Error> {
        let mut rules: Ruleset = serde_json::from_str(json)?;
        rules.update_with_server_default(Ruleset::server_default(user));
        let Threads { threads } = serde_json::from_str(json)?;
        Ok(Self { rules, threads: ThreadRules::from_json(threads.into())? })
    }

    /// Adds the server's rules about threads (MSC4306), unless they are there. Who has never subscribed to a thread does
    /// not have them: they silence every other thread, which nobody expects whose client knows nothing of subscriptions.
    pub fn ask_for_threads(&mut self) {
        self.threads.get_or_insert_default();
    }

    /// The rules as `GET /pushrules/global/` has them: all kinds of the specification, also the empty ones.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut rules = serde_json::to_value(&self.rules).unwrap_or_default();
        if let Value::Object(rules) = &mut rules {
            if let Some(threads) = &self.threads {
                rules.insert(RuleKind::PostContent.as_str().to_owned(), threads.to_json());
            }
            for kind in RuleKind::ALL.into_iter().filter(|kind| *kind != RuleKind::PostContent) {
                rules.entry(kind.as_str()).or_insert_with(|| json!([]));
            }
        }
        rules.to_string()
    }

    /// One rule as JSON.
    #[must_use]
    pub fn rule_json(&self, kind: RuleKind, rule_id: &str) -> Option<String> {
        if kind == RuleKind::PostContent {
            return Some(self.thread_rule(rule_id)?.to_json().to_string());
        }
        let json = match self.rules.get(kind.ruma(), rule_id)? {
            AnyPushRuleRef::Override(rule) | AnyPushRuleRef::Underride(rule) => {
                serde_json::to_string(rule)
            }
            AnyPushRuleRef::Content(rule) => serde_json::to_string(rule),
            AnyPushRuleRef::Room(rule) => serde_json::to_string(rule),
            AnyPushRuleRef::Sender(rule) => serde_json::to_string(rule),
            // ruma's enum is open; there are no other kinds of rules.
            _ => return None,
        };
        json.ok()
    }

    /// Whether the rule is switched on; `None` if there is none.
    #[must_use]
    pub fn is_enabled(&self, kind: RuleKind, rule_id: &str) -> Option<bool> {
        if kind == RuleKind::PostContent {
            return Some(self.thread_rule(rule_id)?.enabled);
        }
        Some(self.rules.get(kind.ruma(), rule_id)?.enabled())
    }

    /// The rule's actions; `None` if there is no such rule.
    #[must_use]
    pub fn actions(&self, kind: RuleKind, rule_id: &str) -> Option<&[Action]> {
        if kind == RuleKind::PostContent {
            return Some(&self.thread_rule(rule_id)?.actions);
        }
        Some(self.rules.get(kind.ruma(), rule_id)?.actions())
    }

    fn thread_rule(&self, rule_id: &str) -> Option<&ThreadRule> {
        self.threads.as_ref()?.get(rule_id)
    }

    fn thread_rule_mut(&mut self, rule_id: &str) -> Result<&mut ThreadRule, PushRuleError> {
        let rule = self.threads.as_mut().and_then(|threads| threads.get_mut(rule_id));
        rule.ok_or(PushRuleError::NotFound)
    }

    /// Switches the rule on or off.
    ///
    /// # Errors
    /// [`PushRuleError::NotFound`].
    pub fn set_enabled(
        &mut self,
        kind: RuleKind,
        rule_id: &str,
        enabled: bool,
    ) -> Result<(), PushRuleError> {
        if kind == RuleKind::PostContent {
            self.thread_rule_mut(rule_id)?.enabled = enabled;
            return Ok(());
        }
        self.rules.set_enabled(kind.ruma(), rule_id, enabled).map_err(|_| PushRuleError::NotFound)
    }

    /// Gives the rule other actions. `body` is `{"actions": […]}`.
    ///
    /// # Errors
    /// See [`PushRuleError`]; the rules are then unchanged.
    pub fn set_actions(
        &mut self,
        kind: RuleKind,
        rule_id: &str,
        body: &[u8],
    ) -> Result<(), PushRuleError> {
        let ActionsBody { actions } = object::from_slice(body)?;
        let mut rules = self.clone();
        if kind == RuleKind::PostContent {
            rules.thread_rule_mut(rule_id)?.actions = actions;
        } else {
            let found = rules.rules.set_actions(kind.ruma(), rule_id, actions);
            found.map_err(|_| PushRuleError::NotFound)?;
        }
        rules.check_size()?;
        *self = rules;
        Ok(())
    }

    /// Deletes one of the user's rules.
    ///
    /// # Errors
    /// [`PushRuleError::NotFound`] or [`PushRuleError::ServerDefault`].
    pub fn remove(&mut self, kind: RuleKind, rule_id: &str) -> Result<(), PushRuleError> {
        if kind == RuleKind::PostContent {
            self.thread_rule_mut(rule_id)?;
            return Err(PushRuleError::ServerDefault);
        }
        remove(&mut self.rules, kind, rule_id)
    }

    /// Adds or replaces one of the user's rules. A new one stands before the user's others, or directly after `after`,
    /// or directly before `before`. A replaced one stays switched on or off as it was.
    ///
    /// # Errors
    /// See [`PushRuleError`]; the rules are then unchanged.
    pub fn put(
        &mut self,
        kind: RuleKind,
        rule_id: &str,
        body: &[u8],
        after: Option<&str>,
        before: Option<&str>,
    ) -> Result<(), PushRuleError> {
        let rule = new_rule(kind, rule_id, object::from_slice(body)?)?;
        if after == Some(rule_id) || before == Some(rule_id) {
            return Err(PushRuleError::UnknownNeighbor);
        }
        let mut rules = self.rules.clone();
        let was_enabled = self.is_enabled(kind, rule_id);
        if was_enabled.is_some() && (after.is_some() || before.is_some()) {
            // ruma counts positions as if the rule were new, and panics where it is not and moves to the end.
            remove(&mut rules, kind, rule_id)?;
        }
        rules.insert(rule, after, before).map_err(|error| insert_error(&error))?;
        if let Some(enabled) = was_enabled {
            rules
                .set_enabled(kind.ruma(), rule_id, enabled)
                .map_err(|_| PushRuleError::NotFound)?;
        }
        let rules = Self { rules, threads: self.threads.clone() };
        rules.check_size()?;
        *self = rules;
        Ok(())
    }

    fn check_size(&self) -> Result<(), PushRuleError> {
        if self.rules.iter().filter(|rule| !rule.is_server_default()).count() > RULES_MAX {
            return Err(PushRuleError::TooMany);
        }
        if self.to_json().len() > RULES_BYTES_MAX {
            return Err(PushRuleError::TooLarge);
        }
        Ok(())
    }
}

fn remove(rules: &mut Ruleset, kind: RuleKind, rule_id: &str) -> Result<(), PushRuleError> {
    rules.remove(kind.ruma(), rule_id).map_err(|error| match error {
        RemovePushRuleError::ServerDefault => PushRuleError::ServerDefault,
        // ruma's enum is open: besides these two there is nothing.
        _ => PushRuleError::NotFound,
    })
}

fn new_rule(kind: RuleKind, rule_id: &str, body: Body) -> Result<NewPushRule, PushRuleError> {
    let id = rule_id.to_owned();
    let conditions = body.conditions.unwrap_or_default();
    Ok(match kind {
        RuleKind::Override => {
            NewPushRule::Override(NewConditionalPushRule::new(id, conditions, body.actions))
        }
        RuleKind::Underride => {
            NewPushRule::Underride(NewConditionalPushRule::new(id, conditions, body.actions))
        }
        RuleKind::Content => {
            let pattern = body.pattern.ok_or(PushRuleError::MissingPattern)?;
            NewPushRule::Content(NewPatternedPushRule::new(id, pattern, body.actions))
        }
        RuleKind::Room => {
            let id = OwnedRoomId::try_from(id).map_err(|_| PushRuleError::InvalidId)?;
            NewPushRule::Room(NewSimplePushRule::new(id, body.actions))
        }
        RuleKind::Sender => {
            let id = OwnedUserId::try_from(id).map_err(|_| PushRuleError::InvalidId)?;
            NewPushRule::Sender(NewSimplePushRule::new(id, body.actions))
        }
        // Nobody has rules of their own of this kind ([MSC4306]).
        //
        // [MSC4306]: https://github.com/matrix-org/matrix-spec-proposals/pull/4306
        RuleKind::PostContent => return Err(PushRuleError::InvalidId),
    })
}

fn insert_error(error: &InsertPushRuleError) -> PushRuleError {
    match error {
        InsertPushRuleError::ServerDefaultRuleId => PushRuleError::ServerDefault,
        InsertPushRuleError::RelativeToServerDefaultRule | InsertPushRuleError::UnknownRuleId => {
            PushRuleError::UnknownNeighbor
        }
        InsertPushRuleError::BeforeHigherThanAfter => PushRuleError::Order,
        // ruma's enum is open: what it may learn to refuse later is about the id.
        _ => PushRuleError::InvalidId,
    }
}
