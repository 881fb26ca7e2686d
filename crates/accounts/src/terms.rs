//! What users agree to: documents with versions, who has agreed to which, and the link to the page where one agrees.
//!
//! A link is signed, so that whoever has it can agree for its user without logging in; it is good for nothing else. It does not
//! expire: it stands in a room that the user may read much later, and what is agreed to is what the page shows then.
use std::collections::BTreeMap;

use config::{Policy, Secret};
use db::Write;
use hmac::{Hmac, KeyInit as _, Mac as _};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use protocol::ids::{OwnedUserId, UserId};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use store::{
    UserNum,
    accepted_policies::{self, PolicyVersion},
    policy_notices::{self, Untold},
    server_facts, users,
};

use crate::{Accounts, Session, User, interactive::same};

/// Under which name the server keeps what signs the links.
const LINK_KEY: &str = "terms.link_key";

/// Who has used the server within this time is told what they have not agreed to (ms).
const SEEN_WITHIN_MS: i64 = 86_400_000;

/// What stands in a text for the link.
const LINK: &str = "{link}";

/// What people agree to.
#[derive(Clone, Debug, Default)]
pub struct Terms {
    policies: Vec<Policy>,
    versions: Vec<PolicyVersion>,
    name: String,
    require: bool,
    refusal: String,
    notice: String,
    notify_guests: bool,
}

impl Terms {
    /// As they are configured.
    #[must_use]
    pub fn new(section: &config::Terms) -> Self {
        let versions: BTreeMap<_, _> =
            section.policies.iter().map(|policy| (&policy.id, &policy.version)).collect();
        let versions: Vec<_> = versions
            .into_iter()
            .map(|(id, version)| PolicyVersion { policy_id: id.clone(), version: version.clone() })
            .collect();
        let names: Vec<_> = versions.iter().map(PolicyVersion::name).collect();
        Self {
            policies: section.policies.clone(),
            name: hexadecimal(&Sha256::digest(names.join("\n"))),
            versions,
            require: section.require,
            refusal: section.refusal.clone(),
            notice: section.notice.clone(),
            notify_guests: section.notify_guests,
        }
    }

    /// Whether there is nothing to agree to.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.policies.is_empty()
    }

    /// The documents, each in each language.
    #[must_use]
    pub fn policies(&self) -> &[Policy] {
        &self.policies
    }

    /// The documents with their versions.
    #[must_use]
    pub fn versions(&self) -> &[PolicyVersion] {
        &self.versions
    }

    /// Names all documents with their versions: another version, another name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The `policies` of `m.login.terms` ([spec]).
    ///
    /// [spec]: https://spec.matrix.org/v1.16/client-server-api/#terms-of-service-at-registration
    pub(crate) fn to_json(&self) -> Map<String, Value> {
        let mut policies = Map::new();
        for policy in &self.policies {
            let about = policies.entry(&policy.id).or_insert_with(|| json!({}));
            if let Some(about) = about.as_object_mut() {
                about.insert("version".to_owned(), json!(policy.version));
                let there = json!({ "name": policy.name, "url": policy.url });
                about.insert(policy.language.clone(), there);
            }
        }
        policies
    }

    fn names(&self) -> Vec<String> {
        self.versions.iter().map(PolicyVersion::name).collect()
    }
}

/// Why somebody cannot send.
#[derive(Debug, thiserror::Error)]
pub enum NotAgreed {
    /// They have not agreed to the present terms.
    #[error("{message}")]
    Terms {
        /// What they read.
        message: String,
        /// Where they agree.
        link: String,
    },
    /// The database failed.
    #[error(transparent)]
    Failed(#[from] db::Error),
}

/// Why an agreement was not taken.
#[derive(Debug, thiserror::Error)]
pub enum AgreeError {
    /// The link is nobody's.
    #[error("The link is not valid")]
    Link,
    /// The terms are no longer those that were shown.
    #[error("The terms have changed meanwhile")]
    Changed,
    /// The database failed.
    #[error(transparent)]
    Failed(#[from] db::Error),
}

/// Who has followed a link.
#[derive(Debug)]
pub struct Asked {
    /// Whose link it is.
    pub user: User,
    /// Whether they have agreed to all there is.
    pub has_agreed: bool,
}

impl Accounts {
    /// Whether the session's user may send: they have agreed to the present terms, or need not.
    ///
    /// Whoever has agreed costs one look into the database a session; whoever has not, one at each attempt, so that an agreement
    /// counts at once.
    ///
    /// # Errors
    /// See [`NotAgreed`].
    pub async fn check_agreed(&self, session: &Session) -> Result<(), NotAgreed> {
        let terms = &self.settings.terms;
        let is_free = !terms.require || terms.is_empty() || session.appservice.is_some();
        if is_free || session.has_agreed() {
            return Ok(());
        }
        let user = self.user(&session.user_id).await?;
        let is_exempt = user.as_ref().is_some_and(|user| self.is_exempt(user));
        if is_exempt || self.has_agreed(session.user_num).await? {
            session.note_agreement();
            return Ok(());
        }
        let link = self.terms_link(&session.user_id).await?;
        Err(NotAgreed::Terms { message: terms.refusal.replace(LINK, &link), link })
    }

    /// Whether a user is no person who could answer for themselves: programs, and what application services own.
    pub(crate) fn is_exempt(&self, user: &User) -> bool {
        user.user_type.as_deref().is_some_and(|kind| users::PROGRAM_TYPES.contains(&kind))
            || self.claimed.is_claimed(&user.name)
    }

