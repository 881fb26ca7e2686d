//! What a user's rules say about an event.
use std::{fmt::Write as _, ops::RangeBounds};

use ruma::{
    UInt,
    push::{Action, AnyPushRuleRef, PushCondition, RoomMemberCountIs},
};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::{
    PushEvent, PushRules,
    glob::{Budget, Glob},
    path::Path,
    threads::{self, ThreadRule, ThreadRules},
};
use crate::ids::{RoomId, UserId};

/// The key under which an event lists whom it mentions.
const MENTIONED: &str = r"content.m\.mentions.user_ids";

/// A user's rules, prepared for evaluation: those that are switched on, the strongest first.
#[derive(Debug)]
pub struct PreparedRules {
    rules: Vec<Rule>,
    asks_for_name: bool,
    asks_for_threads: bool,
    user: Box<str>,
}

#[derive(Debug)]
struct Rule {
    conditions: Vec<Condition>,
    outcome: Outcome,
    actions: Box<[Action]>,
}

#[derive(Debug)]
enum Condition {
    /// The event mentions the user by name.
    MentionsUser,
    /// The state key is the user's id.
    StateKeyIsUser,
    /// The body has the user's display name in it.
    HasDisplayName,
    /// The event is in a room whose id matches.
    Room(Glob),
    Body(Glob),
    Matches(Path, Glob),
    Is(Path, Value),
    Contains(Path, Value),
    MemberCount(RoomMemberCountIs),
    SenderMayNotify(String),
    /// The event is in a thread to which the user has subscribed, or has not.
    Thread {
        is_subscribed: bool,
    },
}

/// What an event does to a user's counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Whether it counts as unread and pushes.
    pub notifies: bool,
    /// Whether it counts as a highlight too.
    pub highlights: bool,
}

/// The user for whom rules are evaluated, as far as the event knows them. By default somebody whom it does not name.
#[derive(Clone, Copy, Debug, Default)]
pub struct Recipient<'a> {
    /// Whether they are among the [`PushEvent::mentioned_users`].
    pub is_mentioned: bool,
    /// Whether the event's state key is their id.
    pub is_state_key: bool,
    /// Whether they have subscribed to the thread that the event is in (MSC4306). Needed only where
    /// [`PreparedRules::ask_for_threads`].
    pub is_subscribed: bool,
    /// What they are called in the room. Needed only where [`PreparedRules::ask_for_name`].
    pub display_name: Option<&'a str>,
}

impl Outcome {
    fn of(actions: &[Action]) -> Self {
        let notifies = actions.iter().any(Action::should_notify);
        Self { notifies, highlights: notifies && actions.iter().any(Action::is_highlight) }
    }
}

/// The tweaks of a rule's actions, by their names ([spec]). One without a value is `true`.
///
/// [spec]: https://spec.matrix.org/v1.16/client-server-api/#actions
#[must_use]
pub fn tweaks(actions: &[Action]) -> Map<String, Value> {
    let mut tweaks = Map::new();
    for action in actions {
        let Ok(Value::Object(mut action)) = serde_json::to_value(action) else { continue };
        if let Some(Value::String(name)) = action.remove("set_tweak") {
            tweaks.insert(name, action.remove("value").unwrap_or(Value::Bool(true)));
        }
    }
    tweaks
}

impl PushRules {
    /// The rules, prepared for evaluation.
    #[must_use]
    pub fn prepare(&self, user: &UserId) -> PreparedRules {
        let (before, after): (Vec<_>, Vec<_>) =
            self.rules.iter().filter(|rule| rule.enabled()).partition(|rule| {
                matches!(rule, AnyPushRuleRef::Override(_) | AnyPushRuleRef::Content(_))
            });
        let prepare = |rules: Vec<AnyPushRuleRef<'_>>| -> Vec<Rule> {
            rules.into_iter().filter_map(|rule| Rule::new(rule, user)).collect()
        };
        let mut rules = prepare(before);
        let threads = self.threads.iter().flat_map(ThreadRules::iter);
        rules.extend(threads.filter(|rule| rule.enabled).map(Rule::of_thread));
        rules.extend(prepare(after));
        let asks = |about: fn(&Condition) -> bool| {
            rules.iter().any(|rule| rule.conditions.iter().any(about))
        };
        let asks_for_name = asks(|condition| matches!(condition, Condition::HasDisplayName));
        let asks_for_threads = asks(|condition| matches!(condition, Condition::Thread { .. }));
        PreparedRules { rules, asks_for_name, asks_for_threads, user: user.as_str().into() }
    }
}

