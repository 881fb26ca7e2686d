//! The rules about threads that somebody has subscribed to or not ([MSC4306]), of a kind of their own.
//!
//! ruma has them behind a feature; they are two, with fixed conditions, so they are kept here beside its rule set.
//!
//! [MSC4306]: https://github.com/matrix-org/matrix-spec-proposals/pull/4306
use ruma::push::{Action, SoundTweakValue, Tweak};
use serde::Deserialize;
use serde_json::{Value, json};

/// The kind of the condition that asks for a subscription.
pub(super) const CONDITION: &str = "io.element.msc4306.thread_subscription";

const UNSUBSCRIBED: &str = ".io.element.msc4306.rule.unsubscribed_thread";
const SUBSCRIBED: &str = ".io.element.msc4306.rule.subscribed_thread";

/// The two rules, that about threads without a subscription first.
#[derive(Clone, Debug)]
pub(super) struct ThreadRules([ThreadRule; 2]);

/// One of them.
#[derive(Clone, Debug)]
pub(super) struct ThreadRule {
    /// Whether it is about threads with a subscription.
    pub(super) subscribed: bool,
    pub(super) enabled: bool,
    pub(super) actions: Vec<Action>,
}

#[derive(Deserialize)]
struct Stored {
    rule_id: String,
    enabled: bool,
    actions: Vec<Action>,
}

impl ThreadRule {
    pub(super) fn id(&self) -> &'static str {
        if self.subscribed { SUBSCRIBED } else { UNSUBSCRIBED }
    }

    pub(super) fn to_json(&self) -> Value {
        json!({
            "rule_id": self.id(),
            "default": true,
            "enabled": self.enabled,
            "conditions": [{ "kind": CONDITION, "subscribed": self.subscribed }],
            "actions": self.actions,
        })
    }
}

impl Default for ThreadRules {
    /// As the proposal has them: what is sent to a thread without a subscription notifies nobody, and what is sent to one
    /// with it always does.
    fn default() -> Self {
        let sound = Action::SetTweak(Tweak::Sound(SoundTweakValue::Default));
        let loud = vec![Action::Notify, sound];
        Self([
            ThreadRule { subscribed: false, enabled: true, actions: Vec::new() },
            ThreadRule { subscribed: true, enabled: true, actions: loud },
        ])
    }
}

impl ThreadRules {
    /// What [`Self::to_json`] has written; none where there are no such rules.
    ///
    /// # Errors
    /// Fails if it is no list of rules.
    pub(super) fn from_json(json: Value) -> Result<Option<Self>, serde_json::Error> {
        let stored: Vec<Stored> = serde_json::from_value(json)?;
        if stored.is_empty() {
            return Ok(None);
        }
        let mut rules = Self::default();
        for Stored { rule_id, enabled, actions } in stored {
            if let Some(rule) = rules.get_mut(&rule_id) {
                (rule.enabled, rule.actions) = (enabled, actions);
            }
        }
        Ok(Some(rules))
    }

    pub(super) fn to_json(&self) -> Value {
        self.iter().map(ThreadRule::to_json).collect()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &ThreadRule> {
        self.0.iter()
    }

    pub(super) fn get(&self, rule_id: &str) -> Option<&ThreadRule> {
        self.iter().find(|rule| rule.id() == rule_id)
    }

    pub(super) fn get_mut(&mut self, rule_id: &str) -> Option<&mut ThreadRule> {
        self.0.iter_mut().find(|rule| rule.id() == rule_id)
    }
}
