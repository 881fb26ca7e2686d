//! Documents that people agree to.
use toml::Value;

use crate::setting::{Input, List, Setting, expected, quoted};

/// A policy document in one language. In the environment: `ID|VERSION|LANGUAGE|URL|NAME`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// What programs call the document: `privacy_policy`.
    pub id: String,
    /// Its version: whoever has agreed has agreed to this one.
    pub version: String,
    /// The language: `en`, `pt-BR`.
    pub language: String,
    /// What people call it in that language.
    pub name: String,
    /// Where it can be read.
    pub url: String,
}

impl Setting for Policy {
    const KIND: &'static str = "a table with id, version, language, name and url";

    fn read(input: Input<'_>) -> Result<Self, String> {
        let policy = match input {
            Input::Value(Value::Table(table)) => of_table(table),
            Input::Value(_) => None,
            Input::Text(text) => of_line(text),
        };
        policy.ok_or_else(|| expected::<Self>(input))
    }

    fn show(&self) -> Option<String> {
        let Self { id, version, language, name, url } = self;
        Some(format!(
            "{{ id = {}, version = {}, language = {}, name = {}, url = {} }}",
            quoted(id),
            quoted(version),
            quoted(language),
            quoted(name),
            quoted(url)
        ))
    }
}

impl List for Policy {
    const LIST_KIND: &'static str = "a list of tables with id, version, language, name and url";
}

/// All five keys, and no other one: a misspelled key never passes silently.
fn of_table(table: &toml::Table) -> Option<Policy> {
    let text = |key: &str| table.get(key)?.as_str().map(str::to_owned);
    let policy = Policy {
        id: text("id")?,
        version: text("version")?,
        language: text("language")?,
        name: text("name")?,
        url: text("url")?,
    };
    (table.len() == 5).then_some(policy)
}

fn of_line(line: &str) -> Option<Policy> {
    let mut parts = line.splitn(5, '|').map(|part| part.trim().to_owned());
    let (id, version, language) = (parts.next()?, parts.next()?, parts.next()?);
    let (url, name) = (parts.next()?, parts.next()?);
    Some(Policy { id, version, language, name, url })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Value {
        text.parse::<toml::Table>().unwrap()["a"].clone()
    }

    #[test]
    fn a_policy_is_a_table_or_a_line() {
        let table = value(
            r#"a = { id = "tos", version = "1", language = "en", name = "Terms", url = "https://x/" }"#,
        );
        let policy = Policy::read(Input::Value(&table)).unwrap();
        assert_eq!(policy.name, "Terms");
        let again = value(&format!("a = {}", policy.show().unwrap()));
        assert_eq!(Policy::read(Input::Value(&again)).unwrap(), policy);
        assert_eq!(Policy::read(Input::Text("tos | 1 | en | https://x/ | Terms")).unwrap(), policy);
        for wrong in ["", "tos", "tos|1|en|https://x/"] {
            Policy::read(Input::Text(wrong)).unwrap_err();
        }
        for wrong in [
            r#"a = { id = "tos", version = "1", language = "en", name = "T", url = "u", x = "y" }"#,
            r#"a = { id = "tos", version = 1, language = "en", name = "T", url = "u" }"#,
            r#"a = { id = "tos", version = "1", language = "en", name = "T" }"#,
            r#"a = "tos""#,
        ] {
            Policy::read(Input::Value(&value(wrong))).unwrap_err();
        }
    }
}
