//! One user's push rules: reading, writing, changing.
use ruma::push::{
    Action, AnyPushRuleRef, InsertPushRuleError, NewConditionalPushRule, NewPatternedPushRule,
    NewPushRule, NewSimplePushRule, PushCondition, RemovePushRuleError, Ruleset,
};
use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::{Value, json};

use crate::{
    ids::{OwnedRoomId, OwnedUserId, UserId},
    object,
};

/// The most rules of one user, the server's included.
pub const RULES_MAX: usize = 1_000;

/// The most bytes of one user's rules as JSON.
pub const RULES_BYTES_MAX: usize = 128 * 1024;

/// What older versions of the specification had besides `notify`, and now says to ignore.
const IGNORED_ACTIONS: [&str; 2] = ["dont_notify", "coalesce"];

/// The five kinds, in the order in which they are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the specification's names")]
pub enum RuleKind {
    Override,
    Content,
    Room,
    Sender,
    Underride,
}

impl RuleKind {
    /// All of them, the strongest first.
    pub const ALL: [Self; 5] =
        [Self::Override, Self::Content, Self::Room, Self::Sender, Self::Underride];

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
    #[error("more than {RULES_MAX} push rules")]
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
pub struct PushRules(pub(super) Ruleset);

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
        Self(Ruleset::server_default(user))
    }

    /// Reads what [`Self::to_json`] has written. The server's rules are brought up to date: those of an older
    /// specification go, new ones come, and what the user has changed in them stays.
    ///
    /// # Errors
    /// Fails if it is not a rule set.
    pub fn from_json(json: &str, user: &UserId) -> Result<Self, serde_json::Error> {
        let mut rules: Ruleset = serde_json::from_str(json)?;
        rules.update_with_server_default(Ruleset::server_default(user));
        Ok(Self(rules))
    }

    /// The rules as `GET /pushrules/global/` has them: all five kinds, also the empty ones.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut rules = serde_json::to_value(&self.0).unwrap_or_default();
        if let Value::Object(rules) = &mut rules {
            for kind in RuleKind::ALL {
                rules.entry(kind.as_str()).or_insert_with(|| json!([]));
            }
        }
        rules.to_string()
    }

    /// One rule as JSON.
    #[must_use]
    pub fn rule_json(&self, kind: RuleKind, rule_id: &str) -> Option<String> {
        let json = match self.0.get(kind.ruma(), rule_id)? {
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
        Some(self.0.get(kind.ruma(), rule_id)?.enabled())
    }

    /// The rule's actions; `None` if there is no such rule.
    #[must_use]
    pub fn actions(&self, kind: RuleKind, rule_id: &str) -> Option<&[Action]> {
        Some(self.0.get(kind.ruma(), rule_id)?.actions())
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
        self.0.set_enabled(kind.ruma(), rule_id, enabled).map_err(|_| PushRuleError::NotFound)
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
        let found = rules.0.set_actions(kind.ruma(), rule_id, actions);
        found.map_err(|_| PushRuleError::NotFound)?;
        rules.check_size()?;
        *self = rules;
        Ok(())
    }

    /// Deletes one of the user's rules.
    ///
    /// # Errors
    /// [`PushRuleError::NotFound`] or [`PushRuleError::ServerDefault`].
    pub fn remove(&mut self, kind: RuleKind, rule_id: &str) -> Result<(), PushRuleError> {
        remove(&mut self.0, kind, rule_id)
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
        let mut rules = self.0.clone();
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
        let rules = Self(rules);
        rules.check_size()?;
        *self = rules;
        Ok(())
    }

    fn check_size(&self) -> Result<(), PushRuleError> {
        if self.0.iter().count() > RULES_MAX {
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
