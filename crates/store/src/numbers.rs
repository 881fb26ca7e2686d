//! The small integers that stand for long identifiers in the tables.
use db::{FromValue, Value, ValueRef};

macro_rules! number {
    ($(#[$doc:meta] $name:ident),+ $(,)?) => {$(
        #[$doc]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub i64);

        impl From<$name> for Value {
            fn from(number: $name) -> Self {
                Self::Integer(number.0)
            }
        }

        impl FromValue for $name {
            fn from_value(value: ValueRef<'_>) -> Result<Self, db::Error> {
                i64::from_value(value).map(Self)
            }
        }
    )+};
}

number! {
    /// A user, local or not.
    UserNum,
    /// A room.
    RoomNum,
    /// An event.
    EventNum,
    /// A pair of event type and state key.
    StateKeyNum,
    /// A state of a room: see [`crate::state_versions`].
    StateVersion,
    /// Those for whom events count alike: an audience of a room (below zero), or one user (their number).
    AudienceNum,
}

impl AudienceNum {
    /// Those who have the server's push rules.
    pub const ORDINARY: Self = Self(-1);

    /// Those who ignore this user: little below zero, while audiences by their rules are far below it.
    #[must_use]
    pub fn ignoring(user: UserNum) -> Self {
        Self(Self::ORDINARY.0 - user.0)
    }

    /// The user, if it is one.
    #[must_use]
    pub fn user(self) -> Option<UserNum> {
        (self.0 > 0).then_some(UserNum(self.0))
    }
}

impl From<UserNum> for AudienceNum {
    fn from(user: UserNum) -> Self {
        Self(user.0)
    }
}