    async fn has_agreed(&self, user: UserNum) -> Result<bool, db::Error> {
        let agreed = accepted_policies::of_user(&self.store.db, user).await?;
        let has = |policy| agreed.iter().any(|(known, _)| known == policy);
        Ok(self.settings.terms.versions.iter().all(has))
    }

    /// The link to the page where a user agrees.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn terms_link(&self, user_id: &UserId) -> Result<String, db::Error> {
        let base = &self.messengers.verification.base_url;
        let user = utf8_percent_encode(user_id.as_str(), NON_ALPHANUMERIC);
        let signature = self.sign_link(user_id).await?;
        Ok(format!("{base}/_longhouse/client/v1/terms?user={user}&signature={signature}"))
    }

    /// Who has followed a link; `None` if it is nobody's.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn asked(&self, user: &str, signature: &str) -> Result<Option<Asked>, db::Error> {
        let Ok(user_id) = UserId::parse(user) else { return Ok(None) };
        if !same(&self.sign_link(&user_id).await?, signature) {
            return Ok(None);
        }
        let Some(user) = self.user(&user_id).await?.filter(|user| !user.deactivated) else {
            return Ok(None);
        };
        let has_agreed = self.has_agreed(user.user_num).await?;
        Ok(Some(Asked { user, has_agreed }))
    }

    /// Notes that the user of a link agrees to what the page has shown: the terms of this name.
    ///
    /// # Errors
    /// See [`AgreeError`].
    pub async fn agree(&self, user: &str, signature: &str, shown: &str) -> Result<(), AgreeError> {
        let asked = self.asked(user, signature).await?.ok_or(AgreeError::Link)?;
        let terms = &self.settings.terms;
        if terms.name != shown {
            return Err(AgreeError::Changed);
        }
        let mut write = Write::new();
        for policy in &terms.versions {
            accepted_policies::insert(&mut write, asked.user.user_num, policy, self.now_ms());
        }
        self.store.db.write(write).await.map_err(db::Error::from)?;
        Ok(())
    }

    /// Users in order of their ids who have not agreed to the present terms, and have to. None if there is nothing to agree to.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn list_not_agreed(&self, after: &str, limit: i64) -> Result<Vec<User>, db::Error> {
        let (names, mut after) = (self.settings.terms.names(), after.to_owned());
        loop {
            let found = users::list_not_agreed(&self.store.db, &after, &names, limit).await?;
            let Some(last) = found.last() else { return Ok(found) };
            last.name.as_str().clone_into(&mut after);
            let owing: Vec<_> = found.into_iter().filter(|user| !self.is_exempt(user)).collect();
            // A page that is empty would be taken for the end.
            if !owing.is_empty() {
                return Ok(owing);
            }
        }
    }

    /// The users behind `after` who are there, have not agreed to the present terms and have not been told so, in order of their
    /// numbers.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn untold_of_terms(
        &self,
        after: UserNum,
        limit: i64,
    ) -> Result<Vec<(UserNum, OwnedUserId)>, db::Error> {
        let terms = &self.settings.terms;
        let untold = Untold {
            terms: &terms.name,
            names: terms.names(),
            seen_since: self.now_ms().saturating_sub(SEEN_WITHIN_MS),
            guests: terms.notify_guests,
        };
        policy_notices::untold(&self.store.db, &untold, after, limit).await
    }

    /// What a user is told who has not agreed; `None` if an application service owns them.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn terms_notice(&self, user_id: &UserId) -> Result<Option<String>, db::Error> {
        if self.claimed.is_claimed(user_id) {
            return Ok(None);
        }
        let link = self.terms_link(user_id).await?;
        Ok(Some(self.settings.terms.notice.replace(LINK, &link)))
    }

    /// Notes that a user was told of the present terms.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn note_told_of_terms(&self, user: UserNum) -> Result<(), db::Error> {
        let mut write = Write::new();
        policy_notices::insert(&mut write, user, &self.settings.terms.name, self.now_ms());
        self.store.db.write(write).await?;
        Ok(())
    }

    async fn sign_link(&self, user_id: &UserId) -> Result<String, db::Error> {
        let key = self.link_key().await?.expose();
        let mac = Hmac::<Sha256>::new_from_slice(key.as_bytes());
        let mut mac = mac.map_err(|_| db::Error::inconsistent("server_facts: terms.link_key"))?;
        mac.update(b"terms\0");
        mac.update(user_id.as_str().as_bytes());
        Ok(hexadecimal(&mac.finalize().into_bytes()))
    }

    /// What signs the links: random, made when it is needed first, and kept.
    async fn link_key(&self) -> Result<&Secret, db::Error> {
        let made = || async {
            if let Some(known) = server_facts::find(&self.store.db, LINK_KEY).await? {
                return Ok(Secret::new(known));
            }
            let mut write = Write::new();
            let new = entropy::token(&*self.store.entropy, 32);
            server_facts::insert(&mut write, LINK_KEY, &new);
            self.store.db.write(write).await?;
            // Another node may have been faster: the first one stays.
            let known = server_facts::find(&self.store.db, LINK_KEY).await?;
            known.map(Secret::new).ok_or_else(|| db::Error::inconsistent("server_facts"))
        };
        self.link_key.get_or_try_init(made).await
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(value.into(), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

#[cfg(test)]
mod tests;
