//! The reference page, the example file, and the settings as they are in force.
use std::fmt::Write;

use crate::{Config, Field, Listener, Loaded, Section};

/// The reference of every setting, in Markdown: `docs/configuration.md`.
#[must_use]
pub fn page() -> String {
    let mut page = String::from(HEAD);
    for (title, section) in defaults() {
        let _ = write!(page, "\n## `{title}`\n\n{}\n", prose(section.doc()));
        for field in section.fields() {
            page.push_str(&entry(section.name(), &field));
        }
    }
    page
}

const HEAD: &str = "# Configuration

<!-- Generated from crates/config by `cargo xtask docs`. Change the doc comments there. -->

Settings come from four places, each over the one before: the defaults below, the TOML file, the
environment, and options of the command line. `longhouse config show --origin` prints what is in
force and which place decided it; `longhouse config check` finds mistakes; `longhouse config example`
prints a file to start from. A name that is not a setting is an error, in the file and in the
environment.

The variable of a key is `LONGHOUSE_SECTION__KEY`, in capitals: `LONGHOUSE_ROOMS__DEFAULT_VERSION`.
Lists are separated by commas there. Every secret can also be read from a file of its own: `KEY_file`
in the configuration file, `LONGHOUSE_SECTION__KEY_FILE` in the environment.
";

fn defaults() -> Vec<(String, Box<dyn Section>)> {
    fn boxed<S: Section + 'static>(title: &str, section: S) -> (String, Box<dyn Section>) {
        (title.to_owned(), Box::new(section))
    }
    let config = Config::default();
    vec![
        boxed("[server]", config.server),
        boxed("[[listeners]]", Listener::default()),
        boxed("[database]", config.database),
        boxed("[registration]", config.registration),
        boxed("[accounts]", config.accounts),
        boxed("[terms]", config.terms),
        boxed("[account_validity]", config.account_validity),
        boxed("[rate_limits]", config.rate_limits),
        boxed("[rooms]", config.rooms),
        boxed("[overload]", config.overload),
        boxed("[retention]", config.retention),
        boxed("[server_notices]", config.server_notices),
        boxed("[presence]", config.presence),
        boxed("[user_directory]", config.user_directory),
        boxed("[media]", config.media),
        boxed("[media_s3]", config.media_s3),
        boxed("[appservices]", config.appservices),
        boxed("[turn]", config.turn),
        boxed("[rtc]", config.rtc),
        boxed("[rendezvous]", config.rendezvous),
        boxed("[push]", config.push),
        boxed("[url_previews]", config.url_previews),
        boxed("[email]", config.email),
        boxed("[sms]", config.sms),
        boxed("[well_known]", config.well_known),
        boxed("[egress]", config.egress),
        boxed("[log]", config.log),
        boxed("[cache]", config.cache),
    ]
}

fn entry(section: &str, field: &Field) -> String {
    let default = field.value.as_ref().map_or("none".to_owned(), |value| format!("`{value}`"));
    let number = if section == "listeners" { "0__" } else { "" };
    let variable = format!("LONGHOUSE_{section}__{number}{}", field.key).to_uppercase();
    let secret = if field.secret { " Secret." } else { "" };
    format!(
        "\n### `{section}.{key}`\n\n{doc}\n\nExpects {kind}. Default: {default}.{secret}\n\
         Variable: `{variable}`\n",
        key = field.key,
        doc = prose(field.doc),
        kind = field.kind,
    )
}

/// Doc comments without the space that rustdoc leaves at the head of each line.
fn prose(doc: &str) -> String {
    doc.trim().lines().map(str::trim).collect::<Vec<_>>().join("\n")
}

/// A configuration file with every setting, its documentation and its default, commented out:
/// `docs/longhouse.example.toml`.
#[must_use]
pub fn example() -> String {
    let mut file = String::from(
        "# Longhouse: every setting with its default. Take away the `#` of what you change.\n",
    );
    for (title, section) in defaults() {
        let _ = write!(file, "\n{}{title}\n", comment(section.doc()));
        for field in section.fields() {
            let value = field.value.unwrap_or_else(|| "…".to_owned());
            let _ = write!(file, "\n{}#{} = {value}\n", comment(field.doc), field.key);
        }
    }
    file
}

fn comment(doc: &str) -> String {
    prose(doc).lines().fold(String::new(), |all, line| all + "# " + line + "\n")
}

/// One setting in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InForce {
    /// `section.key`.
    pub path: String,
    /// As TOML, secrets hidden; `None` if it has no value.
    pub value: Option<String>,
    /// Where it came from, in words.
    pub origin: String,
}

/// Every setting with its value and origin.
#[must_use]
pub fn in_force(loaded: &Loaded) -> Vec<InForce> {
    let once = loaded.config.sections().into_iter().map(|s| (s.name().to_owned(), s));
    let listeners = loaded.config.listeners.iter().enumerate().map(|(number, listener)| {
        let section: &dyn Section = listener;
        (format!("listeners.{number}"), section)
    });
    once.chain(listeners)
        .flat_map(|(name, section)| {
            section.fields().into_iter().map(move |field| {
                let path = format!("{name}.{}", field.key);
                let origin = loaded.origins.of(&path).to_string();
                InForce { path, value: field.value, origin }
            })
        })
        .collect()
}
