//! The layer of environment variables.
use crate::{Origin, load::Layers, setting::Input};

/// Every variable of ours begins so.
const PREFIX: &str = "LONGHOUSE_";

/// Variables with our prefix that are no settings: options of the command line, and test rigs.
const OPTIONS: [&str; 2] = ["DATA", "CONFIG"];

/// Sets what variables `LONGHOUSE_SECTION__KEY` name.
pub(crate) fn apply(layers: &mut Layers, environment: &[(String, String)]) {
    for (variable, value) in environment {
        let Some(name) = variable.strip_prefix(PREFIX) else { continue };
        if OPTIONS.contains(&name) || name.starts_with("TEST_") || is_service_link(name) {
            continue;
        }
        let path = name.to_lowercase().replace("__", ".");
        layers.set(&path, Input::Text(value), &Origin::Environment(variable.clone()), variable);
    }
}

/// Kubernetes gives every container variables about each service; for a service that is itself
/// called `longhouse` they carry our prefix. None of our sections begins with these words.
fn is_service_link(name: &str) -> bool {
    name == "PORT"
        || name == "SERVICE_HOST"
        || name == "SERVICE_PORT"
        || name.starts_with("SERVICE_PORT_")
        || (name.starts_with("PORT_") && (name.contains("_TCP") || name.contains("_UDP")))
}
