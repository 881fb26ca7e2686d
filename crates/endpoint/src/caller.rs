//! Who is asking: the user behind an access token ([spec]).
//!
//! [spec]: https://spec.matrix.org/latest/client-server-api/#using-access-tokens
use std::{
    borrow::Cow, convert::Infallible, error::Error as StdError, future::Future, net::IpAddr,
    ops::Deref,
};

use axum::extract::FromRequestParts;
use http::{
    HeaderMap,
    header::{AUTHORIZATION, USER_AGENT},
    request::Parts,
};

use crate::{
    Auth,
    error::{
        ACCOUNT_EXPIRED, FORBIDDEN, Failure, GUEST_ACCESS_FORBIDDEN, INTERNAL, MISSING_TOKEN,
        UNAVAILABLE, UNKNOWN_DEVICE, UNKNOWN_TOKEN, USER_LOCKED, USER_SUSPENDED,
    },
    query,
    rate::Who,
    request::Context,
};

/// What a router's state must be able to do so that handlers can take a [`Caller`].
pub trait Authority: Sync {
    /// What is known of a user who has proved to be one.
    type Session: Send;

    /// The session of an access token.
    fn authenticate(
        &self,
        presented: Presented<'_>,
    ) -> impl Future<Output = Result<Authenticated<Self::Session>, Refusal>> + Send;

    /// Whether the session's user may speak: has agreed to what the server asks everybody to agree to.
    ///
    /// # Errors
    /// What such a user is answered with.
    fn check_agreed(&self, _: &Self::Session) -> impl Future<Output = Result<(), Failure>> + Send {
        std::future::ready(Ok(()))
    }
}

/// An access token, and how it was presented.
#[derive(Clone, Copy)]
pub struct Presented<'a> {
    /// The token.
    pub token: &'a str,
    /// From where.
    pub address: IpAddr,
    /// By which program.
    pub user_agent: Option<&'a str>,
    query: &'a str,
}

impl<'a> Presented<'a> {
    /// The query's value of `name`: application services say there as whom they act. Text that is no UTF-8 counts as
    /// none.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<Cow<'a, str>> {
        query::pairs(self.query).flatten().find(|(known, _)| known == name).map(|(_, value)| value)
    }
}

/// A session, and what the extractor itself needs to know of it.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Authenticated<T> {
    /// For the handler.
    pub session: T,
    /// A number that is the user's alone, for the rate limits.
    pub user: i64,
    /// Whether the user is an administrator of this server.
    pub is_admin: bool,
    /// Whether the user is a guest.
    pub is_guest: bool,
    /// Whether the account is locked: its user can only end sessions.
    pub is_locked: bool,
    /// Whether the account is suspended: its user can read, but not act.
    pub is_suspended: bool,
    /// Whether the account has ended: its user can only end sessions, and ask for its renewal.
    pub is_expired: bool,
    /// Whether the rate limits do not apply to this user.
    pub is_unlimited: bool,
}

/// Why an access token is not accepted.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// It is not known, has been revoked or has expired. With `soft_logout` the device still exists: the client
    /// refreshes the token or logs in again, and keeps its keys.
    #[error("Unknown access token")]
    Unknown {
        /// Whether the client keeps its data.
        soft_logout: bool,
    },
    /// The account is locked.
    #[error("This account has been locked")]
    Locked,
    /// The account has ended.
    #[error("This account has ended: please renew it")]
    Expired,
    /// The application service cannot act as the user it names.
    #[error("{0}")]
    NotTheirs(String),
    /// The application service names a device that the user does not have.
    #[error("{0}")]
    UnknownDevice(String),
    /// We could not look.
    #[error("the session could not be read")]
    Broken(#[source] Box<dyn StdError + Send + Sync>),
    /// The caller is asked to come back later.
    #[error("the server is busy")]
    Busy,
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        let why = refusal.to_string();
        match refusal {
            Refusal::Unknown { soft_logout } => {
                UNKNOWN_TOKEN.because(why).with("soft_logout", soft_logout)
            }
            Refusal::NotTheirs(_) => FORBIDDEN.because(why),
            Refusal::UnknownDevice(_) => UNKNOWN_DEVICE.because(why),
            Refusal::Expired => ACCOUNT_EXPIRED.because(why),
            Refusal::Locked => USER_LOCKED.because(why).with("soft_logout", true),
            Refusal::Broken(_) => INTERNAL.from_error(&refusal),
            Refusal::Busy => UNAVAILABLE.because(why),
        }
    }
}

/// The authenticated user. Taking this argument is what makes an endpoint private.
///
/// 401 `M_MISSING_TOKEN` without an access token, 401 `M_UNKNOWN_TOKEN` with a wrong one; 403 `M_FORBIDDEN` for a user
/// who is no administrator, where the registry asks for one; 401 `M_USER_LOCKED` for a locked account, 403
/// `ORG_MATRIX_EXPIRED_ACCOUNT` for one that has ended, and 403
/// `M_GUEST_ACCESS_FORBIDDEN` for a guest, where the registry does not let them in; 429 when the user's allowance is used up.
#[derive(Clone, Copy, Debug)]
pub struct Caller<T>(pub T);

