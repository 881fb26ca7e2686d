//! From the configuration to a connection.
use std::{fs, path::Path, time::Duration};

use config::{Email, SmtpSecurity};
use lettre::{
    AsyncSmtpTransport, Tokio1Executor,
    address::AddressError,
    message::Mailbox,
    transport::smtp::{
        Error, PoolConfig,
        authentication::{Credentials, DEFAULT_MECHANISMS},
        client::{AsyncSmtpConnection, Certificate, Tls, TlsParameters},
        extension::ClientId,
    },
};

use crate::{
    send::CONNECTIONS_MAX,
    templates::{TemplateError, Templates},
};

/// The transport of lettre that we use.
pub(crate) type Transport = AsyncSmtpTransport<Tokio1Executor>;

/// Mail cannot be sent with these settings.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The sender is no address.
    #[error("email.from: {text:?} is not an e-mail address: {why}")]
    From {
        /// What is configured.
        text: String,
        /// Why not.
        why: AddressError,
    },
    /// A template cannot be used.
    #[error("email.templates: {0}")]
    Template(#[from] TemplateError),
    /// The certificates cannot be read.
    #[error("email.ca_file: {file}: {why}")]
    Certificates {
        /// The file.
        file: String,
        /// Why not.
        why: String,
    },
    /// TLS cannot be set up.
    #[error("email: {0}")]
    Tls(String),
}

/// Checks what can be checked without sending anything: the sender, the templates, the certificates.
///
/// # Errors
/// See [`SetupError`].
pub fn check(email: &Email) -> Result<(), SetupError> {
    Templates::load(email.templates.as_deref())?;
    if let Some(from) = &email.from {
        sender(from)?;
    }
    tls(email, email.host.as_deref().unwrap_or("localhost")).map(drop)
}

/// The sender of all mail.
pub(crate) fn sender(text: &str) -> Result<Mailbox, SetupError> {
    text.parse().map_err(|why| SetupError::From { text: text.to_owned(), why })
}

/// Makes transports: a new one takes the place of one whose connections cannot be trusted any more.
#[derive(Debug)]
pub(crate) struct Connecting {
    host: String,
    port: u16,
    tls: TlsChoice,
    credentials: Option<Credentials>,
    hello_name: Option<ClientId>,
    timeout: Duration,
}

enum TlsChoice {
    None,
    Starttls(TlsParameters),
    Wrapped(TlsParameters),
}

impl std::fmt::Debug for TlsChoice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Starttls(_) => "Starttls",
            Self::Wrapped(_) => "Wrapped",
        })
    }
}

impl Connecting {
    pub(crate) fn new(email: &Email, host: &str) -> Result<Self, SetupError> {
        let usual = match email.security {
            SmtpSecurity::Starttls => 587,
            SmtpSecurity::Tls => 465,
            SmtpSecurity::None => 25,
        };
        let login = email.username.clone().zip(email.password.as_ref());
        Ok(Self {
            host: host.to_owned(),
            port: email.port.and_then(|port| u16::try_from(port).ok()).unwrap_or(usual),
            tls: tls(email, host)?,
            credentials: login.map(|(name, word)| Credentials::new(name, word.expose().to_owned())),
            hello_name: email.hello_name.clone().map(ClientId::Domain),
            timeout: email.timeout.as_duration(),
        })
    }

    /// A connection of its own, logged in: for a conversation that is not about a mail to be sent.
    pub(crate) async fn connection(&self) -> Result<AsyncSmtpConnection, Error> {
        let hello = self.hello_name.clone().unwrap_or_default();
        let (wrapped, starttls) = match &self.tls {
            TlsChoice::None => (None, None),
            TlsChoice::Starttls(parameters) => (None, Some(parameters)),
            TlsChoice::Wrapped(parameters) => (Some(parameters.clone()), None),
        };
        let server = (self.host.as_str(), self.port);
        let connecting =
            AsyncSmtpConnection::connect_tokio1(server, Some(self.timeout), &hello, wrapped, None);
        let mut connection = connecting.await?;
        if let Some(parameters) = starttls {
            connection.starttls(parameters.clone(), &hello).await?;
        }
        if let Some(credentials) = &self.credentials {
            connection.auth(DEFAULT_MECHANISMS, credentials).await?;
        }
        Ok(connection)
    }

    pub(crate) fn transport(&self) -> Transport {
        let tls = match &self.tls {
            TlsChoice::None => Tls::None,
            TlsChoice::Starttls(parameters) => Tls::Required(parameters.clone()),
            TlsChoice::Wrapped(parameters) => Tls::Wrapper(parameters.clone()),
        };
        // "Dangerous" is that it begins without TLS; the next line sets it.
        let mut builder = Transport::builder_dangerous(&self.host)
            .tls(tls)
            .port(self.port)
            .timeout(Some(self.timeout))
            .pool_config(PoolConfig::new().max_size(CONNECTIONS_MAX));
        if let Some(credentials) = &self.credentials {
            builder = builder.credentials(credentials.clone());
        }
        if let Some(name) = &self.hello_name {
            builder = builder.hello_name(name.clone());
        }
        builder.build()
    }
}

fn tls(email: &Email, host: &str) -> Result<TlsChoice, SetupError> {
    if email.security == SmtpSecurity::None {
        return Ok(TlsChoice::None);
    }
    let mut builder = TlsParameters::builder(host.to_owned());
    if let Some(file) = &email.ca_file {
        builder = builder.add_root_certificate(certificates(file)?);
    }
    let parameters = builder.build_rustls().map_err(|error| SetupError::Tls(error.to_string()))?;
    Ok(match email.security {
        SmtpSecurity::Tls => TlsChoice::Wrapped(parameters),
        SmtpSecurity::Starttls | SmtpSecurity::None => TlsChoice::Starttls(parameters),
    })
}

fn certificates(file: &Path) -> Result<Certificate, SetupError> {
    let unusable = |why: String| SetupError::Certificates { file: file.display().to_string(), why };
    let pem = fs::read(file).map_err(|error| unusable(error.to_string()))?;
    if !String::from_utf8_lossy(&pem).contains("-----BEGIN CERTIFICATE-----") {
        return Err(unusable("there is no certificate in it".to_owned()));
    }
    Certificate::from_pem(&pem).map_err(|error| unusable(error.to_string()))
}
