//! Who may see which event ([spec]).
//!
//! A user's view of a room is computed from how its current state came to be: their own membership and the room's
//! history visibility, each as a list of changes by position. Every answer that shows events asks it.
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#room-history-visibility
use std::sync::Arc;

use serde::Deserialize;
use store::{IgnoredUsers, memberships::Membership};

use crate::{event::Event, histories::History};

/// Who may read what was sent while it is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HistoryVisibility {
    /// Everybody.
    WorldReadable,
    /// Those who are or will be members.
    Shared,
    /// Those who were invited or joined then.
    Invited,
    /// Those who were joined then.
    Joined,
}

impl HistoryVisibility {
    /// As `m.room.history_visibility` spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::WorldReadable => "world_readable",
            Self::Shared => "shared",
            Self::Invited => "invited",
            Self::Joined => "joined",
        }
    }

    /// What the event says; anything that is not known counts as `shared`, the default.
    #[must_use]
    pub fn of(event: &Event) -> Self {
        #[derive(Deserialize)]
        struct Content {
            history_visibility: String,
        }
        let text = event.pdu.content_as::<Content>().map(|content| content.history_visibility);
        [Self::WorldReadable, Self::Shared, Self::Invited, Self::Joined]
            .into_iter()
            .find(|visibility| text.as_deref().is_ok_and(|text| text == visibility.as_str()))
            .unwrap_or(Self::Shared)
    }
}

/// What one user may see of one room.
#[derive(Clone, Debug)]
pub struct View {
    /// The user's membership from each position on, oldest first.
    pub(crate) memberships: History<Membership>,
    /// The history visibility from each position on, oldest first.
    pub(crate) visibilities: History<HistoryVisibility>,
    /// Whom the user ignores; none if it is nobody.
    pub(crate) ignored: Option<Arc<IgnoredUsers>>,
    /// Messages that were sent before this time (Unix ms) have expired.
    pub(crate) expired_before: Option<i64>,
}

impl View {
    /// Whether the user may see the event at `position`.
    ///
    /// An event that changes the visibility or the user's own membership is shown if the state before it *or* the
    /// state after it would show it.
    #[must_use]
    pub fn sees(&self, position: i64) -> bool {
        let before = position.saturating_sub(1);
        self.allows(self.visibility_at(before), self.membership_at(before), position)
            || self.allows(self.visibility_at(position), self.membership_at(position), position)
    }

    /// Whether `event` is shown to the user among others: they may [see](Self::sees) it, and do not ignore its sender.
    /// State is shown whoever has set it ([spec]).
    ///
    /// [spec]: https://spec.matrix.org/v1.16/client-server-api/#ignoring-users
    #[must_use]
    pub fn shows(&self, event: &Event) -> bool {
        self.sees_event(event) && !self.ignores(event)
    }

    /// Whether the user may see `event`, which is not expired.
    #[must_use]
    pub fn sees_event(&self, event: &Event) -> bool {
        event.position().is_some_and(|position| self.sees(position)) && !self.has_expired(event)
    }

    fn has_expired(&self, event: &Event) -> bool {
        self.expired_before.is_some_and(|time| event.pdu.origin_server_ts() < time)
            && event.pdu.state_key().is_none()
    }

    /// Whether `event` is told to the user as long as it is sticky: to everybody who is in the room, whatever its history
    /// visibility is ([MSC4354]), but for those who ignore its sender.
    ///
    /// [MSC4354]: https://github.com/matrix-org/matrix-spec-proposals/pull/4354
    #[must_use]
    pub(crate) fn shows_sticky(&self, event: &Event) -> bool {
        self.membership() == Some(Membership::Join) && !self.ignores(event)
    }

    fn ignores(&self, event: &Event) -> bool {
        event.pdu.state_key().is_none()
            && self.ignored.as_ref().is_some_and(|ignored| ignored.contains(event.pdu.sender()))
    }

    /// Whether the user was ever in the room.
    #[must_use]
    pub fn ever_joined(&self) -> bool {
        self.memberships.iter().any(|(_, membership)| *membership == Membership::Join)
    }

    /// The user's membership now.
    #[must_use]
    pub fn membership(&self) -> Option<Membership> {
        self.memberships.last().map(|(_, membership)| *membership)
    }

    /// The last position of the timeline that the user can see because of their membership: everything while joined,
    /// else where they left; none for somebody who was never joined.
    #[must_use]
    pub fn end(&self) -> Option<i64> {
        if self.membership() == Some(Membership::Join) {
            return Some(i64::MAX);
        }
        let joined = self.memberships.iter().rposition(|(_, what)| *what == Membership::Join)?;
        self.memberships.get(joined + 1).map(|(position, _)| *position)
    }

    /// Where the user sees the state that they ask for as of `position`: there, or when they came, or when they left.
    #[must_use]
    pub(crate) fn state_position(&self, position: i64) -> i64 {
        let position = self.end().map_or(position, |end| position.min(end));
        if self.allows(self.visibility_at(position), self.membership_at(position), position) {
            return position;
        }
        let came = |(from, membership): &&(i64, Membership)| {
            *membership == Membership::Join && *from > position
        };
        self.memberships.iter().find(came).map_or(position, |(from, _)| *from)
    }