/// As [`Caller`], where others will see what they do: 403 `M_USER_SUSPENDED` for a suspended account.
#[derive(Clone, Copy, Debug)]
pub struct Actor<T>(pub T);

/// As [`Actor`], where others will hear from them: also 403 `M_CONSENT_NOT_GIVEN` for somebody who has not agreed to the
/// server's terms, if that is required.
#[derive(Clone, Copy, Debug)]
pub struct Speaker<T>(pub T);

/// The authenticated user, or nobody. A wrong access token is refused here too.
#[derive(Clone, Copy, Debug)]
pub struct OptionalCaller<T>(pub Option<T>);

impl<T> Deref for Caller<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> Deref for Actor<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> Deref for Speaker<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Send + Sync, S: Authority<Session = T>> FromRequestParts<S> for Speaker<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let Actor(session) = Actor::from_request_parts(parts, state).await?;
        state.check_agreed(&session).await?;
        Ok(Self(session))
    }
}

impl<T, S: Authority<Session = T>> FromRequestParts<S> for Actor<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let found = authenticate(parts, state).await?;
        let found = found.ok_or_else(|| MISSING_TOKEN.because("Missing access token"))?;
        if found.is_suspended {
            return Err(USER_SUSPENDED.because("This account has been suspended"));
        }
        Ok(Self(found.session))
    }
}

impl<T, S: Authority<Session = T>> FromRequestParts<S> for Caller<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let found = authenticate(parts, state).await?;
        found
            .map(|found| Self(found.session))
            .ok_or_else(|| MISSING_TOKEN.because("Missing access token"))
    }
}

impl<T, S: Authority<Session = T>> FromRequestParts<S> for OptionalCaller<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let found = authenticate(parts, state).await?;
        Ok(Self(found.map(|found| found.session)))
    }
}

async fn authenticate<S: Authority>(
    parts: &Parts,
    state: &S,
) -> Result<Option<Authenticated<S::Session>>, Failure> {
    let context = Context::of(parts)?;
    let endpoint = &context.route.endpoint;
    if matches!(endpoint.auth, Auth::None | Auth::SharedSecret | Auth::Local) {
        return Err(INTERNAL.because(format!(
            "{} asks for a caller, its registry entry does not",
            endpoint.path()
        )));
    }
    let query = parts.uri.query().unwrap_or_default();
    let Some(token) = token_of(&parts.headers, query) else { return Ok(None) };
    let user_agent = parts.headers.get(USER_AGENT).and_then(|value| value.to_str().ok());
    let presented = Presented { token: &token, address: context.address, user_agent, query };
    let found = state.authenticate(presented).await?;
    if found.is_locked && endpoint.auth != Auth::Locked {
        return Err(Refusal::Locked.into());
    }
    if found.is_expired && !matches!(endpoint.auth, Auth::Locked | Auth::Expired) {
        return Err(Refusal::Expired.into());
    }
    if found.is_guest && matches!(endpoint.auth, Auth::User | Auth::Expired | Auth::Admin) {
        return Err(GUEST_ACCESS_FORBIDDEN.because("Guests cannot do this"));
    }
    if endpoint.auth == Auth::Admin && !found.is_admin {
        return Err(FORBIDDEN.because("You are not an administrator of this server"));
    }
    if !found.is_unlimited {
        context.shared.limiter.take(endpoint.rate, Who::User(found.user))?;
    }
    Ok(Some(found))
}

/// The access token of a request to an endpoint for anybody, where it may be an application service's. What it is worth is
/// for the handler to find out.
#[derive(Clone)]
pub struct AccessToken(pub Option<String>);

impl<S: Sync> FromRequestParts<S> for AccessToken {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let token = token_of(&parts.headers, parts.uri.query().unwrap_or_default());
        Ok(Self(token.map(Cow::into_owned)))
    }
}

/// The token that a request has.
pub(crate) fn token_of<'a>(headers: &'a HeaderMap, query: &'a str) -> Option<Cow<'a, str>> {
    match header_token(headers) {
        Some(token) => Some(Cow::Borrowed(token)),
        None => token_of_query(query),
    }
}

/// The token of the `Authorization` header. The scheme is compared without regard to case (RFC 9110 section 11.1).
fn header_token(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim()).filter(|token| !token.is_empty())
}

/// The token of the query, as clients before v1.11 of the specification may send it.
fn token_of_query(query: &str) -> Option<Cow<'_, str>> {
    let (_, token) = query::pairs(query).flatten().find(|(name, _)| name == "access_token")?;
    (!token.is_empty()).then_some(token)
}
