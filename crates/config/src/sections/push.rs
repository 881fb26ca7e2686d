//! `[push]`
use crate::section::section;

section! {
    /// Notifications of phones and other devices, which the gateways of their applications pass on.
    pub struct Push in "push" {
        /// Whether gateways are told what an event says. Applications that want to know no more than that there is
        /// an event are told no more in any case.
        pub include_content: bool = true,
        /// Whether the number on an application's icon is that of rooms with something unread, instead of that of unread
        /// messages.
        pub badge_counts_rooms: bool = false,
    }
    check(_this, _complaints) {}
}
