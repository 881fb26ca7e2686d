//! Third-party identifiers ([spec]): addresses by which people are known elsewhere, each in one spelling.
//!
//! [spec]: https://spec.matrix.org/v1.16/appendices/#3pid-types
use std::fmt;

mod phone;

/// The longest e-mail address, in bytes (RFC 5321 section 4.5.3.1.3, without the brackets).
const EMAIL_BYTES_MAX: usize = 254;

/// The longest part before the `@`, in bytes (RFC 5321 section 4.5.3.1.1).
const LOCAL_BYTES_MAX: usize = 64;

/// The longest domain, in bytes.
const DOMAIN_BYTES_MAX: usize = 253;

/// Kinds of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Medium {
    /// `email`
    Email,
    /// `msisdn`: a phone number.
    Msisdn,
}

impl Medium {
    /// As the protocol calls it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Msisdn => "msisdn",
        }
    }

    /// Reads the protocol's word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Email, Self::Msisdn].into_iter().find(|medium| medium.as_str() == word)
    }
}

impl fmt::Display for Medium {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Something that is no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ThreepidError {
    /// The kind is neither `email` nor `msisdn`.
    #[error("The medium must be email or msisdn")]
    Medium,
    /// It is no e-mail address.
    #[error("This is not an e-mail address")]
    Email,
    /// It is no phone number.
    #[error("This is not a phone number")]
    Phone,
    /// It is no country.
    #[error("The country must be a code of two letters (ISO 3166-1)")]
    Country,
}

/// An address in its one spelling.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Threepid {
    medium: Medium,
    address: String,
}

impl Threepid {
    /// An e-mail address. Capital letters become small ones, as other homeservers keep them ([MSC2265]).
    ///
    /// [MSC2265]: https://github.com/matrix-org/matrix-spec-proposals/pull/2265
    ///
    /// # Errors
    /// [`ThreepidError::Email`]. Quoted local parts and addresses in brackets are refused: nobody has them.
    pub fn email(text: &str) -> Result<Self, ThreepidError> {
        let text = text.trim();
        if text.len() > EMAIL_BYTES_MAX {
            return Err(ThreepidError::Email);
        }
        let (local, domain) = text.split_once('@').ok_or(ThreepidError::Email)?;
        let address = format!("{}@{}", folded(local), domain.to_lowercase());
        let (local, domain) = address.split_once('@').ok_or(ThreepidError::Email)?;
        let fits = address.len() <= EMAIL_BYTES_MAX && is_local_part(local) && is_domain(domain);
        if fits { Ok(Self { medium: Medium::Email, address }) } else { Err(ThreepidError::Email) }
    }

    /// A phone number as its user writes it in their `country` (two letters), or with its country's code.
    ///
    /// # Errors
    /// [`ThreepidError::Country`] or [`ThreepidError::Phone`].
    pub fn phone(country: &str, number: &str) -> Result<Self, ThreepidError> {
        let address = phone::normalize(country, number)?;
        Ok(Self { medium: Medium::Msisdn, address })
    }

    /// A phone number as the protocol has it: its country's code and the number, digits only.
    ///
    /// # Errors
    /// [`ThreepidError::Phone`].
    pub fn msisdn(digits: &str) -> Result<Self, ThreepidError> {
        let digits = digits.trim().trim_start_matches('+');
        if phone::is_msisdn(digits) {
            Ok(Self { medium: Medium::Msisdn, address: digits.to_owned() })
        } else {
            Err(ThreepidError::Phone)
        }
    }

    /// An address of a kind.
    ///
    /// # Errors
    /// See [`ThreepidError`].
    pub fn parse(medium: &str, address: &str) -> Result<Self, ThreepidError> {
        match Medium::parse(medium).ok_or(ThreepidError::Medium)? {
            Medium::Email => Self::email(address),
            Medium::Msisdn => Self::msisdn(address),
        }
    }

    /// Its kind.
    #[must_use]
    pub const fn medium(&self) -> Medium {
        self.medium
    }

    /// In its one spelling.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }
}

/// Small letters, as Unicode's case folding makes them of what people have in addresses.
fn folded(text: &str) -> String {
    let small = |c: char| c.to_lowercase().map(|c| if c == 'ς' { 'σ' } else { c });
    text.replace(['ß', 'ẞ'], "ss").chars().flat_map(small).collect()
}

/// A dot-atom (RFC 5322 section 3.2.3), with letters beyond ASCII (RFC 6531).
fn is_local_part(text: &str) -> bool {
    let fits = |c: char| {
        c.is_ascii_alphanumeric()
            || "!#$%&'*+-/=?^_`{|}~".contains(c)
            || (!c.is_ascii() && c.is_alphanumeric())
    };
    text.len() <= LOCAL_BYTES_MAX
        && text.split('.').all(|word| !word.is_empty() && word.chars().all(fits))
}

fn is_domain(text: &str) -> bool {
    let fits =
        |c: char| c.is_ascii_alphanumeric() || c == '-' || (!c.is_ascii() && c.is_alphanumeric());
    let is_label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(fits)
    };
    text.len() <= DOMAIN_BYTES_MAX && text.split('.').all(is_label)
}

#[cfg(test)]
mod tests;
