//! In which order components start.
use crate::Component;

/// Why no order exists.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrderError {
    /// A dependency that is no component of this node.
    #[error("component {name} depends on {missing}, which this node does not have")]
    Missing {
        /// The one that depends.
        name: &'static str,
        /// What it depends on.
        missing: &'static str,
    },
    /// Components that wait for each other.
    #[error("components depend on each other in a circle: {0:?}")]
    Circle(Vec<&'static str>),
}

/// Sorts components so that each comes after what it depends on, otherwise keeping their order.
pub(crate) fn by_dependency(components: Vec<Component>) -> Result<Vec<Component>, OrderError> {
    let names: Vec<&str> = components.iter().map(|component| component.name).collect();
    for component in &components {
        if let Some(missing) = component.depends_on.iter().find(|name| !names.contains(*name)) {
            return Err(OrderError::Missing { name: component.name, missing });
        }
    }
    let mut sorted: Vec<Component> = Vec::with_capacity(components.len());
    let mut waiting = components;
    while !waiting.is_empty() {
        let is_sorted =
            |name: &&'static str| sorted.iter().any(|component| component.name == *name);
        let next = waiting.iter().position(|component| component.depends_on.iter().all(is_sorted));
        match next {
            Some(next) => sorted.push(waiting.remove(next)),
            None => return Err(OrderError::Circle(waiting.iter().map(|c| c.name).collect())),
        }
    }
    Ok(sorted)
}
