//! Push rules, which say what notifies a user, and pushers, which say where.
mod delete_rule;
mod error;
mod get_all_rules;
mod get_notifications;
mod get_pushers;
mod get_rule;
mod get_rule_actions;
mod get_rule_enabled;
mod get_rules;
mod kind;
mod put_rule;
mod set_pusher;
mod set_rule_actions;
mod set_rule_enabled;
mod show_unsubscribe;
mod unsubscribe;

use endpoint::endpoints;

use crate::App;

endpoints! { App:
    get_all_rules,
    get_rules,
    get_rule,
    put_rule,
    delete_rule,
    get_rule_enabled,
    set_rule_enabled,
    get_rule_actions,
    set_rule_actions,
    get_pushers,
    set_pusher,
    get_notifications,
    show_unsubscribe,
    unsubscribe,
}

#[cfg(all(test, feature = "testing"))]
mod tests;