impl PreparedRules {
    /// The rules of everybody who has not changed them.
    #[must_use]
    pub fn server_default() -> Self {
        let anybody = ruma::user_id!("@anybody:localhost");
        PushRules::server_default(anybody).prepare(anybody)
    }

    /// Whether a rule depends on what the user is called in the room.
    #[must_use]
    pub fn ask_for_name(&self) -> bool {
        self.asks_for_name
    }

    /// Whether a rule depends on whether the user has subscribed to a thread.
    #[must_use]
    pub fn ask_for_threads(&self) -> bool {
        self.asks_for_threads
    }

    /// What the rules say about `event`, which is not the user's own: of that nobody is notified.
    #[must_use]
    pub fn evaluate(&self, event: &PushEvent<'_>, recipient: Recipient<'_>) -> Outcome {
        self.matching(event, recipient).map_or_else(Outcome::default, |rule| rule.outcome)
    }

    /// As [`Self::evaluate`]: all that the rule which matches wants to be done. Nothing, if it does not notify.
    #[must_use]
    pub fn actions(&self, event: &PushEvent<'_>, recipient: Recipient<'_>) -> &[Action] {
        let rule = self.matching(event, recipient).filter(|rule| rule.outcome.notifies);
        rule.map_or(&[], |rule| &rule.actions)
    }

    fn matching(&self, event: &PushEvent<'_>, recipient: Recipient<'_>) -> Option<&Rule> {
        let budget = Budget::new();
        let holds = |condition: &Condition| condition.holds(event, recipient, &budget);
        self.rules.iter().find(|rule| rule.conditions.iter().all(holds))
    }

    /// A number that two users have in common whose rules say the same about whatever happens in `room`, unless it names
    /// one of them. Rules that match only in other rooms make no difference, nor do sounds, nor who the user is.
    #[must_use]
    pub fn fingerprint(&self, room: &RoomId) -> i64 {
        let mut texts: Vec<(String, Outcome)> = Vec::new();
        for rule in &self.rules {
            let Some(text) = rule.text(room) else { continue };
            let is_end = text.is_empty();
            texts.push((text, rule.outcome));
            if is_end {
                break;
            }
        }
        // A rule at the end that says nothing is as good as none.
        while texts.last().is_some_and(|(_, outcome)| *outcome == Outcome::default()) {
            texts.pop();
        }
        let mut hash = Sha256::new();
        if self.asks_for_name {
            hash.update(self.user.as_bytes());
        }
        for (text, outcome) in texts {
            hash.update([b'\n', u8::from(outcome.notifies), u8::from(outcome.highlights)]);
            hash.update(text.as_bytes());
        }
        let mut number = [0; 8];
        for (byte, hashed) in number.iter_mut().zip(hash.finalize()) {
            *byte = hashed;
        }
        i64::from_be_bytes(number)
    }
}

impl Rule {
    /// `None` for a rule that never matches.
    fn new(rule: AnyPushRuleRef<'_>, user: &UserId) -> Option<Self> {
        let conditions = match rule {
            AnyPushRuleRef::Override(rule) | AnyPushRuleRef::Underride(rule) => {
                let conditions = rule.conditions.iter();
                conditions
                    .map(|condition| Condition::new(condition, user))
                    .collect::<Option<_>>()?
            }
            AnyPushRuleRef::Content(rule) => vec![Condition::Body(Glob::new(&rule.pattern))],
            AnyPushRuleRef::Room(rule) => {
                vec![Condition::Room(Glob::literal(rule.rule_id.as_str()))]
            }
            AnyPushRuleRef::Sender(rule) => {
                vec![Condition::Is(Path::Sender, rule.rule_id.as_str().into())]
            }
            // ruma's enum is open; there are no other kinds of rules.
            _ => return None,
        };
        let actions = rule.actions();
        Some(Self { conditions, outcome: Outcome::of(actions), actions: actions.into() })
    }

