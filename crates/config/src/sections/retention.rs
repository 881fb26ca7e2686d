//! `[retention]`
use crate::{section::section, value::Lifetime};

section! {
    /// How long messages are kept (MSC1763): what is older is shown to nobody, and removed for good. State stays, and so
    /// does the last event of each room, hidden until another one follows it. Rooms can have a policy of their own
    /// (`m.room.retention`), within the bounds that are set here.
    pub struct Retention in "retention" {
        /// Whether messages expire. Off at first: what is removed cannot be brought back.
        pub enabled: bool = false,
        /// Rooms without a policy of their own keep messages at most for so long; without it, for ever.
        pub max_lifetime: Option<Lifetime> = None,
        /// Rooms without a policy of their own are said to keep messages at least for so long. It is what clients show;
        /// nothing is removed before `max_lifetime`.
        pub min_lifetime: Option<Lifetime> = None,
        /// No room can make its messages expire earlier than this.
        pub allowed_lifetime_min: Option<Lifetime> = None,
        /// No room can keep its messages longer than this.
        pub allowed_lifetime_max: Option<Lifetime> = None,
        /// How often expired messages are removed. They are hidden from the moment on at which they expire.
        pub interval: Lifetime = Lifetime::seconds(60 * 60),
    }
    check(this, complaints) {
        let pairs = [
            ("min_lifetime", this.min_lifetime, this.max_lifetime, "max_lifetime"),
            (
                "allowed_lifetime_min",
                this.allowed_lifetime_min,
                this.allowed_lifetime_max,
                "allowed_lifetime_max",
            ),
            (
                "max_lifetime",
                this.allowed_lifetime_min,
                this.max_lifetime,
                "max_lifetime, which must not be less than allowed_lifetime_min",
            ),
            (
                "max_lifetime",
                this.max_lifetime,
                this.allowed_lifetime_max,
                "allowed_lifetime_max",
            ),
        ];
        for (key, least, most, name) in pairs {
            if let (Some(least), Some(most)) = (least, most)
                && least > most
            {
                complaints.push((key, format!("expected no more than {name}")));
            }
        }
        if this.interval < Lifetime::seconds(1) {
            complaints.push(("interval", "expected at least a second".to_owned()));
        }
    }
}
