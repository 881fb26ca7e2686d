//! `[terms]`
use std::collections::{BTreeMap, BTreeSet};

use crate::{section::section, sections::server::is_http_url, value::Policy};

/// What stands in a text for the link to the page.
pub(crate) const LINK: &str = "{link}";

section! {
    /// What people agree to: documents such as terms of use, with versions. Whoever makes an account agrees to them; which
    /// versions, and when, is stored. Users who have not agreed to the present versions are told so by a server notice, where
    /// `[server_notices]` is on: those who are there, once for each version, with a link to the page where they agree.
    pub struct Terms in "terms" {
        /// The documents, each in each language: `[{ id = "privacy_policy", version = "1.0", language = "en",
        /// name = "Privacy policy", url = "https://example.org/privacy-1.0.html" }]`. A document has the same version in all
        /// languages. In the environment: `ID|VERSION|LANGUAGE|URL|NAME`. Empty: nobody is asked for anything.
        pub policies: Vec<Policy> = Vec::new(),
        /// Whether users who have not agreed to the present versions are kept from sending: they can read, and leave
        /// rooms, but not send events, make or join rooms, or invite (403 `M_CONSENT_NOT_GIVEN`, with the link). Users of
        /// application services, bots and support users (by their type) need not agree; guests have to.
        pub require: bool = false,
        /// What the server notice says. `{link}` stands for the link.
        pub notice: String = "Please read the terms of this server, and agree to them here: {link}".to_owned(),
        /// Whether guests are told by a server notice too.
        pub notify_guests: bool = false,
        /// What those read who are kept from sending. `{link}` stands for the link.
        pub refusal: String = "To go on, please agree to the terms of this server: {link}".to_owned(),
    }
    check(this, complaints) {
        for what in wrong(&this.policies) {
            complaints.push(("policies", what));
        }
        if this.require && this.policies.is_empty() {
            complaints.push(("require", "there is nothing to agree to: policies is empty".to_owned()));
        }
        for (key, text) in [("notice", &this.notice), ("refusal", &this.refusal)] {
            if !text.contains(LINK) {
                complaints.push((key, format!("does not say where to agree: it has no {LINK}")));
            }
        }
    }
}

/// What is wrong with the documents.
fn wrong(policies: &[Policy]) -> Vec<String> {
    let (mut versions, mut places) = (BTreeMap::new(), BTreeSet::new());
    let mut all = Vec::new();
    for Policy { id, version, language, name, url } in policies {
        if !is_opaque(id) || !is_opaque(version) {
            let characters = "1 to 255 of the characters A-Z a-z 0-9 - . _ ~";
            all.push(format!("the id and the version of {id:?} have {characters}"));
        }
        if !is_language(language) {
            all.push(format!("{language:?} is not a language such as \"en\" or \"pt-BR\""));
        }
        if name.trim().is_empty() {
            all.push(format!("{id:?} has no name"));
        }
        if !is_http_url(url) {
            all.push(format!("the url of {id:?} has to start with https:// or http://"));
        }
        if versions.insert(id, version).is_some_and(|other| other != version) {
            all.push(format!("{id:?} has another version in another language"));
        }
        if !places.insert((id, language)) {
            all.push(format!("{id:?} is there twice in {language:?}"));
        }
    }
    all
}

/// The grammar of opaque identifiers (specification, appendices).
fn is_opaque(text: &str) -> bool {
    (1..=255).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
}

/// A language tag. `version` is none: on the wire it stands beside the languages.
fn is_language(text: &str) -> bool {
    let fits = |part: &str| {
        (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    text != "version" && text.split(['-', '_']).all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(id: &str, version: &str, language: &str) -> Policy {
        Policy {
            id: id.to_owned(),
            version: version.to_owned(),
            language: language.to_owned(),
            name: "Terms".to_owned(),
            url: "https://example.org/terms".to_owned(),
        }
    }

    #[test]
    fn contradictions_are_found() {
        let fine =
            [policy("tos", "1.0", "en"), policy("tos", "1.0", "pt-BR"), policy("p", "2", "en_US")];
        assert_eq!(wrong(&fine), Vec::<String>::new());
        for bad in [
            vec![policy("to s", "1", "en")],
            vec![policy("tos", "", "en")],
            vec![policy("tos", "1", "version")],
            vec![policy("tos", "1", "en--")],
            vec![policy("tos", "1", "en"), policy("tos", "2", "fr")],
            vec![policy("tos", "1", "en"), policy("tos", "1", "en")],
            vec![Policy { url: "javascript:alert(1)".to_owned(), ..policy("tos", "1", "en") }],
            vec![Policy { name: " ".to_owned(), ..policy("tos", "1", "en") }],
        ] {
            assert_eq!(wrong(&bad).len(), 1, "{bad:?}");
        }
    }
}
