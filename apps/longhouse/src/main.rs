//! The `longhouse` binary.
fn main() {}
