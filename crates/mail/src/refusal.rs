//! Telling what the SMTP server has against: the address, or something else.
use lettre::{
    Address,
    transport::smtp::{
        Error,
        commands::{Mail, Quit, Rcpt},
    },
};

use crate::{Fault, Mailer};

/// The enhanced status codes (RFC 3463, RFC 7505) that say that a recipient's address is none, or takes no mail any more. Their first
/// digit is the class: permanent.
const ADDRESS_CODES: [&str; 6] = ["5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"];

/// Replies that refuse us, not a mail: no login, a wrong one, one that is too weak, or no encryption (RFC 4954).
const LOGIN_REPLIES: [u16; 4] = [530, 534, 535, 538];

/// What lettre says if the SMTP server has none of our ways to log in. It has no kind of its own for that.
const NO_LOGIN: &str = "authentication mechanism";

/// What an answer, or the lack of one, says of other tries. `text`: what the server has said.
pub(crate) fn fault(error: &Error, text: &str) -> Fault {
    let is_login = error.status().is_some_and(|code| LOGIN_REPLIES.contains(&code.into()));
    if is_login || error.is_client() && text.contains(NO_LOGIN) {
        return Fault::Server;
    }
    if error.is_transient() {
        return Fault::Passing;
    }
    if error.is_client() {
        return Fault::Mail;
    }
    if !error.is_permanent() {
        return Fault::Server;
    }
    match enhanced_code(text) {
        Some(code) if ADDRESS_CODES.contains(&code) => Fault::Address,
        Some(_) => Fault::Mail,
        None => Fault::Unclear,
    }
}

/// The first enhanced status code of a permanent failure in a text.
fn enhanced_code(text: &str) -> Option<&str> {
    let is_code = |word: &&str| {
        let mut parts = word.split('.');
        let is_number = |part: Option<&str>| {
            part.is_some_and(|part| {
                (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
            })
        };
        parts.next() == Some("5")
            && is_number(parts.next())
            && is_number(parts.next())
            && parts.next().is_none()
    };
    text.split(|c: char| !c.is_ascii_digit() && c != '.').find(is_code)
}

impl Mailer {
    /// Whether the SMTP server refuses an address for good, and not the sender, the login or the mail: asks it as if there were
    /// a mail for it, and sends none.
    pub async fn refuses(&self, to: &str) -> bool {
        let Ok(address) = to.parse::<Address>() else { return true };
        let _turn = self.turns.acquire().await;
        let asking = tokio::time::timeout(self.within, self.ask_about(address)).await;
        matches!(asking, Ok(Ok(true)))
    }

    async fn ask_about(&self, address: Address) -> Result<bool, Error> {
        let mut connection = self.connecting.connection().await?;
        connection.command(Mail::new(Some(self.from.email.clone()), Vec::new())).await?;
        let refused = match connection.command(Rcpt::new(address, Vec::new())).await {
            Ok(_) => false,
            Err(error) => error.is_permanent(),
        };
        let _ = connection.command(Quit).await;
        Ok(refused)
    }
}

#[cfg(test)]
mod tests {
    use super::enhanced_code;

    #[test]
    fn the_status_is_found_in_what_a_server_says() {
        for (text, code) in [
            ("permanent error (550): 5.1.1 <a@example.org>: unknown", Some("5.1.1")),
            ("permanent error (550): 5.7.1 relaying denied", Some("5.7.1")),
            ("permanent error (550): [192.0.2.5] says: 5.1.10 null MX", Some("5.1.10")),
            ("permanent error (550): no such user at 5.1.1.7", None),
            ("permanent error (550): no such user", None),
            ("permanent error (552): version 5.1", None),
        ] {
            assert_eq!(enhanced_code(text), code, "{text}");
        }
    }
}
