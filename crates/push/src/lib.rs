//! push.
