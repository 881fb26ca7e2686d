//! Arrows between crates point down, and only `protocol` knows ruma.
use std::{collections::BTreeMap, fs, path::Path};

use toml::Table;

/// Edges inside a layer that are wanted (ARCHITECTURE.md, "Layers").
pub const SIDEWAYS: &[(&str, &str)] = &[
    ("store", "db"),
    ("sms", "egress"),
    ("sync", "rooms"),
    ("sync", "accounts"),
    ("sync", "encryption"),
    ("sync", "push"),
    ("push", "rooms"),
    ("search", "rooms"),
    ("encryption", "rooms"),
    ("directory", "rooms"),
    ("moderation", "rooms"),
    ("notices", "rooms"),
    ("notices", "accounts"),
    ("presence", "rooms"),
    ("sync", "presence"),
    ("previews", "media"),
    ("appservices", "rooms"),
    ("appservices", "accounts"),
    ("appservices", "encryption"),
    ("api-client", "endpoint"),
    ("api-admin", "endpoint"),
    ("event-auth", "protocol"),
];

/// What the layer check needs of one crate.
#[derive(Clone, Debug)]
pub(super) struct Manifest {
    pub(super) name: String,
    layer: Option<i64>,
    dependencies: Vec<String>,
}

/// Every workspace member under `apps/` and `crates/`, and `xtask`.
pub(super) fn manifests(root: &Path) -> Result<Vec<Manifest>, String> {
    let mut found = Vec::new();
    for folder in ["apps", "crates"] {
        let Ok(entries) = fs::read_dir(root.join(folder)) else { continue };
        for entry in entries {
            let path = entry.map_err(|error| error.to_string())?.path().join("Cargo.toml");
            if path.exists() {
                found.push(manifest(&path)?);
            }
        }
    }
    let own = root.join("xtask/Cargo.toml");
    if own.exists() {
        found.push(manifest(&own)?);
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

fn manifest(path: &Path) -> Result<Manifest, String> {
    let shown = path.display();
    let text = fs::read_to_string(path).map_err(|error| format!("{shown}: {error}"))?;
    let table: Table = text.parse().map_err(|error| format!("{shown}: {error}"))?;
    let package = table.get("package");
    let name = package.and_then(|package| package.get("name")?.as_str());
    let layer =
        package.and_then(|p| p.get("metadata")?.get("longhouse")?.get("layer")?.as_integer());
    // Dev-dependencies are free: a test may build whatever it likes beside its crate.
    let dependencies = ["dependencies", "build-dependencies"]
        .into_iter()
        .filter_map(|kind| table.get(kind)?.as_table())
        .flat_map(|dependencies| dependencies.keys().cloned())
        .collect();
    let name = name.ok_or_else(|| format!("{shown}: no package name"))?.to_owned();
    Ok(Manifest { name, layer, dependencies })
}

pub(super) fn check(manifests: &[Manifest], violations: &mut Vec<String>) {
    let layers: BTreeMap<&str, i64> =
        manifests.iter().filter_map(|m| Some((m.name.as_str(), m.layer?))).collect();
    for manifest in manifests {
        let name = manifest.name.as_str();
        let Some(own) = manifest.layer else {
            violations.push(format!("{name}: no [package.metadata.longhouse] layer"));
            continue;
        };
        for dependency in &manifest.dependencies {
            if dependency == "ruma" && name != "protocol" {
                violations.push(format!("{name} imports ruma: only protocol may"));
            }
            let Some(&below) = layers.get(dependency.as_str()) else { continue };
            let wanted = SIDEWAYS.contains(&(name, dependency.as_str()));
            if below > own || (below == own && !wanted && own != 5) {
                violations.push(format!(
                    "{name} (layer {own}) depends on {dependency} (layer {below}): arrows point down"
                ));
            }
        }
    }
}
