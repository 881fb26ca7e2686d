//! Who may do what in a room.
use std::sync::Arc;

use event_auth::{CreateContent, PowerLevels, UserLevel};
use protocol::{RoomVersion, ids::UserId};

use crate::state::RoomState;

/// A room's power levels and creators.
#[derive(Clone, Debug)]
pub struct Powers {
    version: RoomVersion,
    known: Option<(CreateContent, Arc<PowerLevels>)>,
}

impl Powers {
    pub(crate) fn of(version: RoomVersion, state: &RoomState) -> Self {
        let create =
            state.get("m.room.create", "").and_then(|event| CreateContent::parse(&event.pdu).ok());
        let known = create.map(|create| {
            let levels = state
                .power_levels()
                .map_or_else(|| Arc::new(PowerLevels::without_event(version, &create)), Arc::clone);
            (create, levels)
        });
        Self { version, known }
    }

    /// Whether `user` may invite.
    #[must_use]
    pub fn can_invite(&self, user: &UserId) -> bool {
        self.reaches(user, PowerLevels::invite)
    }

    /// Whether those may invite who have no power of their own.
    #[must_use]
    pub(crate) fn everybody_can_invite(&self) -> bool {
        self.levels().is_some_and(|levels| levels.users_default() >= levels.invite())
    }

    /// The creators that stand above all, and whom the power levels name.
    pub(crate) fn named(&self) -> Vec<&UserId> {
        let Some((_, levels)) = &self.known else { return Vec::new() };
        let mut named = self.creators();
        named.extend(levels.users().map(|(user, _)| user));
        named
    }

    /// The creators, where they stand above all.
    pub(crate) fn creators(&self) -> Vec<&UserId> {
        let Some((create, _)) = &self.known else { return Vec::new() };
        if !self.version.creators_are_privileged() {
            return Vec::new();
        }
        let others = create.additional_creators.iter().map(|user| &**user);
        create.creator.as_deref().into_iter().chain(others).collect()
    }

    /// Whether `user` may redact what others have sent.
    #[must_use]
    pub fn can_redact_others(&self, user: &UserId) -> bool {
        self.reaches(user, PowerLevels::redact)
    }

    /// Whether `user` may send state events of type `kind`.
    #[must_use]
    pub fn can_send_state(&self, user: &UserId, kind: &str) -> bool {
        self.reaches(user, |levels| levels.event(kind, true))
    }

    /// Whether `user` may notify everybody by `key`: `room` for `@room`.
    #[must_use]
    pub fn can_notify(&self, user: &UserId, key: &str) -> bool {
        self.reaches(user, |levels| levels.notification(key))
    }

    /// What `user` may do; nothing is known of a room that has no create event.
    #[must_use]
    pub fn user(&self, user: &UserId) -> Option<UserLevel> {
        let (create, levels) = self.known.as_ref()?;
        Some(levels.user(self.version, create, user))
    }

    /// The power levels, as far as they are numbers.
    #[must_use]
    pub fn levels(&self) -> Option<&PowerLevels> {
        self.known.as_ref().map(|(_, levels)| &**levels)
    }

    fn reaches(&self, user: &UserId, needed: impl Fn(&PowerLevels) -> i64) -> bool {
        let Some((_, levels)) = &self.known else { return false };
        self.user(user).is_some_and(|level| level.reaches(needed(levels)))
    }
}
