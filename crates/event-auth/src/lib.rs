//! event-auth.
