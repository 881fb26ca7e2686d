//! The client itself.
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use hickory_resolver::TokioResolver;
use http::{HeaderMap, Method, StatusCode, header::LOCATION};
use reqwest::{Certificate, Client, Response, Url, redirect::Policy};
use tokio::time::Instant;

use crate::{
    Arriving, Error, Lookup,
    address::Rule,
    resolver::{Filter, SystemLookup},
};

/// How the client behaves.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whether special addresses may be connected to.
    pub allow_private: bool,
    /// Whether this machine's own addresses may be connected to, public ones too. What listens there is often shielded by a
    /// firewall that does not see the machine's requests to itself. Where private addresses are allowed, so are these.
    pub allow_own: bool,
    /// A PEM file of certificates that are trusted beside the system's.
    pub extra_ca_file: Option<PathBuf>,
    /// How long connecting may take.
    pub connect_timeout: Duration,
    /// How long a whole request may take, redirects and body included.
    pub request_timeout: Duration,
}

impl Options {
    pub(crate) fn rule(&self) -> Rule {
        Rule { allow_private: self.allow_private, allow_own: self.allow_own }
    }
}

/// What to ask.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// An absolute `http` or `https` URL.
    pub url: String,
    /// Headers beside the client's own.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// The longest answer that is taken, in bytes.
    pub answer_bytes_max: usize,
    /// How many redirects are followed.
    pub redirects_max: usize,
}

impl Request {
    /// A GET that takes at most `answer_bytes_max` bytes and follows no redirect.
    #[must_use]
    pub fn get(url: impl Into<String>, answer_bytes_max: usize) -> Self {
        Self {
            method: Method::GET,
            url: url.into(),
            headers: HeaderMap::new(),
            body: Bytes::new(),
            answer_bytes_max,
            redirects_max: 0,
        }
    }
}

/// What was answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status; a redirect that was not followed is one.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
}

/// The client. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Egress {
    client: Client,
    options: Arc<Options>,
}

impl Egress {
    /// A client that resolves names as the system does.
    ///
    /// # Errors
    /// If the certificates or the resolver's configuration cannot be read.
    pub fn new(options: Options) -> Result<Self, Error> {
        let resolver =
            TokioResolver::builder_tokio().and_then(hickory_resolver::ResolverBuilder::build);
        let resolver = resolver.map_err(|error| Error::Setup(format!("name servers: {error}")))?;
        Self::with_lookup(options, Arc::new(SystemLookup(resolver)))
    }

    /// A client that resolves names with `lookup`.
    ///
    /// # Errors
    /// If the certificates cannot be read.
    pub fn with_lookup(options: Options, lookup: Arc<dyn Lookup>) -> Result<Self, Error> {
        let mut builder = Client::builder()
            // Redirects are followed here, where each hop's address is checked.
            .redirect(Policy::none())
            // A proxy would connect for us, past the address check.
            .no_proxy()
            .dns_resolver(Filter { lookup, rule: options.rule() })
            .connect_timeout(options.connect_timeout)
            .user_agent(concat!("Longhouse/", env!("CARGO_PKG_VERSION")));
        if let Some(file) = &options.extra_ca_file {
            builder = builder.tls_certs_merge(certificates(file)?);
        }
        let client = builder.build().map_err(|error| match Error::of(&error) {
            Error::Failed(why) => Error::Setup(why),
            other => other,
        })?;
        Ok(Self { client, options: Arc::new(options) })
    }

    /// Asks and takes the whole answer.
    ///
    /// # Errors
    /// See [`Error`]. A status such as 404 is an answer, not an error.
    pub async fn send(&self, request: Request) -> Result<Answer, Error> {
        let arriving = self.begin(request, self.options.request_timeout).await?;
        arriving.whole().await
    }

    /// Asks, and gives the answer out once its headers are there. The body is read piece by piece, within the same span
    /// of time and up to the same number of bytes.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn begin(&self, request: Request, within: Duration) -> Result<Arriving, Error> {
        let deadline = Instant::now() + within;
        let max = request.answer_bytes_max;
        match tokio::time::timeout_at(deadline, self.follow(request)).await {
            Ok(response) => Ok(Arriving::new(response?, max, deadline, within)),
            Err(_) => Err(Error::Timeout(within)),
        }
    }

    async fn follow(&self, request: Request) -> Result<Response, Error> {
        let mut url = parse(&request.url)?;
        let mut redirects = 0;
        loop {
            let response = self.hop(&request, url.clone()).await?;
            let target = redirect_target(&response, &url);
            let Some(target) = target.filter(|_| request.redirects_max > 0) else {
                return Ok(response);
            };
            if redirects == request.redirects_max {
                return Err(Error::Redirects(request.redirects_max));
            }
            redirects += 1;
            url = parse(&target)?;
        }
    }

    async fn hop(&self, request: &Request, url: Url) -> Result<Response, Error> {
        self.check_literal(&url)?;
        self.client
            .request(request.method.clone(), url)
            .headers(request.headers.clone())
            .body(request.body.clone())
            .send()
            .await
            .map_err(|error| Error::of(&error))
    }

    /// A URL with an address instead of a name never reaches the resolver. `Url` has brought every
    /// spelling (octal, hexadecimal, one number, full-width dots) into its usual form.
    fn check_literal(&self, url: &Url) -> Result<(), Error> {
        let host = url.host_str().unwrap_or_default();
        let literal = host.trim_start_matches('[').trim_end_matches(']').parse().ok();
        match literal.and_then(|address| Some((address, self.options.rule().refused(address)?))) {
            Some((address, what)) => Err(Error::Refused { address, what }),
            None => Ok(()),
        }
    }
}

fn parse(url: &str) -> Result<Url, Error> {
    let parsed = Url::parse(url).map_err(|_| Error::NotHttp(url.to_owned()))?;
    match (parsed.scheme(), parsed.host_str()) {
        ("http" | "https", Some(_)) => Ok(parsed),
        _ => Err(Error::NotHttp(url.to_owned())),
    }
}

fn redirect_target(response: &Response, url: &Url) -> Option<String> {
    if !response.status().is_redirection() {
        return None;
    }
    let location = response.headers().get(LOCATION)?.to_str().ok()?;
    url.join(location).ok().map(String::from)
}

fn certificates(file: &Path) -> Result<Vec<Certificate>, Error> {
    let setup =
        |why: String| Error::Setup(format!("egress.extra_ca_file {}: {why}", file.display()));
    let pem = fs::read(file).map_err(|error| setup(error.to_string()))?;
    let found = Certificate::from_pem_bundle(&pem).map_err(|error| setup(error.to_string()))?;
    if found.is_empty() {
        return Err(setup("no certificate in it".to_owned()));
    }
    Ok(found)
}
