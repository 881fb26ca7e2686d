//! Asking for a message to an address ([spec]), by which its reader proves to be one.
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3registeremailrequesttoken
use config::{Demand, Secret};
use db::{Write, WriteError};
use mail::{Kind, Letter, in_words};
use protocol::{
    Threepid,
    ids::OwnedUserId,
    threepid::{Medium, ThreepidError},
};
use store::{
    threepid_messages,
    threepid_sessions::{self, ThreepidSessionRow},
    user_threepids,
};

use super::proof::{Purpose, is_name};
use crate::{Accounts, RegistrationMode, tokens};

/// How often a token may be given before it is worth nothing (A3 of the faults seen in the field).
const ATTEMPTS_MAX: i64 = 5;

/// How many messages an address gets within [`MESSAGES_WITHIN_MS`], whoever asks for them.
const MESSAGES_MAX: usize = 5;

/// An hour.
pub(crate) const MESSAGES_WITHIN_MS: i64 = 3_600_000;

/// The longest link that is followed afterwards, in bytes.
const NEXT_LINK_BYTES_MAX: usize = 2_000;

/// What a client asks for.
#[derive(Clone, Debug)]
pub struct VerificationRequest {
    /// What the proof will be good for.
    pub purpose: Purpose,
    /// The address.
    pub threepid: Threepid,
    /// The client's secret.
    pub client_secret: Secret,
    /// The number of the message that the client wants: a repeated request does not make a second message.
    pub send_attempt: i64,
    /// Where the browser goes afterwards.
    pub next_link: Option<String>,
}

/// A proof that is under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requested {
    /// The name of the session.
    pub sid: String,
}

