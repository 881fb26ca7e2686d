//! What is known of an endpoint before anybody calls it, and the lists of them.
use std::fmt;

use crate::RateClass;

/// One endpoint. The router, `docs/endpoints.md`, rate limits, metrics and the coverage tests all read this.
#[derive(Clone, Copy, Debug)]
pub struct Endpoint {
    /// The HTTP method.
    pub method: Method,
    /// Where it answers, in the syntax of axum (`{room}`). The first is the canonical path of the newest version of the
    /// specification; the others are older versions' and unstable prefixes.
    pub paths: &'static [&'static str],
    /// Who may call.
    pub auth: Auth,
    /// Which allowance a call takes from.
    pub rate: RateClass,
    /// The longest body that is read, in bytes; see [`body`].
    pub body_bytes_max: usize,
    /// A link into the specification, to an MSC, or to the document that defines it.
    pub spec: &'static str,
    /// What it does, in one sentence.
    pub summary: &'static str,
}

impl Endpoint {
    /// The canonical path.
    #[must_use]
    pub const fn path(&self) -> &'static str {
        match self.paths {
            [first, ..] => first,
            [] => "",
        }
    }
}

impl Endpoint {
    /// Whether a call may change something, so that it has to be brought to its end.
    #[must_use]
    pub(crate) fn changes_something(&self) -> bool {
        self.method != Method::Get && self.rate.is_of_changes()
    }

    /// Whether a call waits for news, mostly.
    pub(crate) fn waits(&self) -> bool {
        self.path().ends_with("/sync")
    }

    /// Whether a call brings a body.
    pub(crate) fn has_body(&self) -> bool {
        self.body_bytes_max != body::NONE
    }
}

/// The longest bodies, in bytes, by what is in them. A longer one is refused with 413 `M_TOO_LARGE`.
pub mod body {
    /// Nothing is read: requests without a body.
    pub const NONE: usize = 0;
    /// Names, flags, a password.
    pub const SMALL: usize = 64 * 1024;
    /// The content of an event, which as an event may have 65,536 bytes; white space and escapes come on top.
    pub const EVENT: usize = 256 * 1024;
    /// Keys, messages to devices, account data, the initial state of a room.
    pub const LARGE: usize = 10 * 1024 * 1024;
    /// A whole key backup.
    pub const BACKUP: usize = 64 * 1024 * 1024;
    /// The handler streams the body ([`Upload`](crate::Upload)) and sets the limit itself.
    pub const STREAMED: usize = usize::MAX;
}

/// Who may call an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auth {
    /// Anybody; an access token is not looked at.
    None,
    /// Anybody, but the answer differs for a user.
    Optional,
    /// A user with an access token.
    User,
    /// A user with an access token, who may be a guest.
    Guest,
    /// A user with an access token, whose account may be locked: whoever ends sessions.
    Locked,
    /// A user with an access token, whose account may have ended: whoever wants to renew it.
    Expired,
    /// A user who is an administrator of this server.
    Admin,
    /// Anybody who proves to know a secret of the configuration.
    SharedSecret,
    /// Whoever may open the node's socket on its own machine; other listeners do not have the endpoint.
    Local,
}

impl Auth {
    /// Whether nobody gets in without an access token.
    #[must_use]
    pub const fn needs_token(self) -> bool {
        matches!(self, Self::User | Self::Guest | Self::Locked | Self::Expired | Self::Admin)
    }
}

impl fmt::Display for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::None => "none",
            Self::Optional => "optional",
            Self::User => "user",
            Self::Guest => "user or guest",
            Self::Locked => "user, even if locked",
            Self::Expired => "user, even if expired",
            Self::Admin => "administrator",
            Self::SharedSecret => "shared secret",
            Self::Local => "local socket",
        })
    }
}

/// The methods that endpoints have. `HEAD` is answered by `GET`, `OPTIONS` by the [`Site`](crate::Site).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    /// Reads.
    Get,
    /// Sets; the same request twice has the effect of one.
    Put,
    /// Does something.
    Post,
    /// Removes.
    Delete,
}

impl Method {
    /// As it is written in a request line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Put => "PUT",
            Self::Post => "POST",
            Self::Delete => "DELETE",
        }
    }

    /// Whether a request of method `other` goes to endpoints of this one.
    pub(crate) fn answers(self, other: &http::Method) -> bool {
        self.as_str() == other.as_str() || (self == Self::Get && other == http::Method::HEAD)
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Joins the lists of several areas into one, at compile time. `N` is the sum of their lengths.
///
/// # Panics
/// When `N` is not that sum; as it is called in a constant, the compiler says so.
#[must_use]
pub const fn concat<const N: usize>(lists: &[&[Endpoint]]) -> [Endpoint; N] {
    const NOTHING: Endpoint = Endpoint {
        method: Method::Get,
        paths: &[],
        auth: Auth::None,
        rate: RateClass::Unlimited,
        body_bytes_max: body::NONE,
        spec: "",
        summary: "",
    };
    let mut all = [NOTHING; N];
    let (mut list, mut next) = (0, 0);
    while list < lists.len() {
        let mut entry = 0;
        while entry < lists[list].len() {
            all[next] = lists[list][entry];
            next += 1;
            entry += 1;
        }
        list += 1;
    }
    assert!(next == N, "N is not the sum of the lists' lengths");
    all
}

/// Makes the list of an area, or of several areas.
///
/// `endpoints! { App: whoami, devices::list }` takes the `ENDPOINT` and `handler` of each module and makes
/// `ENDPOINTS: &[Endpoint]` and `routes(&App) -> Routes`.
/// `endpoints! { App => server, rooms }` joins the `ENDPOINTS` and `routes` of areas made by the first form.
#[macro_export]
macro_rules! endpoints {
    ($app:ty: $($($module:ident)::+),* $(,)?) => {
        /// Every endpoint of this area.
        pub const ENDPOINTS: &[$crate::Endpoint] = &[$($($module)::+::ENDPOINT),*];

        /// The endpoints of this area with their handlers.
        #[must_use]
        pub fn routes(app: &$app) -> $crate::Routes {
            $crate::Routes::new()$(.with($($module)::+::ENDPOINT, $($module)::+::handler, app))*
        }
    };
    ($app:ty => $($area:ident),* $(,)?) => {
        /// Every endpoint of every area.
        pub const ENDPOINTS: &[$crate::Endpoint] = &{
            const COUNT: usize = 0 $(+ $area::ENDPOINTS.len())*;
            $crate::concat::<COUNT>(&[$($area::ENDPOINTS),*])
        };

        /// The endpoints of every area with their handlers.
        #[must_use]
        pub fn routes(app: &$app) -> $crate::Routes {
            $crate::Routes::new()$(.merge($area::routes(app)))*
        }
    };
}
