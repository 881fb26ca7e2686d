//! Who is asking: the user behind an access token ([spec]).
//!
//! [spec]: https://spec.matrix.org/latest/client-server-api/#using-access-tokens
use std::{error::Error as StdError, future::Future, net::IpAddr, ops::Deref};

use axum::extract::FromRequestParts;
use http::{
    HeaderMap,
    header::{AUTHORIZATION, USER_AGENT},
    request::Parts,
};

use crate::{
    Auth,
    error::{
        FORBIDDEN, Failure, GUEST_ACCESS_FORBIDDEN, INTERNAL, MISSING_TOKEN, UNAVAILABLE,
        UNKNOWN_TOKEN, USER_LOCKED, USER_SUSPENDED,
    },
    query,
    rate::Who,
    request::Context,
};

/// What a router's state must be able to do so that handlers can take a [`Caller`].
pub trait Authority: Sync {
    /// What is known of a user who has proved to be one.
    type Session: Send;

    /// The session of an access token, used from `address` by the program `user_agent`.
    fn authenticate(
        &self,
        token: &str,
        address: IpAddr,
        user_agent: Option<&str>,
    ) -> impl Future<Output = Result<Authenticated<Self::Session>, Refusal>> + Send;
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
            Refusal::Locked => USER_LOCKED.because(why).with("soft_logout", true),
            Refusal::Broken(_) => INTERNAL.from_error(&refusal),
            Refusal::Busy => UNAVAILABLE.because(why),
        }
    }
}

/// The authenticated user. Taking this argument is what makes an endpoint private.
///
/// 401 `M_MISSING_TOKEN` without an access token, 401 `M_UNKNOWN_TOKEN` with a wrong one; 403 `M_FORBIDDEN` for a user
/// who is no administrator, where the registry asks for one; 401 `M_USER_LOCKED` for a locked account and 403
/// `M_GUEST_ACCESS_FORBIDDEN` for a guest, where the registry does not let them in; 429 when the user's allowance is used up.
#[derive(Clone, Copy, Debug)]
pub struct Caller<T>(pub T);

/// As [`Caller`], where others will see what they do: 403 `M_USER_SUSPENDED` for a suspended account.
#[derive(Clone, Copy, Debug)]
pub struct Actor<T>(pub T);

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
    let query_token;
    let token = match header_token(&parts.headers) {
        Some(token) => token,
        None => match token_of_query(parts.uri.query().unwrap_or_default()) {
            Some(token) => {
                query_token = token;
                &query_token
            }
            None => return Ok(None),
        },
    };
    let user_agent = parts.headers.get(USER_AGENT).and_then(|value| value.to_str().ok());
    let found = state.authenticate(token, context.address, user_agent).await?;
    if found.is_locked && endpoint.auth != Auth::Locked {
        return Err(Refusal::Locked.into());
    }
    if found.is_guest && matches!(endpoint.auth, Auth::User | Auth::Admin) {
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

/// The token of the `Authorization` header. The scheme is compared without regard to case (RFC 9110 section 11.1).
fn header_token(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim()).filter(|token| !token.is_empty())
}

/// The token of the query, as clients before v1.11 of the specification may send it.
fn token_of_query(query: &str) -> Option<String> {
    let (_, token) = query::pairs(query).flatten().find(|(name, _)| name == "access_token")?;
    (!token.is_empty()).then(|| token.into_owned())
}