/// Why no message was sent.
#[derive(Debug, thiserror::Error)]
pub enum VerificationError {
    /// There are no addresses of this kind here.
    #[error("This server does not use addresses of this kind")]
    NotSupported,
    /// It is no address.
    #[error(transparent)]
    Address(#[from] ThreepidError),
    /// The client's secret is none.
    #[error("client_secret has 1 to 255 of the characters 0-9 a-z A-Z . = _ -")]
    Secret,
    /// Nobody can make an account, or change its addresses.
    #[error("This is not possible on this server")]
    Closed,
    /// The administrator does not allow the address.
    #[error("This address is not allowed on this server")]
    Denied,
    /// The address is in an account already.
    #[error("This address is in use")]
    InUse,
    /// The address is in no account.
    #[error("This address is in no account")]
    NotFound,
    /// Too many messages were sent to the address.
    #[error("Too many messages were sent to this address")]
    TooOften {
        /// After which time there may be another one (ms).
        retry_after_ms: u64,
    },
    /// Too many messages wait to be sent.
    #[error("The server is busy")]
    Busy,
    /// The database failed.
    #[error(transparent)]
    Failed(#[from] db::Error),
}

/// What is sent to an address.
enum Message {
    /// The token, for the account of this user if there is one already.
    Token(Option<OwnedUserId>),
    /// That it is in the account of this user.
    InUse(OwnedUserId),
    /// Nothing. Who has asked is not told.
    Nothing,
}

impl Accounts {
    /// Sends a message to an address, by which whoever reads it proves that it is theirs. Asked again with the same number, it
    /// answers the same and sends nothing.
    ///
    /// # Errors
    /// See [`VerificationError`].
    pub async fn request_verification(
        &self,
        request: VerificationRequest,
    ) -> Result<Requested, VerificationError> {
        if !is_name(request.client_secret.expose()) {
            return Err(VerificationError::Secret);
        }
        let secret_hash =
            tokens::hash(request.client_secret.expose()).ok_or(VerificationError::Secret)?;
        self.check_request(&request)?;
        // One at a time: who asks a hundred times at once gets no more messages sent than one after the other.
        let _turn = self.verifying.lock().await;
        let (db, threepid) = (&self.store.db, &request.threepid);
        let purpose = request.purpose.as_str();
        let known = threepid_sessions::find_of_client(db, &secret_hash, purpose, threepid).await?;
        let now_ms = self.now_ms();
        let is_alive = |row: &&ThreepidSessionRow| row.expires_ts > now_ms;
        if let Some(row) = known.as_ref().filter(is_alive)
            && request.send_attempt <= row.send_attempt
        {
            return Ok(Requested { sid: row.session_id.clone() });
        }
        let message = self.decide(&request).await?;
        self.check_frequency(threepid, now_ms).await?;
        let token = self.new_token(threepid.medium());
        let mut row = ThreepidSessionRow {
            session_id: entropy::token(&*self.store.entropy, 18),
            secret_hash,
            purpose: purpose.to_owned(),
            threepid: threepid.clone(),
            token_hash: tokens::hash(&token).ok_or(VerificationError::Secret)?,
            attempts_left: ATTEMPTS_MAX,
            send_attempt: request.send_attempt,
            next_link: request.next_link.clone().filter(|link| self.leads_on(link)),
            expires_ts: now_ms.saturating_add(self.messengers.verification.lifetime_ms),
            validated_ts: None,
        };
        let mut write = Write::new();
        match known {
            Some(known) if known.expires_ts > now_ms && known.validated_ts.is_none() => {
                row.session_id = known.session_id;
                threepid_sessions::resend(&mut write, &row);
            }
            known => {
                if let Some(known) = known {
                    threepid_sessions::delete(&mut write, &known.session_id);
                }
                threepid_sessions::insert(&mut write, &row);
            }
        }
        threepid_messages::insert(&mut write, tokens::id(&*self.store.entropy), threepid, now_ms);
        self.store.db.write(write).await.map_err(|error| match error {
            // The session was used between the look and the write.
            WriteError::Conflict { .. } => VerificationError::Busy,
            error => VerificationError::Failed(error.into()),
        })?;
        self.deliver(&row, &token, request.purpose, message)?;
        Ok(Requested { sid: row.session_id })
    }

    /// Whether such proofs are taken at all, and for this address.
    fn check_request(&self, request: &VerificationRequest) -> Result<(), VerificationError> {
        if !self.messengers.reach(request.threepid.medium()) {
            return Err(VerificationError::NotSupported);
        }
        match request.purpose {
            Purpose::ResetPassword => return Ok(()),
            Purpose::Register if self.settings.registration == RegistrationMode::Closed => {
                return Err(VerificationError::Closed);
            }
            Purpose::Register if self.demand(request.threepid.medium()) == Demand::Off => {
                return Err(VerificationError::NotSupported);
            }
            Purpose::Add if !self.settings.threepid_changes => {
                return Err(VerificationError::Closed);
            }
            Purpose::Register | Purpose::Add => {}
        }
        let patterns = &self.settings.allowed_addresses;
        let fits = patterns.is_empty()
            || request.threepid.medium() != Medium::Email
            || patterns.iter().any(|pattern| pattern.fits(request.threepid.address()));
        if fits { Ok(()) } else { Err(VerificationError::Denied) }
    }

    /// What is sent. By the answer to the client it shows only if the administrator says so.
    async fn decide(&self, request: &VerificationRequest) -> Result<Message, VerificationError> {
        let tells = self.messengers.verification.tells_in_use;
        let owner = user_threepids::owner(&self.store.db, &request.threepid).await?;
        match (request.purpose, owner) {
            (Purpose::ResetPassword, Some(owner)) => Ok(Message::Token(Some(owner))),
            (Purpose::ResetPassword, None) if tells => Err(VerificationError::NotFound),
            (Purpose::ResetPassword, None) => Ok(Message::Nothing),
            (Purpose::Register | Purpose::Add, None) => Ok(Message::Token(None)),
            (Purpose::Register | Purpose::Add, Some(_)) if tells => Err(VerificationError::InUse),
            (Purpose::Register | Purpose::Add, Some(owner)) => Ok(Message::InUse(owner)),
        }
    }

    pub(crate) async fn check_frequency(
        &self,
        threepid: &Threepid,
        now_ms: i64,
    ) -> Result<(), VerificationError> {
        let since = now_ms.saturating_sub(MESSAGES_WITHIN_MS);
        let sent = threepid_messages::sent_since(&self.store.db, threepid, since).await?;
        let Some(first) = sent.len().checked_sub(MESSAGES_MAX).and_then(|at| sent.get(at)) else {
            return Ok(());
        };
        let wait = first.saturating_add(MESSAGES_WITHIN_MS).saturating_sub(now_ms).max(1);
        Err(VerificationError::TooOften { retry_after_ms: wait.unsigned_abs() })
    }

    /// What is sent: a long text in a link, or six digits that somebody types.
    fn new_token(&self, medium: Medium) -> String {
        let entropy = &*self.store.entropy;
        match medium {
            Medium::Email => entropy::token(entropy, 32),
            Medium::Msisdn => format!("{:06}", entropy::number(entropy) % 1_000_000),
        }
    }

    fn deliver(
        &self,
        row: &ThreepidSessionRow,
        token: &str,
        purpose: Purpose,
        message: Message,
    ) -> Result<(), VerificationError> {
        let (mail, address) = (&self.messengers.mail, row.threepid.address().to_owned());
        let mail = match (row.threepid.medium(), &self.messengers.sms, mail) {
            (Medium::Msisdn, Some(sms), _) => {
                // A text message costs money: nobody has one sent to whom it says nothing new.
                let Message::Token(_) = message else { return Ok(()) };
                let posted = sms.post(address, token.to_owned());
                return posted.map_err(|_| VerificationError::Busy);
            }
            (Medium::Email, _, Some(mail)) => mail,
            (Medium::Msisdn, None, _) | (Medium::Email, _, None) => return Ok(()),
        };
        let kind = match purpose {
            Purpose::Register => Kind::Register,
            Purpose::ResetPassword => Kind::ResetPassword,
            Purpose::Add => Kind::AddAddress,
        };
        let letter = match message {
            Message::Nothing => return Ok(()),
            Message::InUse(owner) => {
                Letter::new(Kind::AddressInUse).with("user_id", owner.as_str())
            }
            Message::Token(owner) => {
                let verification = &self.messengers.verification;
                let (base, sid) = (&verification.base_url, &row.session_id);
                // Without the client's secret: whoever gets hold of the link has no use for the proof.
                let link = format!("{base}/_longhouse/client/v1/verify?sid={sid}&token={token}");
                let letter = Letter::new(kind)
                    .with("link", link)
                    .with("lifetime", in_words(verification.lifetime_ms));
                match owner {
                    Some(owner) => letter.with("user_id", owner.as_str()),
                    None => letter,
                }
            }
        };
        let posted = mail.post(address, letter);
        posted.map_err(|_| VerificationError::Busy)
    }

    /// Whether people may be led on to a link: to a web page on a host that the administrator has named.
    fn leads_on(&self, link: &str) -> bool {
        let rest = link.strip_prefix("https://").or_else(|| link.strip_prefix("http://"));
        let Some(rest) = rest.filter(|_| link.len() <= NEXT_LINK_BYTES_MAX) else { return false };
        // What browsers read in another way than we do is no link: a backslash, white space, a user's name.
        if !link.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\') {
            return false;
        }
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default().to_ascii_lowercase();
        self.messengers.verification.next_link_hosts.contains(&host)
    }
}