    /// The parts of the timeline that the user sees, as ranges `after < position <= until`, oldest first.
    #[must_use]
    pub(crate) fn ranges(&self) -> Vec<(i64, i64)> {
        let memberships = self.memberships.iter().map(|(from, _)| *from);
        let visibilities = self.visibilities.iter().map(|(from, _)| *from);
        let mut changes: Vec<i64> = memberships.chain(visibilities).collect();
        changes.sort_unstable();
        changes.dedup();
        // Between two changes all is seen or nothing; a change itself is judged by both of its sides.
        let ends = changes.iter().flat_map(|at| [at.saturating_sub(1), *at]).chain([i64::MAX]);
        let mut ranges: Vec<(i64, i64)> = Vec::new();
        let mut after = i64::MIN;
        for until in ends {
            if until > after && self.sees(until) {
                match ranges.last_mut() {
                    Some(last) if last.1 == after => last.1 = until,
                    _ => ranges.push((after, until)),
                }
            }
            after = until;
        }
        ranges
    }

    /// Whether the room is open to everybody now.
    #[must_use]
    pub fn is_world_readable(&self) -> bool {
        self.visibility_at(i64::MAX) == HistoryVisibility::WorldReadable
    }

    fn allows(
        &self,
        visibility: HistoryVisibility,
        membership: Option<Membership>,
        position: i64,
    ) -> bool {
        let joined = membership == Some(Membership::Join);
        match visibility {
            HistoryVisibility::WorldReadable => true,
            HistoryVisibility::Shared => joined || self.joined_after(position),
            HistoryVisibility::Invited => joined || membership == Some(Membership::Invite),
            HistoryVisibility::Joined => joined,
        }
    }

    fn joined_after(&self, position: i64) -> bool {
        self.memberships
            .iter()
            .any(|(from, membership)| *membership == Membership::Join && *from > position)
    }

    /// The user's membership once everything up to `position` has happened.
    #[must_use]
    pub fn membership_at(&self, position: i64) -> Option<Membership> {
        last_until(&self.memberships, position)
    }

    fn visibility_at(&self, position: i64) -> HistoryVisibility {
        last_until(&self.visibilities, position).unwrap_or(HistoryVisibility::Shared)
    }
}

/// What was so once everything up to `position` had happened.
pub(crate) fn last_until<T: Copy>(changes: &[(i64, T)], position: i64) -> Option<T> {
    changes.iter().rev().find(|(from, _)| *from <= position).map(|(_, what)| *what)
}

#[cfg(test)]
mod tests {
    use super::{
        HistoryVisibility::{Invited, Joined, Shared, WorldReadable},
        Membership::{Invite, Join, Leave},
        *,
    };

    fn view(visibility: HistoryVisibility, memberships: &[(i64, Membership)]) -> View {
        View {
            memberships: memberships.into(),
            visibilities: [(1, visibility)].into(),
            ignored: None,
            expired_before: None,
        }
    }

    fn seen(view: &View) -> Vec<i64> {
        (2..=12).filter(|position| view.sees(*position)).collect()
    }

    #[test]
    fn members_see_by_the_visibility_of_the_time() {
        let stay = [(4, Invite), (6, Join), (9, Leave)];
        assert_eq!(seen(&view(WorldReadable, &stay)), (2..=12).collect::<Vec<_>>());
        assert_eq!(seen(&view(Shared, &stay)), (2..=9).collect::<Vec<_>>());
        assert_eq!(seen(&view(Invited, &stay)), (4..=9).collect::<Vec<_>>());
        assert_eq!(seen(&view(Joined, &stay)), (6..=9).collect::<Vec<_>>());
    }

    #[test]
    fn ranges_hold_what_is_seen() {
        let stays: [&[(i64, Membership)]; 4] = [
            &[(4, Invite), (6, Join), (9, Leave)],
            &[(2, Join), (5, Leave), (8, Join)],
            &[(4, Invite)],
            &[],
        ];
        for visibility in [WorldReadable, Shared, Invited, Joined] {
            for stay in stays {
                let view = view(visibility, stay);
                let ranges = view.ranges();
                let inside = |position: i64| {
                    ranges.iter().any(|(after, until)| position > *after && position <= *until)
                };
                let listed: Vec<_> = (2..=12).filter(|position| inside(*position)).collect();
                assert_eq!(listed, seen(&view), "{visibility:?} {stay:?}");
                assert!(ranges.windows(2).all(|pair| pair[0].1 < pair[1].0));
            }
        }
    }

    #[test]
    fn strangers_and_the_merely_invited_see_nothing() {
        assert!(seen(&view(Shared, &[])).is_empty());
        assert!(seen(&view(Joined, &[(4, Invite)])).is_empty());
        assert_eq!(view(Shared, &[(4, Invite)]).end(), None);
    }

    #[test]
    fn a_change_of_the_visibility_is_judged_by_both_sides() {
        let mut view = view(Joined, &[(6, Join)]);
        view.visibilities = [(1, Joined), (4, WorldReadable)].into();
        assert_eq!(seen(&view).first(), Some(&4));
    }
}
