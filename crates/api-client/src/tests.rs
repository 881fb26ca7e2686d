//! Tests that walk every endpoint, so that a new one is covered the moment it is listed.
mod access;
mod depth;
mod poison;
mod registry;
mod secrets;
