//! What a user had set for a room goes over to the one that replaces it, when they join that one ([spec]): tags, that it is
//! a direct chat, and push rules.
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#server-behaviour-19
use accounts::Session;
use protocol::{
    ids::RoomId,
    push::{PushRules, RuleKind},
};
use serde_json::{Value, json};

use super::App;

/// Carries over what the caller had set for the room that `new` has replaced, if they were in it. A failure is logged: the
/// join stands.
pub(crate) async fn carry_over(app: &App, caller: &Session, new: &RoomId) {
    if let Err(error) = try_carry_over(app, caller, new).await {
        tracing::warn!(user.id = %caller.user_id, room.id = %new, %error, "settings could not be carried over");
    }
}

async fn try_carry_over(
    app: &App,
    caller: &Session,
    new: &RoomId,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let Some(old) = app.rooms.predecessor(new).await? else { return Ok(()) };
    let place = app.rooms.rooms_of(caller.user_num).await?.get(old.num);
    // Whoever was never in it has set nothing for it, and whoever has left or forgotten it has done with it.
    if place.is_none_or(|place| place.membership != rooms::Membership::Join) {
        return Ok(());
    }
    let user = &caller.user_id;
    let tags = app.accounts.account_data(caller, user, Some(&old.id), "m.tag").await?;
    let has_own = app.accounts.account_data(caller, user, Some(new), "m.tag").await?.is_some();
    if let Some(tags) = tags.filter(|_| !has_own) {
        app.accounts.set_account_data(caller, user, Some(new), "m.tag", &tags).await?;
    }
    if let Some(mut direct) = app.accounts.account_data(caller, user, None, "m.direct").await? {
        let mut has_changed = false;
        for rooms in direct.values_mut().filter_map(Value::as_array_mut) {
            let (old, new) = (json!(old.id), json!(new));
            if rooms.contains(&old) && !rooms.contains(&new) {
                rooms.push(new);
                has_changed = true;
            }
        }
        if has_changed {
            app.accounts.set_account_data(caller, user, None, "m.direct", &direct).await?;
        }
    }
    let copy = |rules: &mut PushRules| {
        copy_rules(rules, &old.id, new);
        Ok(())
    };
    Ok(app.push.change_rules(caller.user_num, user, copy).await?)
}

/// Gives the new room the rules that are about the old one: its own, and one that silences it (an override of its name).
/// A rule that cannot be copied is left out.
fn copy_rules(rules: &mut PushRules, old: &RoomId, new: &RoomId) {
    for kind in [RuleKind::Room, RuleKind::Override] {
        let Some(rule) = rules.rule_json(kind, old.as_str()) else { continue };
        if rules.is_enabled(kind, new.as_str()).is_some() {
            continue;
        }
        let enabled = rules.is_enabled(kind, old.as_str()).unwrap_or(true);
        // The id stands in the rule, and in the condition of an override.
        let Ok(mut rule) = serde_json::from_str::<Value>(&rule) else { continue };
        for condition in rule["conditions"].as_array_mut().into_iter().flatten() {
            if condition["key"] == "room_id" && condition["pattern"] == old.as_str() {
                condition["pattern"] = json!(new);
            }
        }
        let body = rule.to_string();
        if rules.put(kind, new.as_str(), body.as_bytes(), None, None).is_ok() && !enabled {
            let _ = rules.set_enabled(kind, new.as_str(), false);
        }
    }
}