    fn of_thread(rule: &ThreadRule) -> Self {
        let (conditions, actions) =
            (vec![Condition::Thread { is_subscribed: rule.subscribed }], rule.actions.as_slice());
        Self { conditions, outcome: Outcome::of(actions), actions: actions.into() }
    }

    /// The conditions, written out, less those that always hold in `room`; `None` if one never does.
    fn text(&self, room: &RoomId) -> Option<String> {
        let mut text = String::new();
        for condition in &self.conditions {
            if let Condition::Room(glob) = condition {
                if !glob.matches(room.as_str(), &Budget::new()) {
                    return None;
                }
            } else {
                // Writing to a string does not fail.
                let _ = write!(text, "{condition:?},");
            }
        }
        Some(text)
    }
}

impl Condition {
    /// `None` for one that never holds, among them those of kinds that this server does not know.
    fn new(condition: &PushCondition, user: &UserId) -> Option<Self> {
        Some(match condition {
            PushCondition::EventMatch(data) => match Path::parse(&data.key) {
                Path::Nowhere => return None,
                Path::Body => Self::Body(Glob::new(&data.pattern)),
                Path::RoomId => Self::Room(Glob::new(&data.pattern)),
                Path::StateKey if data.pattern == user.as_str() => Self::StateKeyIsUser,
                path => Self::Matches(path, Glob::new(&data.pattern)),
            },
            PushCondition::EventPropertyIs(data) => {
                let value = serde_json::to_value(&data.value).ok()?;
                match (Path::parse(&data.key), value) {
                    (Path::Nowhere, _) => return None,
                    (Path::StateKey, value) if value == user.as_str() => Self::StateKeyIsUser,
                    (path, value) => Self::Is(path, value),
                }
            }
            PushCondition::EventPropertyContains(data) => {
                let value = serde_json::to_value(&data.value).ok()?;
                if data.key == MENTIONED && value == user.as_str() {
                    Self::MentionsUser
                } else {
                    Self::Contains(Path::parse(&data.key), value)
                }
            }
            PushCondition::RoomMemberCount(data) => Self::MemberCount(data.is),
            PushCondition::SenderNotificationPermission(data) => {
                Self::SenderMayNotify(data.key.as_str().to_owned())
            }
            #[expect(
                deprecated,
                reason = "no rule of the server's has it any more, but users' rules may"
            )]
            PushCondition::ContainsDisplayName => Self::HasDisplayName,
            condition => return Self::of_thread(condition),
        })
    }

    /// That about threads, which ruma takes for one of an unknown kind.
    fn of_thread(condition: &PushCondition) -> Option<Self> {
        let condition = serde_json::to_value(condition).ok()?;
        let is_of_thread = condition.get("kind").is_some_and(|kind| kind == threads::CONDITION);
        let is_subscribed = condition.get("subscribed").and_then(Value::as_bool);
        Some(Self::Thread { is_subscribed: is_subscribed.filter(|_| is_of_thread)? })
    }

    fn holds(&self, event: &PushEvent<'_>, recipient: Recipient<'_>, budget: &Budget) -> bool {
        match self {
            Self::MentionsUser => recipient.is_mentioned,
            Self::StateKeyIsUser => recipient.is_state_key,
            Self::HasDisplayName => {
                let name = recipient.display_name.filter(|name| !name.is_empty());
                let (Some(name), Some(body)) = (name, event.body()) else { return false };
                Glob::literal(name).matches_words(body, budget)
            }
            Self::Room(glob) => glob.matches(event.room_id.as_str(), budget),
            Self::Body(glob) => event.body().is_some_and(|body| glob.matches_words(body, budget)),
            Self::Matches(path, glob) => {
                event.text(path).is_some_and(|text| glob.matches(&text, budget))
            }
            Self::Is(path, value) => event.is(path, value),
            Self::Contains(path, value) => event.contains(path, value),
            Self::MemberCount(is) => is.contains(&UInt::new_saturating(event.room.member_count)),
            Self::SenderMayNotify(key) => (event.room.sender_may_notify)(key),
            Self::Thread { is_subscribed } => {
                event.room.in_thread && *is_subscribed == recipient.is_subscribed
            }
        }
    }
}
