//! A crate's name says what is in it.
use super::layers::Manifest;

/// Names that would fit anything.
const FORBIDDEN: &[&str] = &["common", "core", "helpers", "misc", "shared", "utils"];

pub(super) fn check(manifests: &[Manifest], violations: &mut Vec<String>) {
    for manifest in manifests {
        let mut words = manifest.name.split(['-', '_']);
        if let Some(word) = words.find(|word| FORBIDDEN.contains(word)) {
            violations.push(format!("crate {}: `{word}` says nothing", manifest.name));
        }
    }
}
