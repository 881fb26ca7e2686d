//! Proofs that somebody reads what is sent to an address.
use config::Secret;
use db::Write;
use protocol::Threepid;
use store::threepid_sessions;

use crate::{Accounts, tokens};

/// The longest name of a session and the longest secret ([spec]), in characters.
///
/// [spec]: https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3registeremailrequesttoken
pub(super) const NAME_CHARS_MAX: usize = 255;

/// What a proof is good for. For anything else it is worth nothing (A3 of the faults seen in the field).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Making an account with the address.
    Register,
    /// Setting a new password of the account that has the address.
    ResetPassword,
    /// Adding the address to an account.
    Add,
}

impl Purpose {
    /// As it is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::ResetPassword => "reset_password",
            Self::Add => "add",
        }
    }
}

/// By which a client names a proof: the session that it was given, and the secret that it began it with.
#[derive(Clone, Debug)]
pub struct ThreepidCredentials {
    /// The session.
    pub sid: String,
    /// The client's secret.
    pub client_secret: Secret,
}

/// A proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proven {
    /// The session that it came about in.
    pub(crate) session_id: String,
    /// What it is good for.
    pub(crate) purpose: Purpose,
    /// The address.
    pub(crate) threepid: Threepid,
    /// When it came about (Unix ms).
    pub(crate) validated_ts: i64,
}

/// Whether a text can be a session's name or a client's secret: `[0-9a-zA-Z.=_-]`.
pub(super) fn is_name(text: &str) -> bool {
    (1..=NAME_CHARS_MAX).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".=_-".contains(&byte))
}

impl Accounts {
    /// The proof that these credentials name, if there is one for `purpose`.
    pub(crate) async fn proven(
        &self,
        credentials: &ThreepidCredentials,
        purpose: Purpose,
    ) -> Result<Option<Proven>, db::Error> {
        let (sid, secret) = (&credentials.sid, credentials.client_secret.expose());
        if !is_name(sid) || !is_name(secret) {
            return Ok(None);
        }
        let row = threepid_sessions::find(&self.store.db, sid).await?;
        let row = row.filter(|row| {
            tokens::hash(secret) == Some(row.secret_hash)
                && row.purpose == purpose.as_str()
                && row.expires_ts > self.now_ms()
        });
        Ok(row.and_then(|row| {
            let validated_ts = row.validated_ts?;
            Some(Proven {
                session_id: row.session_id,
                purpose,
                threepid: row.threepid,
                validated_ts,
            })
        }))
    }

    /// Uses a proof up; the write is rejected if somebody else was quicker.
    pub(crate) fn consume_in(&self, write: &mut Write, proven: &Proven) {
        let purpose = proven.purpose.as_str();
        threepid_sessions::consume(write, &proven.session_id, purpose, self.now_ms());
    }
}
