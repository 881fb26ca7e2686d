//! encryption.
