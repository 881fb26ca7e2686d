//! `event_fields`: which parts of events a client wants to get, as paths of keys.
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::LIST_MAX;

/// Paths like `content.body`. A dot in a key is written `\.`, a backslash `\\`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct EventFields {
    written: Vec<String>,
    paths: Vec<Vec<String>>,
}

impl EventFields {
    /// The object with only the named fields. A path that leads nowhere adds nothing.
    #[must_use]
    pub fn select(&self, event: &Map<String, Value>) -> Map<String, Value> {
        let mut selected = Map::new();
        for path in &self.paths {
            copy(path, event, &mut selected);
        }
        selected
    }
}

fn copy(path: &[String], from: &Map<String, Value>, to: &mut Map<String, Value>) {
    let [key, rest @ ..] = path else { return };
    let Some(value) = from.get(key) else { return };
    match (rest, value) {
        ([], _) => {
            to.insert(key.clone(), value.clone());
        }
        (_, Value::Object(inner)) => {
            let existing = to.remove(key);
            let mut selected = match existing {
                Some(Value::Object(selected)) => selected,
                _ => Map::new(),
            };
            copy(rest, inner, &mut selected);
            if !selected.is_empty() {
                to.insert(key.clone(), Value::Object(selected));
            }
        }
        _ => {}
    }
}

impl TryFrom<Vec<String>> for EventFields {
    type Error = String;

    fn try_from(written: Vec<String>) -> Result<Self, String> {
        if written.len() > LIST_MAX {
            return Err(format!("a list has more than {LIST_MAX} entries"));
        }
        let paths = written.iter().map(|path| split(path)).collect();
        Ok(Self { written, paths })
    }
}

impl From<EventFields> for Vec<String> {
    fn from(fields: EventFields) -> Self {
        fields.written
    }
}

/// Splits at dots that no backslash escapes. A backslash before any other character stands for itself.
fn split(path: &str) -> Vec<String> {
    let mut keys = vec![String::new()];
    let mut characters = path.chars().peekable();
    while let Some(character) = characters.next() {
        let escaped = match (character, characters.peek()) {
            ('\\', Some('.' | '\\')) => characters.next(),
            ('.', _) => {
                keys.push(String::new());
                continue;
            }
            _ => None,
        };
        if let Some(key) = keys.last_mut() {
            key.push(escaped.unwrap_or(character));
        }
    }
    keys
}
